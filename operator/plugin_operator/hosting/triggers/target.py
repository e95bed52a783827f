"""``Target``: a controller that receives requests from triggers."""

import msgspec

from plugin_operator.controllers import Request, Trigger
from plugin_operator.plugin import LoopDetector


class Target(msgspec.Struct, frozen=True):
    """Enqueues requests, and excuses them in the loop detector, because no own write has triggered them.

    Attributes:
        trigger: trigger of the controller, over all revisions.
        own: the only request of a controller without a kind; None for other controllers.
        loops: loop detector of the current revision, or None.
    """

    trigger: Trigger
    own: Request | None
    loops: LoopDetector | None = None

    def enqueue(self, request: Request | None, after_seconds: float = 0.0) -> None:
        """Enqueue a request; None means the controller's only request, if it has one."""
        due = request if request is not None else self.own
        if due is None:
            return  # a reload has added ``for_`` to the controller
        if self.loops is not None:
            self.loops.excuse(due, after_seconds)
        self.trigger.enqueue(due, after_seconds)

    def enqueue_all(self) -> None:
        """Enqueue the requests of a scheduled run: every object, or the controller's only request."""
        if self.own is not None:
            self.enqueue(self.own)
            return
        if self.loops is not None:
            for request in self.loops.hot:
                self.loops.excuse(request)
        self.trigger.enqueue_all()
