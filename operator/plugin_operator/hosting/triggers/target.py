"""A controller as its triggers see it."""

from dataclasses import dataclass

from plugin_operator.controllers import Request, Trigger
from plugin_operator.plugin import LoopDetector


@dataclass(frozen=True, slots=True)
class Target:
    """Makes requests due, and notes for the loop detector that it was not the controller's own write that did.

    Attributes:
        trigger: of the controller, over all revisions.
        own: the one request of a controller without a kind; None for any other.
        loops: of the current revision; None if nobody looks for loops.
    """

    trigger: Trigger
    own: Request | None
    loops: LoopDetector | None = None

    def enqueue(self, request: Request | None, after_seconds: float = 0.0) -> None:
        """Make a request due; None is the controller's own, if it has one."""
        due = request if request is not None else self.own
        if due is None:
            return  # a reload has given the controller a kind since
        if self.loops is not None:
            self.loops.excuse(due, after_seconds)
        self.trigger.enqueue(due, after_seconds)

    def enqueue_all(self) -> None:
        """Make all due that a schedule makes due: every object, or the controller's own request."""
        if self.own is not None:
            self.enqueue(self.own)
            return
        if self.loops is not None:
            for request in self.loops.hot:
                self.loops.excuse(request)
        self.trigger.enqueue_all()
