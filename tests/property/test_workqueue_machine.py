"""The work queue against a model so simple that it is obviously right."""

import asyncio

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from plugin_operator.testing.virtual_clock import VirtualClock
from plugin_operator.workqueue import LOW_PRIORITY, ExponentialBackoff, WorkQueue

KEYS = st.sampled_from("abcdef")
PRIORITIES = st.sampled_from([0, 0, 0, LOW_PRIORITY, 7])


class WorkQueueMachine(RuleBasedStateMachine):
    """``owed`` holds what must still be handed out, ``busy`` what workers hold, ``later`` when delays end."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = VirtualClock()
        self.queue: WorkQueue[str] = WorkQueue("q", clock=self.clock, rate_limiter=ExponentialBackoff(1.0, 16.0))
        self.owed: dict[str, int] = {}
        self.busy: set[str] = set()
        self.later: dict[str, tuple[float, int]] = {}
        self.failures: dict[str, int] = {}
        self.is_shut_down = False

    def teardown(self) -> None:
        self.loop.close()

    def owe(self, key: str, priority: int) -> None:
        self.owed[key] = max(priority, self.owed.get(key, priority))

    def postpone(self, key: str, due: float, priority: int) -> None:
        known = self.later.get(key)
        if known is None:
            self.later[key] = (due, priority)
        else:
            self.later[key] = (min(due, known[0]), max(priority, known[1]))

    @rule(key=KEYS, priority=PRIORITIES)
    def add(self, key: str, priority: int) -> None:
        self.queue.add(key, priority)
        if not self.is_shut_down:
            self.owe(key, priority)

    @rule(key=KEYS, delay=st.integers(0, 20), priority=PRIORITIES)
    def add_after(self, key: str, delay: int, priority: int) -> None:
        self.queue.add_after(key, delay, priority)
        if self.is_shut_down:
            return
        if delay == 0:
            self.owe(key, priority)
        else:
            self.postpone(key, self.clock.monotonic() + delay, priority)

    @rule(key=KEYS)
    def add_rate_limited(self, key: str) -> None:
        self.queue.add_rate_limited(key)
        if self.is_shut_down:
            return
        failures = self.failures.get(key, 0)
        self.failures[key] = failures + 1
        self.postpone(key, self.clock.monotonic() + min(16.0, 2.0**failures), 0)
        assert self.queue.num_requeues(key) == failures + 1

    @rule(key=KEYS)
    def forget(self, key: str) -> None:
        self.queue.forget(key)
        self.failures.pop(key, None)

    @rule()
    def get(self) -> None:
        candidates = {key: priority for key, priority in self.owed.items() if key not in self.busy}
        key = self.queue.try_get()
        if not candidates:
            assert key is None
            return
        assert key in candidates
        assert self.queue.priority_of(key) == candidates[key]
        self.busy.add(key)
        del self.owed[key]

    @precondition(lambda self: self.busy)
    @rule(data=st.data())
    def done(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.busy)))
        self.queue.done(key)
        self.busy.remove(key)

    @rule(seconds=st.integers(1, 25))
    def pass_time(self, seconds: int) -> None:
        self.loop.run_until_complete(self.clock.advance(seconds))
        now = self.clock.monotonic()
        for key, (due, priority) in list(self.later.items()):
            if due <= now:
                del self.later[key]
                self.owe(key, priority)

    @precondition(lambda self: not self.is_shut_down)
    @rule(really=st.integers(0, 20))
    def shut_down(self, really: int) -> None:
        if really:
            return
        self.queue.shut_down()
        self.is_shut_down = True
        self.later.clear()

    @invariant()
    def agrees_with_the_model(self) -> None:
        assert set(self.queue.processing) == self.busy
        assert len(self.queue) == len(self.owed.keys() - self.busy)
        assert self.queue.delayed == len(self.later)
        assert sum(self.queue.metrics.gauges().depth.values()) == len(self.owed)


WorkQueueMachine.TestCase.settings = settings(max_examples=80, stateful_step_count=60, deadline=None)
TestWorkQueueAgainstModel = WorkQueueMachine.TestCase
