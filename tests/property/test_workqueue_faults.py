"""The work queue when anything it calls raises: hashes and equality of items, clock, timers, rate limiter, metrics.

A call that raises may have done what it promises or nothing, and the model takes both. What it may never do is lose a
key that was there before, hand one out twice, keep one for good, or stop the timers.
"""

import asyncio
import functools
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import structlog
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from plugin_operator.clock import Timer
from plugin_operator.testing.virtual_clock import VirtualClock
from plugin_operator.workqueue import LOW_PRIORITY, ExponentialBackoff, WorkQueue
from plugin_operator.workqueue.metrics import WorkQueueMetrics


class Injected(Exception):
    """What the fuse raises."""


class InjectedBase(BaseException):
    """The same, where only ``Exception`` would be caught."""


@dataclass(frozen=True)
class Fault:
    """Raises ``kind`` at the so manieth call of something; of anything if ``where`` is empty, never if ``at`` is 0."""

    at: int = 0
    where: str = ""
    kind: type[BaseException] = Injected


class Fuse:
    """What everything that can fail asks first; burns once."""

    def __init__(self) -> None:
        self.fault = Fault()

    def burn(self, where: str) -> None:
        fault = self.fault
        if fault.at and fault.where in {"", where}:
            self.fault = replace(fault, at=fault.at - 1)
            if fault.at == 1:
                raise fault.kind


FUSE = Fuse()


@functools.total_ordering
class Key:
    """An item whose own code can fail; all of them collide, so that equality is asked as well."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __hash__(self) -> int:
        FUSE.burn("hash")
        return 1

    def __eq__(self, other: object) -> bool:
        FUSE.burn("equality")
        return isinstance(other, Key) and other.name == self.name

    def __lt__(self, other: "Key") -> bool:
        return self.name < other.name

    def __repr__(self) -> str:
        return self.name


class FaultyTimer:
    def __init__(self, timer: Timer) -> None:
        self._timer = timer

    def cancel(self) -> None:
        FUSE.burn("cancel")
        self._timer.cancel()


class FaultyClock(VirtualClock):
    """What a timer's call raises ends there, as in an event loop."""

    def monotonic(self) -> float:
        FUSE.burn("monotonic")
        return super().monotonic()

    def call_later(self, delay_seconds: float, callback: Callable[[], None]) -> Any:
        FUSE.burn("call_later")

        def call() -> None:
            with suppress(Injected, InjectedBase):
                callback()

        return FaultyTimer(super().call_later(delay_seconds, call))


class FaultyBackoff(ExponentialBackoff[Key]):
    def when(self, item: Key) -> float:
        FUSE.burn("limiter")
        return super().when(item)

    def clear(self) -> None:
        FUSE.burn("limiter")
        super().clear()


class FaultyHistogram:
    def observe(self, value: float) -> None:
        del value
        FUSE.burn("metrics")


class FaultyMetrics(WorkQueueMetrics):
    def __setattr__(self, name: str, value: Any) -> None:
        if name in {"adds", "retries"}:
            FUSE.burn("metrics")
        super().__setattr__(name, value)


def metrics() -> WorkQueueMetrics:
    made = FaultyMetrics("q", "q")
    made.queue_duration = made.work_duration = FaultyHistogram()  # type: ignore[assignment]
    return made


KEYS = st.sampled_from("abcde")
PRIORITIES = st.sampled_from([0, 0, LOW_PRIORITY, 7])
WHERE = st.sampled_from(["", "", "hash", "equality", "cancel", "monotonic", "call_later", "limiter", "metrics"])
KINDS = st.sampled_from([Injected, Injected, InjectedBase])
TIMER_FAULTS = st.builds(Fault, st.integers(0, 2), st.sampled_from(["call_later", "monotonic", "hash"]), KINDS)
FAULTS = st.one_of(st.just(Fault()), st.builds(Fault, st.integers(1, 6), WHERE, KINDS))


class FaultyQueueMachine(RuleBasedStateMachine):
    """``owed`` is what must come out in the end, ``allowed`` what may, ``busy`` what workers hold."""

    @initialize()
    def begin(self) -> None:
        structlog.configure(processors=[_drop], cache_logger_on_first_use=False)
        FUSE.fault = Fault()
        self.loop = asyncio.new_event_loop()
        self.clock = FaultyClock()
        backoff = FaultyBackoff(1.0, 16.0)
        self.queue: WorkQueue[Key] = WorkQueue("q", clock=self.clock, rate_limiter=backoff, metrics=metrics())
        self.owed: set[str] = set()
        self.allowed: set[str] = set()
        self.busy: dict[str, Key] = {}

    def teardown(self) -> None:
        FUSE.fault = Fault()
        if hasattr(self, "queue"):
            try:
                self.come_to_rest()
            finally:
                structlog.reset_defaults()
                self.loop.close()

    def attempt(self, call: Callable[[], object], fault: Fault) -> bool:
        """Return whether the call went through."""
        FUSE.fault = fault
        try:
            call()
        except (Injected, InjectedBase):
            return False
        finally:
            FUSE.fault = Fault()
        return True

    def asked(self, key: str, call: Callable[[], object], fault: Fault) -> None:
        self.allowed.add(key)
        if self.attempt(call, fault):
            self.owed.add(key)

    @rule(key=KEYS, priority=PRIORITIES, fault=FAULTS)
    def add(self, key: str, priority: int, fault: Fault) -> None:
        self.asked(key, lambda: self.queue.add(Key(key), priority), fault)

    @rule(key=KEYS, delay=st.integers(0, 20), priority=PRIORITIES, fault=FAULTS)
    def add_after(self, key: str, delay: int, priority: int, fault: Fault) -> None:
        self.asked(key, lambda: self.queue.add_after(Key(key), delay, priority), fault)

    @rule(key=KEYS, fault=FAULTS)
    def add_rate_limited(self, key: str, fault: Fault) -> None:
        self.asked(key, lambda: self.queue.add_rate_limited(Key(key)), fault)

    @rule(key=KEYS, delay=st.sampled_from([float("nan"), float("inf"), "1", 10**400]))
    def add_after_nonsense(self, key: str, delay: Any) -> None:
        try:
            self.queue.add_after(Key(key), delay)
        except (TypeError, ValueError):
            return
        raise AssertionError(f"{delay!r} was taken for a delay")

    @rule(key=KEYS, fault=FAULTS)
    def forget(self, key: str, fault: Fault) -> None:
        self.attempt(lambda: self.queue.forget(Key(key)), fault)

    @rule(fault=FAULTS)
    def reset_backoff(self, fault: Fault) -> None:
        self.attempt(self.queue.reset_backoff, fault)

    @rule(fault=FAULTS)
    def get(self, fault: Fault) -> None:
        self.attempt(self.take, fault)

    def take(self) -> None:
        item = self.queue.try_get()
        if item is None:
            return
        name = item.name
        assert name not in self.busy, f"{name} is with two workers"
        assert name in self.allowed, f"nobody asked for {name}"
        self.busy[name] = item
        self.owed.discard(name)

    @precondition(lambda self: self.busy)
    @rule(data=st.data(), fault=FAULTS)
    def done(self, data: st.DataObject, fault: Fault) -> None:
        item = self.busy.pop(data.draw(st.sampled_from(sorted(self.busy))))
        self.attempt(lambda: self.queue.done(item), fault)

    @rule(seconds=st.integers(1, 25), fault=st.one_of(FAULTS, TIMER_FAULTS))
    def pass_time(self, seconds: int, fault: Fault) -> None:
        self.attempt(lambda: self.loop.run_until_complete(self.clock.advance(seconds)), fault)

    @invariant()
    def holds_what_workers_hold(self) -> None:
        if hasattr(self, "queue"):
            assert sorted(item.name for item in self.queue.processing) == sorted(self.busy)

    @invariant()
    def wakes_for_what_is_delayed(self) -> None:
        if hasattr(self, "queue"):
            assert self.clock.pending or not self.queue.delayed

    def come_to_rest(self) -> None:
        for _ in range(20):
            for item in self.busy.values():
                self.queue.done(item)
            self.busy.clear()
            self.loop.run_until_complete(self.clock.advance(10))
            while len(self.queue):
                self.take()
        assert not self.owed, f"lost: {self.owed}"
        assert self.queue.delayed == 0
        assert self.queue.metrics.gauges().depth == {}


def _drop(*_: object) -> Any:
    raise structlog.DropEvent


FaultyQueueMachine.TestCase.settings = settings(
    max_examples=120, stateful_step_count=50, deadline=None, report_multiple_bugs=False
)
TestWorkQueueWithFaults = FaultyQueueMachine.TestCase
