"""Events of an owner about its children, for people who look at it and not at the log of the operator."""

from collections.abc import Sequence

from structlog.types import FilteringBoundLogger

from plugin_operator.plugin.children.errors import ChildExistsError
from plugin_operator.plugin.children.marks import Owner
from plugin_operator.plugin.context.children import ChildName
from plugin_operator.plugin.context.recorder import Recorder


class OwnerEvents:
    """Records one Event for each kind of trouble in one call; the recorder counts repetitions.

    Args:
        recorder: records an Event about the owner.
        log: log of the controller.
    """

    def __init__(self, recorder: Recorder, log: FilteringBoundLogger) -> None:
        self._recorder = recorder
        self._log = log

    def taken(self, owner: Owner, errors: Sequence[ChildExistsError]) -> None:
        """Report children whose name another object has, where a retry does not help."""
        if errors:
            self._recorder.event(owner.document, "Warning", "ChildExists", f"{errors[0]}{_others(errors)}")

    def waiting(self, owner: Owner, children: Sequence[tuple[ChildName, str, str]]) -> None:
        """Report children whose gate nothing in the set opens, with the reason and the way out; in the log as well."""
        if not children:
            return
        child, reason, way_out = children[0]
        message = f"{child} waits: {reason}: {way_out}{_others(children)}"
        self._recorder.event(owner.document, "Warning", "ChildWaiting", message)
        namespace, name = owner.key
        for child, reason, way_out in children:
            self._log.warning(
                "Child waits", namespace=namespace, name=name, child=str(child), reason=reason, way_out=way_out
            )


def _others(found: Sequence[object]) -> str:
    more = len(found) - 1
    return f" ({more} other {'child' if more == 1 else 'children'} likewise)" if more else ""
