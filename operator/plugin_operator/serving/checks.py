"""Health checks and their report in the format of Kubernetes components.

Owns running the checks of one probe, each with a deadline, and the report. The format is that of the ``healthz``
packages of k8s.io/apiserver and controller-runtime. The summary withholds reasons but what ``CheckFailed`` shows, and
the path of a single check shows its reason. Leaves the checks themselves to their packages.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection

import msgspec

from plugin_operator.rendering import class_name, message_of

Check = Callable[[], Awaitable[str | None]]
"""Returns None or a note if the check passes; raises an exception if it fails.

The message of the exception is the reason in the report.
"""

_CHECK_TIMEOUT_SECONDS = 2.0
_WITHHELD = "reason withheld"


class CheckFailed(Exception):
    """A check failed, and a part of the reason may be shown to every client.

    Args:
        reason: why, for the path of this check.
        shown: the part for the summary of all checks; it has nothing of plugins, objects and addresses.
    """

    def __init__(self, reason: str, *, shown: str) -> None:
        super().__init__(reason)
        self.shown = shown


class Outcome(msgspec.Struct, frozen=True):
    """Result of one check.

    Attributes:
        name: its name.
        reason: why it failed; empty if it passed.
        excluded: whether it did not run.
        note: qualifies a check that passed.
        shown: what the summary says of a failure.
    """

    name: str
    reason: str = ""
    excluded: bool = False
    note: str = ""
    shown: str = _WITHHELD


class Probe(msgspec.Struct):
    """A named set of checks, such as ``healthz`` or ``readyz``.

    Attributes:
        name: first segment of the path.
        checks: checks by name, which may change while the server runs. Without checks, ``ping`` passes.
    """

    name: str
    checks: dict[str, Check] = msgspec.field(default_factory=dict)

    async def run(self, name: str) -> Outcome:
        """Run one check and return its result.

        Raises:
            KeyError: the check does not exist.
        """
        check = self.checks[name]
        try:
            async with asyncio.timeout(_CHECK_TIMEOUT_SECONDS):
                note = await check()
        except TimeoutError as error:
            return Outcome(name, str(error) or f"no answer within {_CHECK_TIMEOUT_SECONDS:g} s")
        except CheckFailed as error:
            return Outcome(name, str(error), shown=error.shown)
        except Exception as error:  # noqa: BLE001 - any exception of a check is the reason of its failure
            return Outcome(name, message_of(error) or class_name(error))
        return Outcome(name, note=note or "")

    async def run_all(self, exclude: Collection[str] = ()) -> list[Outcome]:
        """Run all checks that are not excluded concurrently, and return the results sorted by name."""
        names = sorted(self.checks)
        ran = await asyncio.gather(*(self.run(name) for name in names if name not in exclude))
        outcomes = {outcome.name: outcome for outcome in ran}
        skipped = {name: Outcome(name, excluded=True) for name in names if name in exclude}
        return [(outcomes | skipped)[name] for name in names] or [Outcome("ping")]


def report(probe: str, outcomes: Collection[Outcome], unknown_excludes: Collection[str] = ()) -> str:
    """Return the lines of the report; the last one is the overall result."""
    lines = [_line(outcome) for outcome in outcomes]
    if unknown_excludes:
        quoted = ", ".join(f'"{name}"' for name in sorted(unknown_excludes))
        lines.append(f"warn: some health checks cannot be excluded: no matches for {quoted}")
    verdict = "failed" if any(outcome.reason for outcome in outcomes) else "passed"
    return "\n".join([*lines, f"{probe} check {verdict}", ""])


def _line(outcome: Outcome) -> str:
    if outcome.excluded:
        return f"[+]{outcome.name} excluded: ok"
    if outcome.reason:
        return f"[-]{outcome.name} failed: {outcome.shown}"
    return f"[+]{outcome.name} ok" + (f" {outcome.note}" if outcome.note else "")
