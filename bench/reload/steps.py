"""Where the time between a save and the first reconcile by new code goes: marks at the borders of each step."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from plugin_operator.hosting import PluginHost, Scanner
from plugin_operator.hosting.rollout import revision_builder as swap_module
from plugin_operator.hosting.rollout.controller_set import ControllerSet
from plugin_operator.hosting.scan.snapshot import Snapshot

STEPS = ("hint", "settle", "scan", "trial", "import", "warm", "swap", "dispatch")


class Marks:
    """When each step of the present edit ended; the last one counts, but for hints the first."""

    def __init__(self) -> None:
        self._began = 0.0
        self._ended: dict[str, float] = {}
        self._is_found = False

    def begin(self) -> None:
        """A save begins."""
        self._began = time.monotonic()
        self._ended, self._is_found = {}, False

    def found(self) -> None:
        """The edit was found and is being worked on."""
        self._is_found = True

    def mark(self, step: str) -> None:
        """A step has ended now; looking again once the trial is under way is no step of this edit."""
        if step in {"settle", "scan"} and self._is_found:
            return
        self._ended[step] = time.monotonic()

    def mark_first(self, step: str) -> None:
        """A step has ended now, unless it had before."""
        self._ended.setdefault(step, time.monotonic())

    def seconds(self) -> dict[str, float]:
        """Return how long each step took; they add up to the whole."""
        at, found = self._began, {}
        for step in STEPS:
            end = max(self._ended.get(step, at), at)
            found[step] = end - at
            at = end
        return found


class MarkedScanner(Scanner):
    """A scanner that marks when it looks."""

    marks: Marks

    def scan(self) -> Snapshot:
        """Scan."""
        self.marks.mark("settle")
        snapshot = super().scan()
        self.marks.mark("scan")
        return snapshot


class MarkedHost(PluginHost):
    """A host that marks the first hint after a save."""

    marks: Marks

    def hint(self) -> None:
        """Pass the hint on."""
        self.marks.mark_first("hint")
        super().hint()


def mark_swaps(marks: Marks) -> None:
    """Mark the ends of trial, import, warming and swap, in all hosts of this process from now on."""
    places: tuple[tuple[Any, str, str], ...] = (
        (swap_module, "validate", "trial"),
        (swap_module, "load", "import"),
        (swap_module, "prepare", "warm"),
        (ControllerSet, "install", "swap"),
    )
    for place, name, step in places:
        setattr(place, name, _marked(getattr(place, name), marks, step))


def _marked(function: Callable[..., Awaitable[Any]], marks: Marks, step: str) -> Callable[..., Awaitable[Any]]:
    async def marked(*args: Any, **how: Any) -> Any:
        marks.found()
        result = await function(*args, **how)
        marks.mark(step)
        return result

    return marked
