"""A controller that feeds itself is noticed; ordinary ones never are."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from plugin_operator.controllers import RateLimiterSpec, Result
from plugin_operator.kube import GroupVersionKind, NamespacedName
from plugin_operator.plugin.writes.expectations import Target
from plugin_operator.plugin.writes.write_fights import (
    FightDetector,
    Writer,
)
from plugin_operator.plugin.writes.write_loops import FED_TIMES, REPORTED_SECONDS, REST_SECONDS, LoopDetector
from plugin_operator.testing.virtual_clock import VirtualClock

MAP, POD = GroupVersionKind.parse("v1/ConfigMap"), GroupVersionKind.parse("v1/Pod")
A = NamespacedName("default", "a")
Step = Callable[["World"], Result | None]


class Caches:
    """Shows the state of the world at once."""

    primary = MAP
    others = frozenset({POD})

    def __init__(self, world: "World") -> None:
        self._world = world

    def version_of(self, request: NamespacedName) -> str:
        return str(self._world.versions.get(Target(MAP, request), ""))

    def positions(self) -> tuple[str, ...]:
        return (str(self._world.pods),)


@dataclass
class World:
    """An API server, one cache that never lags, and one controller of ConfigMaps that also hears of Pods."""

    reconcile: Step
    hears_own_writes: bool = True
    clock: VirtualClock = field(default_factory=VirtualClock)
    revision: int = 10
    pods: int = 1
    versions: dict[Target, int] = field(default_factory=dict)
    objects: dict[Target, dict[str, Any]] = field(default_factory=dict)
    due: bool = False
    timer: float | None = None
    reconciles: int = 0
    request: NamespacedName = A

    def __post_init__(self) -> None:
        writer = Writer("plugin", "1-a", "controller", None)
        self.loops = LoopDetector(
            writer, Caches(self), backoff=RateLimiterSpec(), clock=self.clock, fights=FightDetector()
        )

    def write(self, kind: GroupVersionKind = MAP, name: str = "", **data: Any) -> None:
        """Write as the controller: the server answers with the version from before if nothing changes."""
        target = Target(kind, self.request if not name else NamespacedName("default", name))
        if self._store(target, data):
            self.due |= self.hears_own_writes
        self.loops.wrote(self.request, target, self.objects[target])

    def edit(self, **data: Any) -> None:
        """Write as somebody else."""
        self._store(Target(MAP, self.request), data)
        self.due = True

    def pod_changes(self) -> None:
        self.revision += 1
        self.pods = self.revision
        self.due = True

    def _store(self, target: Target, data: dict[str, Any]) -> bool:
        old = self.objects.get(target, {}).get("data", {})
        if target in self.objects and {**old, **data} == old:
            return False
        self.revision += 1
        self.versions[target] = self.revision
        if target.kind == POD:
            self.pods = self.revision
        metadata = {"name": target.key.name, "namespace": "default", "resourceVersion": str(self.revision)}
        self.objects[target] = {"metadata": metadata, "data": {**old, **data}}
        return True

    def run(self, most: int = 400) -> None:
        """Reconcile as long as the controller is due."""
        while self.due and most:
            self.due, most = False, most - 1
            self.reconciles += 1
            followed = bool(self.loops.hot) and self.loops.begins(self.request)
            try:
                result = self.reconcile(self)
            except ZeroDivisionError:
                self.timer = self.clock.monotonic()
                continue
            if followed:
                self.loops.ended(self.request, result)
            if result is not None and result.requeue_after:
                self.timer = min(self.timer or 1e9, self.clock.monotonic() + result.requeue_after)

    async def pass_time(self, seconds: float) -> None:
        end = self.clock.monotonic() + seconds
        while self.timer is not None and self.timer <= end:
            await self.clock.advance(max(0.0, self.timer - self.clock.monotonic()))
            self.timer, self.due = None, True
            self.run()
        await self.clock.advance(end - self.clock.monotonic())


def stamp(world: World) -> None:
    world.write(seen=str(world.reconciles))


def mirror(world: World) -> None:
    """Write what others have made of the world, and nothing twice."""
    world.write(pods=str(world.pods))


def test_a_controller_that_writes_at_each_reconcile_is_noticed_with_the_field() -> None:
    world = World(stamp)
    world.edit(spec="1")
    world.run(FED_TIMES + 10)
    (loop,) = world.loops.found()
    assert (loop.controller, loop.request, loop.target) == ("controller", A, Target(MAP, A))
    assert loop.paths == ("data.seen",)
    assert loop.times >= FED_TIMES


async def test_a_controller_that_something_else_makes_due_each_time_is_not_feeding_itself() -> None:
    world = World(stamp, hears_own_writes=False)
    for after in (0.0, 2.0) * FED_TIMES:
        world.loops.excuse(A, after)  # a schedule, a source, ctx.enqueue
        await world.clock.advance(2)
        world.due = True
        world.run()
    assert world.reconciles == 2 * FED_TIMES
    assert world.loops.found() == []


def test_a_child_that_is_written_at_each_reconcile_is_noticed_as_well() -> None:
    world = World(lambda world: world.write(POD, "child", seen=str(world.reconciles)))
    world.edit(spec="1")
    world.run(FED_TIMES + 10)
    (loop,) = world.loops.found()
    assert (loop.target, loop.paths) == (Target(POD, NamespacedName("default", "child")), ("data.seen",))


def test_a_controller_that_makes_another_child_at_each_reconcile_is_noticed_without_a_field() -> None:
    world = World(lambda world: world.write(POD, f"child-{world.reconciles}", seen="1"))
    world.edit(spec="1")
    world.run(FED_TIMES + 10)
    (loop,) = world.loops.found()
    assert (loop.target.kind, loop.paths) == (POD, ())


async def test_a_loop_is_told_until_it_has_rested() -> None:
    world = World(stamp)
    world.edit(spec="1")
    world.run(FED_TIMES + 10)
    await world.pass_time(REPORTED_SECONDS - 1)
    assert world.loops.found()
    await world.pass_time(2)
    assert not world.loops.found()
    assert not world.loops.hot


def test_fewer_writes_than_that_are_no_loop() -> None:
    world = World(lambda world: world.write(step=str(min(world.reconciles, FED_TIMES))))
    world.edit(spec="1")
    world.run()
    assert not world.loops.found()


async def test_a_slow_loop_is_noticed_as_well_unless_it_rests() -> None:
    for pause, noticed in ((REST_SECONDS / 2, True), (REST_SECONDS + 1, False)):
        world = World(stamp)
        world.edit(spec="1")
        for _ in range(FED_TIMES + 10):
            world.run(1)
            await world.clock.advance(pause)
        assert bool(world.loops.found()) is noticed


async def test_a_loop_whose_reconciles_go_on_for_long_after_their_write_is_noticed() -> None:
    world = World(stamp)
    world.edit(spec="1")
    for _ in range(FED_TIMES + 10):
        world.due, world.reconciles = False, world.reconciles + 1
        world.loops.begins(world.request)
        stamp(world)
        await world.clock.advance(2 * REST_SECONDS)
        world.loops.ended(world.request, None)
    assert world.loops.found()


def test_a_loop_that_writes_in_another_version_than_it_watches_is_noticed() -> None:
    newer = Target(GroupVersionKind.parse("v2/ConfigMap"), A)

    def step(world: World) -> None:
        world._store(Target(MAP, A), {"seen": str(world.reconciles)})
        world.due = True
        world.loops.wrote(A, newer, world.objects[Target(MAP, A)])

    world = World(step)
    world.edit(spec="1")
    world.run(FED_TIMES + 10)
    (loop,) = world.loops.found()
    assert loop.paths == ("data.seen",)


async def test_a_loop_that_also_asks_for_a_timer_is_noticed_between_its_ticks() -> None:
    def both(world: World) -> Result:
        stamp(world)
        return Result(requeue_after=1)

    world = World(both)
    world.edit(spec="1")
    for _ in range(300):
        world.run(1)
        await world.clock.advance(0.02)
    assert world.loops.found()


async def test_a_counter_that_ticks_by_timer_is_no_loop() -> None:
    def tick(world: World) -> Result:
        world.write(ticks=str(world.reconciles))
        return Result(requeue_after=0.05)

    world = World(tick, hears_own_writes=False)
    world.edit(spec="1")
    world.run()
    await world.pass_time(60)
    assert world.reconciles > 1000
    assert not world.loops.found()


async def test_a_counter_that_hears_its_own_writes_and_waits_for_its_time_is_no_loop() -> None:
    last = -10.0

    def tick(world: World) -> Result:
        nonlocal last
        if world.clock.monotonic() - last >= 0.1:
            last = world.clock.monotonic()
            world.write(ticks=str(world.reconciles))
        return Result(requeue_after=0.1)

    world = World(tick)
    world.edit(spec="1")
    world.run()
    await world.pass_time(60)
    assert not world.loops.found()


async def test_one_that_writes_and_fails_and_is_retried_with_backoff_is_no_loop() -> None:
    def fail(world: World) -> None:
        world.write(attempts=str(world.reconciles))
        raise ZeroDivisionError

    world = World(fail, hears_own_writes=False)
    world.edit(spec="1")
    world.run()
    for attempt in range(200):
        await world.clock.advance(min(0.005 * 2**attempt, 1000))
        world.due = True
        world.run()
    assert not world.loops.found()


def test_thousands_of_objects_that_are_written_once_or_twice_are_no_loop_and_are_forgotten() -> None:
    world = World(lambda world: world.write(step=str(min(world.reconciles, 2))))
    for number in range(12_000):
        world.request = NamespacedName("default", f"o{number}")
        world.reconciles = 0
        world.edit(spec="1")
        world.run()
    assert not world.loops.found()
    assert len(world.loops.hot) <= 10_000


CAUSES = st.lists(st.sampled_from(["edit", "pod", "time", "short"]), min_size=1, max_size=150)


@settings(max_examples=60, deadline=None)
@given(causes=CAUSES, hears=st.booleans(), steps=st.integers(1, 5))
async def test_what_reacts_to_others_is_never_a_loop(causes: list[str], hears: bool, steps: int) -> None:
    """Whatever order the causes come in, and however many steps of its own each change takes."""

    def react(world: World) -> Result | None:
        seen = world.objects.get(Target(MAP, A), {}).get("data", {})
        wanted = f"{world.pods} {seen.get('spec')}"
        if seen.get("of") != wanted:
            world.write(of=wanted, step="1")
        elif int(seen["step"]) < steps:
            world.write(step=str(int(seen["step"]) + 1))
        return Result(requeue_after=0.3) if len(causes) % 2 else None

    world = World(react, hears_own_writes=hears)
    for number, cause in enumerate(causes):
        if cause == "edit":
            world.edit(spec=str(number))
        elif cause == "pod":
            world.pod_changes()
        else:
            await world.pass_time(5 if cause == "time" else 0.01)
        world.run()
        assert not world.loops.found()


@settings(max_examples=30, deadline=None)
@given(causes=CAUSES)
async def test_a_loop_is_noticed_whatever_else_happens(causes: list[str]) -> None:
    world = World(stamp)
    for number, cause in enumerate(causes):
        if cause == "edit":
            world.edit(spec=str(number))
        elif cause == "pod":
            world.pod_changes()
        else:
            await world.clock.advance(0.01)
        world.due = True
        world.run(40)
    world.run(2 * FED_TIMES)
    assert world.loops.found()
