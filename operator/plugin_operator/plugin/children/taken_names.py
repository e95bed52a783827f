"""Children whose name another object has: reported as an Event of the owner."""

from collections.abc import Sequence

from plugin_operator.plugin.children.errors import ChildExistsError
from plugin_operator.plugin.children.marks import Owner
from plugin_operator.plugin.context.recorder import Recorder


class TakenNameReport:
    """Reports taken names to people who look at the owner, where a retry helps as little as the log of the operator.

    Args:
        recorder: records an Event about the owner.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def taken(self, owner: Owner, errors: Sequence[ChildExistsError]) -> None:
        """Report the errors of one call in one Event; the recorder counts repetitions."""
        if not errors:
            return
        more = len(errors) - 1
        others = f" ({more} other {'child' if more == 1 else 'children'} likewise)" if more else ""
        self._recorder.event(owner.document, "Warning", "ChildExists", f"{errors[0]}{others}")
