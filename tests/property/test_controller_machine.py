"""A controller under every interleaving of events, outcomes, reloads, cancellations and stuck reconciles."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, NoReturn

import structlog
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from plugin_operator.controllers import Controller, ControllerSpec, Drain, Result, Watch, time_limited
from plugin_operator.kube import NamespacedName
from plugin_operator.metrics import Metrics
from plugin_operator.testing.fake_informers import FakeInformerFactory
from plugin_operator.testing.virtual_clock import VirtualClock

INFORMERS = ("left", "right")
#: Keys that end with this ignore cancellation.
STUBBORN = "!"
NAMES = st.sampled_from(["1", "2", "3", "4" + STUBBORN])
SETS = st.sampled_from([("left",), ("right",), ("left", "right")])
ERRORS: dict[str, Callable[[], BaseException]] = {
    "error": lambda: ValueError("boom"),
    "cancelled": asyncio.CancelledError,
    "exit": lambda: SystemExit(1),
}
OUTCOMES = st.sampled_from(["success", "success", "requeue", "requeue_after", *ERRORS])


@dataclass(eq=False)
class Run:
    """One call of the reconciler."""

    revision: int
    name: str
    saw: str | None
    gate: asyncio.Future[str] = field(repr=False)
    is_cancelled: bool = False


class ControllerMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        structlog.configure(processors=[drop], cache_logger_on_first_use=False)
        self.loop = asyncio.new_event_loop()
        self.clock = VirtualClock()
        self.factory = FakeInformerFactory()
        self.running: dict[str, Run] = {}
        self.reconciled: dict[str, str | None] = {}
        self.must_see_gone: set[str] = set()
        self.must_run_again: set[str] = set()
        self.violations: list[str] = []
        self.revision = 0
        self.concurrency: dict[int, int] = {}
        self.watched: tuple[str, ...] = ()
        self.drain: Drain | None = None
        self.is_over = False

    def teardown(self) -> None:
        try:
            self.come_to_rest()
        finally:
            self.wait(self.stop())
            self.loop.close()
            structlog.reset_defaults()

    def wait(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self.loop.run_until_complete(coroutine)

    async def stop(self) -> None:
        stopping = asyncio.ensure_future(self.controller.stop(5))
        await self.clock.advance(20)
        assert await stopping == []
        if self.factory.in_use:
            self.violations.append(f"informers left behind: {self.factory.in_use}")

    def version(self, name: str) -> str | None:
        obj = next(
            (obj for each in INFORMERS for key, obj in self.factory[each].lister.objects.items() if key.name == name),
            None,
        )
        return obj.resource_version if obj is not None else None

    def reconciler(self, revision: int) -> Callable[[NamespacedName], Awaitable[Result | None]]:
        async def reconcile(request: NamespacedName) -> Result | None:
            run = Run(revision, request.name, self.version(request.name), self.loop.create_future())
            self.begin(run)
            try:
                while True:
                    try:
                        outcome = "success" if self.is_over else await asyncio.shield(run.gate)
                        break
                    except asyncio.CancelledError:
                        run.is_cancelled = True
                        if not request.name.endswith(STUBBORN):
                            raise
            finally:
                if self.running.pop(request.name, None) is not run:
                    self.violations.append(f"{run} ended and was not the one running")
            if outcome in ERRORS:
                failure = ERRORS[outcome]()
                raise failure
            self.reconciled[request.name] = run.saw
            return {"requeue": Result(requeue=True), "requeue_after": Result(requeue_after=7)}.get(outcome)

        return reconcile

    def begin(self, run: Run) -> None:
        if run.name in self.running:
            self.violations.append(f"{run} began while {self.running[run.name]} ran")
        if run.revision != self.revision:
            self.violations.append(f"{run} began although revision {self.revision} is current")
        self.running[run.name] = run
        self.must_run_again.discard(run.name)
        current = [each for each in self.running.values() if each.revision == self.revision]
        if len(current) > self.concurrency[self.revision]:
            self.violations.append(f"more than {self.concurrency[self.revision]} at once: {current}")
        obedient = [each for each in self.running.values() if not each.is_cancelled]
        if len(obedient) > max(self.concurrency[each.revision] for each in self.running.values()):
            self.violations.append(f"more than any revision allows: {obedient}")

    @initialize(watched=SETS, concurrency=st.integers(1, 3))
    def begin_machine(self, watched: tuple[str, ...], concurrency: int) -> None:
        async def make() -> None:
            self.controller = Controller("c", factory=self.factory, clock=self.clock, metrics=Metrics())
            self.controller.start_workers()

        self.wait(make())
        self.install(watched, concurrency, None)

    @rule(watched=SETS, concurrency=st.integers(1, 3), timeout=st.sampled_from([None, None, 20]))
    def install(self, watched: tuple[str, ...], concurrency: int, timeout: float | None) -> None:
        number = self.revision + 1
        spec = ControllerSpec(
            "c",
            tuple(Watch((each,)) for each in watched),
            max_concurrent_reconciles=concurrency,
        )
        self.concurrency[number] = concurrency

        async def swap() -> None:
            reconciler = self.reconciler(number)
            limited = time_limited(reconciler, timeout, self.clock) if timeout is not None else reconciler
            drain = await self.controller.install(spec, limited, str(number))
            self.revision = number
            self.drain = drain
            await self.clock.settle()

        self.wait(swap())
        self.watched = watched

    @rule(informer=st.sampled_from(INFORMERS), name=NAMES)
    def change(self, informer: str, name: str) -> None:
        name = informer + name
        self.factory[informer].set(name)
        self.must_see_gone.discard(name)
        self.wait(self.clock.settle())

    @rule(informer=st.sampled_from(INFORMERS), name=NAMES)
    def delete(self, informer: str, name: str) -> None:
        name = informer + name
        existed = self.version(name) is not None
        self.factory[informer].remove(name)
        if existed and informer in self.watched:
            self.must_see_gone.add(name)
        self.wait(self.clock.settle())

    @precondition(lambda self: self.running)
    @rule(data=st.data(), outcome=OUTCOMES)
    def finish(self, data: st.DataObject, outcome: str) -> None:
        name = data.draw(st.sampled_from(sorted(self.running)))
        self.running[name].gate.set_result(outcome)
        self.wait(self.clock.settle())

    @rule()
    def cancel(self) -> None:
        drain = self.drain
        assert drain is not None

        async def cancel() -> None:
            self.must_run_again |= {request.name for request in drain.in_flight}
            drain.cancel()
            await self.clock.settle()

        self.wait(cancel())
        stuck = {request.name for request in drain.in_flight}
        assert stuck == {
            run.name for run in self.running.values() if run.revision == self.revision - 1 and run.is_cancelled
        }

    @rule(seconds=st.sampled_from([0.01, 1.0, 9.0, 30.0]))
    def pass_time(self, seconds: float) -> None:
        self.wait(self.clock.advance(seconds))

    @invariant()
    def nothing_was_violated(self) -> None:
        assert not self.violations, self.violations
        if self.revision:
            assert set(self.controller._queue.processing) == {("default", name) for name in self.running}

    def come_to_rest(self) -> None:
        self.is_over = True
        for run in list(self.running.values()):
            run.gate.set_result("success")
        self.wait(self.clock.advance(5000))
        assert not self.running
        self.nothing_was_violated()
        assert not self.must_run_again
        for informer in self.watched:
            for key, obj in self.factory[informer].lister.objects.items():
                assert self.reconciled.get(key.name, "never") == obj.resource_version, key.name
        for name in self.must_see_gone:
            assert self.reconciled.get(name, "never") is None, f"{name} is gone and nobody was told"


def drop(*_: Any) -> NoReturn:
    raise structlog.DropEvent


ControllerMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)
TestControllerUnderEveryInterleaving = ControllerMachine.TestCase
