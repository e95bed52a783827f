"""Liveness and readiness of all workers as those of one process.

Owns which worker a failed check names, and the log line when a worker is not ready any more. The summary shows the
numbers of workers, the path of a check shows reasons.
"""

from collections.abc import Callable

from plugin_operator import logs
from plugin_operator.processes.worker_set import WorkerSet
from plugin_operator.serving.checks import Check, CheckFailed, Probe

#: The checks of a worker; see ``app.reports.health``.
_CHECKS = ("api-server", "plugins", "caches", "streams", "tasks")

_log = logs.get_logger(__name__)


class MergedReadiness:
    """Asks the workers for their checks.

    Args:
        workers: the workers.
        down: returns the background tasks of the supervisor that do not work.
    """

    def __init__(self, workers: WorkerSet, down: Callable[[], list[str]]) -> None:
        self._workers = workers
        self._down = down
        self._passes: dict[tuple[int, str], bool] = {}

    def probes(self) -> list[Probe]:
        """Return the probes ``healthz`` and ``readyz``."""
        ready: dict[str, Check] = {"ping": _ping, "workers": self._all_answer}
        for name in _CHECKS:
            ready[name] = self._check(name)
        return [Probe("healthz", {"ping": _ping}), Probe("readyz", ready)]

    async def _all_answer(self) -> None:
        if problems := "; ".join(filter(None, (each.problem for each in self._workers.presences))):
            raise CheckFailed(problems, shown=problems)

    def _check(self, name: str) -> Check:
        async def check() -> str:
            if name == "tasks" and (down := self._down()):
                raise RuntimeError(", ".join(down))
            answers = await self._workers.ask("check", name)
            reasons, shown, notes = [], [], []
            for number, answer in enumerate(answers):
                reason, note = answer if answer is not None else ("no answer", "")
                if answer is not None:
                    self._note(number, name, reason)
                if reason:
                    reasons.append(f"worker {number}: {reason}")
                    shown.append(f"worker {number}: {reason if answer is None else 'reason withheld'}")
                if note:
                    notes.append(note)
            if reasons:
                raise CheckFailed("; ".join(reasons), shown="; ".join(shown))
            return "; ".join(dict.fromkeys(notes))

        return check

    def _note(self, number: int, name: str, reason: str) -> None:
        """Log a check that fails after it has passed, and one that passes again; a start is no news."""
        passed_before = self._passes.get((number, name))
        if reason and passed_before:
            _log.warning("Worker is not ready", worker=number, check=name, reason=reason)
        elif not reason and passed_before is False:
            _log.info("Worker is ready again", worker=number, check=name)
        if passed_before is not None or not reason:
            self._passes[number, name] = not reason


async def _ping() -> None:
    return
