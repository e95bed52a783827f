"""The fence of the supervisor, whose every move reaches the workers at once."""

from collections.abc import Callable

from plugin_operator.clock import Clock
from plugin_operator.fence import Fence


class RelayedFence(Fence):
    """A ``Fence`` that reports each move.

    Args:
        clock: measures time.
        on_move: called after each move.
    """

    __slots__ = ("_on_move",)

    def __init__(self, clock: Clock, on_move: Callable[[], None]) -> None:
        super().__init__(clock)
        self._on_move = on_move

    def open_until(self, moment: float) -> None:
        """Open the fence until ``moment``, in monotonic seconds."""
        super().open_until(moment)
        self._on_move()

    def suspend(self) -> None:
        """Block actions until ``open_until`` or ``close``."""
        super().suspend()
        self._on_move()

    def close(self) -> None:
        """Reject actions from now on."""
        super().close()
        self._on_move()
