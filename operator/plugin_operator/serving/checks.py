"""Health checks and the text in which Kubernetes components report them.

Owns running the checks of one probe, each with a deadline, and the lines that kubelets and people read. The form is the
one of apiserver's and controller-runtime's ``healthz`` packages; reasons are withheld from the summary and shown at the
path of the single check, as there. What makes something healthy is left to whoever adds the check.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field

from plugin_operator.rendering import class_name, message_of

Check = Callable[[], Awaitable[str | None]]
"""Returns if all is well, or well enough with a note on what is not; raises with the reason if it is not.

An exception's text is what people read.
"""

_CHECK_TIMEOUT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one check said: ``reason`` is empty if it passed, which a ``note`` may still qualify."""

    name: str
    reason: str = ""
    excluded: bool = False
    note: str = ""


@dataclass(slots=True)
class Probe:
    """A named set of checks, such as ``healthz`` or ``readyz``.

    Attributes:
        name: the first part of the path.
        checks: by name; checks may come and go while the server runs. Without any, a ``ping`` passes.
    """

    name: str
    checks: dict[str, Check] = field(default_factory=dict)

    async def run(self, name: str) -> Outcome:
        """Run one check.

        Raises:
            KeyError: there is no such check.
        """
        check = self.checks[name]
        try:
            async with asyncio.timeout(_CHECK_TIMEOUT_SECONDS):
                note = await check()
        except TimeoutError as error:
            return Outcome(name, str(error) or f"no answer within {_CHECK_TIMEOUT_SECONDS:g} s")
        except Exception as error:  # noqa: BLE001 - whatever a check raises is the reason why it failed
            return Outcome(name, message_of(error) or class_name(error))
        return Outcome(name, note=note or "")

    async def run_all(self, exclude: Collection[str] = ()) -> list[Outcome]:
        """Run every check that is not excluded, side by side, and return what they said, sorted by name."""
        names = sorted(self.checks)
        ran = await asyncio.gather(*(self.run(name) for name in names if name not in exclude))
        outcomes = {outcome.name: outcome for outcome in ran}
        skipped = {name: Outcome(name, excluded=True) for name in names if name in exclude}
        return [(outcomes | skipped)[name] for name in names] or [Outcome("ping")]


def report(probe: str, outcomes: Collection[Outcome], unknown_excludes: Collection[str] = ()) -> str:
    """Return the lines for ``outcomes``, ending in the verdict."""
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
        return f"[-]{outcome.name} failed: reason withheld"
    return f"[+]{outcome.name} ok" + (f" {outcome.note}" if outcome.note else "")
