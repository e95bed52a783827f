"""Events of an owner about its children, for people who look at it and not at the log of the operator."""

from collections.abc import Sequence

from plugin_operator.plugin.children.errors import ChildExistsError
from plugin_operator.plugin.children.marks import Owner
from plugin_operator.plugin.context.children import ChildName
from plugin_operator.plugin.context.recorder import Recorder


class OwnerEvents:
    """Records one Event for each kind of trouble in one call; the recorder counts repetitions.

    Args:
        recorder: records an Event about the owner.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def taken(self, owner: Owner, errors: Sequence[ChildExistsError]) -> None:
        """Report children whose name another object has, where a retry does not help."""
        if errors:
            self._recorder.event(owner.document, "Warning", "ChildExists", f"{errors[0]}{_others(errors)}")

    def waiting(self, owner: Owner, children: Sequence[tuple[ChildName, str]]) -> None:
        """Report children that wait for what nothing makes, with the reason."""
        if not children:
            return
        child, reason = children[0]
        way_out = "check kind, name and namespace in ready(), or create it"
        message = f"{child} waits: {reason}: {way_out}{_others(children)}"
        self._recorder.event(owner.document, "Normal", "ChildWaiting", message)


def _others(found: Sequence[object]) -> str:
    more = len(found) - 1
    return f" ({more} other {'child' if more == 1 else 'children'} likewise)" if more else ""
