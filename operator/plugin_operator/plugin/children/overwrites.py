"""Children that another party keeps changing: counted, and reported with the name of its field manager."""

from collections.abc import Mapping
from typing import Any

from structlog.types import FilteringBoundLogger

from plugin_operator.kube import Object
from plugin_operator.plugin.children.answers import Answer
from plugin_operator.plugin.children.marks import Owner
from plugin_operator.plugin.context.children import ChildName
from plugin_operator.plugin.context.recorder import Recorder

#: The third change within the window is reported, and each one after it.
REPORTED_FROM = 3
_WINDOW_SECONDS = 600.0


class OverwriteReport:
    """Reports a child that another party has changed several times.

    Args:
        recorder: records an Event about the owner.
        log: log of the controller.
        manager: field manager of the controller.
    """

    def __init__(self, recorder: Recorder, log: FilteringBoundLogger, manager: str) -> None:
        self._recorder = recorder
        self._log = log
        self._manager = manager

    def is_due(self, last: Answer) -> bool:
        """Report whether the next change is to be reported, so that its author must be looked up."""
        return last.reverts + 1 >= REPORTED_FROM

    def overwritten(self, owner: Owner, child: ChildName, manager: str, times: int) -> None:
        """Report one more change of a child by another party; its Events are aggregated."""
        if times < REPORTED_FROM or manager == self._manager:
            return
        message = f"{child} was changed by {manager} and applied again, {times} times: let one of the two own the field"
        self._recorder.event(owner.document, "Warning", "ChildOverwritten", message)
        if times == REPORTED_FROM:
            namespace, name = owner.key
            self._log.warning(
                "Child overwritten", namespace=namespace, name=name, child=str(child), manager=manager, times=times
            )


def count_revert(noted: Answer, last: Answer, now: float) -> None:
    """Count an apply that has undone a change; earlier ones count if they were within ten minutes."""
    recent = last.reverts and now - last.reverted_at <= _WINDOW_SECONDS
    noted.reverts = last.reverts + 1 if recent else 1
    noted.reverted_at = now


def last_foreign_manager(obj: Object) -> str:
    """Return the field manager that wrote last to an object, its status apart; empty if none is stated."""
    entries = [
        each
        for each in (obj.get("metadata") or {}).get("managedFields") or ()
        if isinstance(each, Mapping) and not each.get("subresource")
    ]
    latest: Mapping[str, Any] = max(entries, key=lambda each: str(each.get("time") or ""), default={})
    return str(latest.get("manager") or "")
