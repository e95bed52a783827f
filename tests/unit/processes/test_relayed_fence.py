"""The workers learn each move of the supervisor's fence."""

from plugin_operator.processes.relayed_fence import RelayedFence
from plugin_operator.testing.virtual_clock import VirtualClock


def test_each_move_is_reported_after_it_was_made() -> None:
    seen: list[tuple[float, bool]] = []
    fence = RelayedFence(VirtualClock(), lambda: seen.append((fence.until, fence.is_suspended)))
    fence.open_until(10.0)
    fence.suspend()
    fence.close()
    assert seen == [(10.0, False), (float("-inf"), True), (float("-inf"), False)]
