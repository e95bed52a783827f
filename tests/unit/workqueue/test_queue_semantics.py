import asyncio
import sys

import pytest

from plugin_operator.testing.virtual_clock import VirtualClock
from plugin_operator.workqueue import FAIR_SHARE, LOW_PRIORITY, ExponentialBackoff, QueueShutDown, WorkQueue
from plugin_operator.workqueue.metrics import WorkQueueMetrics


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def queue(clock: VirtualClock) -> WorkQueue[str]:
    return WorkQueue("q", clock=clock, rate_limiter=ExponentialBackoff())


def drain(queue: WorkQueue[str]) -> list[str]:
    items = []
    while (item := queue.try_get()) is not None:
        items.append(item)
        queue.done(item)
    return items


async def test_an_item_added_thrice_is_handed_out_once(queue: WorkQueue[str]) -> None:
    for _ in range(3):
        queue.add("a")
    assert drain(queue) == ["a"]


async def test_items_come_out_first_in_first_out(queue: WorkQueue[str]) -> None:
    for item in "cab":
        queue.add(item)
    assert drain(queue) == ["c", "a", "b"]


async def test_a_key_added_while_processing_runs_again_after_done(queue: WorkQueue[str]) -> None:
    queue.add("a")
    assert queue.try_get() == "a"
    queue.add("a")
    assert queue.try_get() is None
    queue.done("a")
    assert queue.try_get() == "a"


async def test_done_for_an_item_nobody_holds_changes_nothing(queue: WorkQueue[str]) -> None:
    queue.add("a")
    queue.done("a")
    assert drain(queue) == ["a"]


async def test_higher_priority_comes_first_and_raises_a_waiting_item(queue: WorkQueue[str]) -> None:
    queue.add("resync-1", LOW_PRIORITY)
    queue.add("resync-2", LOW_PRIORITY)
    queue.add("live")
    queue.add("resync-2")
    queue.add("resync-2", LOW_PRIORITY)
    assert drain(queue) == ["live", "resync-2", "resync-1"]


async def test_low_priority_does_not_starve_under_a_flood(queue: WorkQueue[str]) -> None:
    queue.add("low", LOW_PRIORITY)
    for turn in range(FAIR_SHARE):
        queue.add(f"high-{turn}-a")
        queue.add(f"high-{turn}-b")
        item = queue.try_get()
        assert item is not None
        queue.done(item)
        if item == "low":
            break
    else:
        pytest.fail("the low one was never handed out")


async def test_the_longest_waiting_of_several_low_priorities_gets_the_spare_turn(
    queue: WorkQueue[str], clock: VirtualClock
) -> None:
    queue.add("oldest", -200)
    await clock.advance(1)
    queue.add("younger", LOW_PRIORITY)
    for number in range(FAIR_SHARE):
        queue.add(f"high-{number}")
    assert drain(queue)[:FAIR_SHARE][-1] == "oldest"


async def test_levels_of_odd_priorities_vanish_with_their_items(queue: WorkQueue[str]) -> None:
    for priority in range(1000):
        queue.add("a", priority)
        queue.add("b", priority + 1)
        drain(queue)
    assert len(queue._ready._levels) == 2


async def test_a_delayed_item_comes_at_its_time_and_not_before(queue: WorkQueue[str], clock: VirtualClock) -> None:
    queue.add_after("a", 10)
    await clock.advance(9.99)
    assert queue.try_get() is None
    await clock.advance(0.01)
    assert queue.try_get() == "a"


async def test_of_two_delays_the_earlier_counts(queue: WorkQueue[str], clock: VirtualClock) -> None:
    queue.add_after("a", 10)
    queue.add_after("a", 5, 3)
    queue.add_after("a", 20)
    await clock.advance(5)
    assert queue.try_get() == "a"
    assert queue.priority_of("a") == 3
    await clock.advance(100)
    queue.done("a")
    assert queue.try_get() is None


async def test_one_timer_serves_all_delays(queue: WorkQueue[str], clock: VirtualClock) -> None:
    for number in range(100):
        queue.add_after(f"k{number}", 100 - number)
    assert clock.pending == 1
    await clock.advance(100)
    assert len(queue) == 100
    assert clock.pending == 0


async def test_more_items_than_one_batch_become_ready_without_time_passing(
    queue: WorkQueue[str], clock: VirtualClock
) -> None:
    for number in range(5000):
        queue.add_after(f"k{number}", 1)
    await clock.advance(1)
    assert len(queue) == 5000


async def test_backoff_doubles_to_the_cap_and_starts_over_when_forgotten(clock: VirtualClock) -> None:
    limiter: ExponentialBackoff[str] = ExponentialBackoff(0.005, 1000)
    assert [limiter.when("a") for _ in range(5)] == [0.005, 0.01, 0.02, 0.04, 0.08]
    assert max(limiter.when("b") for _ in range(2000)) == 1000
    queue = WorkQueue("q", clock=clock, rate_limiter=limiter)
    assert queue.num_requeues("a") == 5
    queue.add_rate_limited("a")
    await clock.advance(0.159)
    assert queue.try_get() is None
    await clock.advance(0.002)
    assert queue.try_get() == "a"
    queue.forget("a")
    assert queue.num_requeues("a") == 0
    assert limiter.when("a") == 0.005


async def test_resetting_backoff_frees_what_failed_and_leaves_what_was_asked_for_later(queue: WorkQueue[str]) -> None:
    for _ in range(15):
        queue.rate_limiter.when("failed")
    queue.add_rate_limited("failed")
    queue.add_after("periodic", 60)
    queue.reset_backoff()
    assert drain(queue) == ["failed"]
    assert queue.num_requeues("failed") == 0
    assert queue.delayed == 1


async def test_get_waits_for_an_item(queue: WorkQueue[str], clock: VirtualClock) -> None:
    waiting = asyncio.ensure_future(queue.get())
    await clock.settle()
    assert not waiting.done()
    queue.add("a")
    assert await waiting == "a"


async def test_a_cancelled_get_takes_no_item_and_passes_its_wake_up_on(
    queue: WorkQueue[str], clock: VirtualClock
) -> None:
    first = asyncio.ensure_future(queue.get())
    second = asyncio.ensure_future(queue.get())
    await clock.settle()
    queue.add("a")
    first.cancel()
    await clock.settle()
    assert first.cancelled()
    assert await second == "a"


async def test_a_queue_shut_down_hands_out_the_rest_and_then_ends(queue: WorkQueue[str], clock: VirtualClock) -> None:
    idle = asyncio.ensure_future(queue.get())
    await clock.settle()
    queue.add_after("later", 1)
    queue.add("a")
    assert await idle == "a"
    queue.add("a")
    queue.shut_down()
    queue.add("too late")
    queue.add_after("too late", 1)
    queue.add_rate_limited("too late")
    queue.done("a")
    assert await queue.get() == "a"
    await clock.advance(5)
    with pytest.raises(QueueShutDown):
        await queue.get()


async def test_shutting_down_wakes_all_who_wait(queue: WorkQueue[str], clock: VirtualClock) -> None:
    waiting = [asyncio.ensure_future(queue.get()) for _ in range(3)]
    await clock.settle()
    queue.shut_down()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [QueueShutDown] * 3


async def test_the_metrics_say_what_client_go_would(clock: VirtualClock) -> None:
    metrics = WorkQueueMetrics("q", "c")
    queue: WorkQueue[str] = WorkQueue("q", clock=clock, rate_limiter=ExponentialBackoff(), metrics=metrics)
    queue.add("a")
    queue.add("a")
    queue.add("low", LOW_PRIORITY)
    assert metrics.gauges().depth == {0: 1, LOW_PRIORITY: 1}
    await clock.advance(2)
    queue.try_get()
    queue.add("a")
    await clock.advance(3)
    gauges = metrics.gauges()
    assert (gauges.unfinished_work_seconds, gauges.longest_running_processor_seconds) == (3, 3)
    assert gauges.depth == {0: 1, LOW_PRIORITY: 1}
    queue.done("a")
    queue.add_rate_limited("b")
    assert (metrics.adds, metrics.retries) == (3, 1)
    assert metrics.queue_duration.sum == 2
    assert metrics.work_duration.sum == 3


async def test_a_million_adds_of_a_thousand_keys_stay_small(queue: WorkQueue[str]) -> None:
    keys = [f"key-{number}" for number in range(1000)]
    for turn in range(1000):
        for key in keys:
            queue.add(key, LOW_PRIORITY if turn % 2 else 0)
    for turn in range(100):
        for key in keys:
            queue.add_after(key, 1000 - turn)
    assert len(queue) == 1000
    assert queue.delayed == 1000
    assert len(queue._delayed._heap) <= 2 * 1000 + 64
    assert sum(sys.getsizeof(level.items) for level in queue._ready._levels) < 300_000
