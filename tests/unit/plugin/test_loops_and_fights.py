"""A controller that feeds itself, and two that undo each other's writes, are noticed; ordinary ones never are."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin_operator.controllers import RateLimiterSpec, Result
from plugin_operator.kube import GroupVersionKind, NamespacedName
from plugin_operator.plugin.writes.expectations import Target
from plugin_operator.plugin.writes.field_paths import changed, digests
from plugin_operator.plugin.writes.write_fights import (
    EXISTENCE,
    OVERWRITTEN_TIMES,
    QUICK_SECONDS,
    RESTORED_TIMES,
    FightDetector,
    Writer,
)
from plugin_operator.plugin.writes.write_fights import REST_SECONDS as FIGHT_RESTS
from plugin_operator.plugin.writes.write_loops import FED_TIMES, REST_SECONDS, TOLD_SECONDS, LoopDetector
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


def test_a_controller_that_writes_at_each_reconcile_is_noticed_with_the_field():
    world = World(stamp)
    world.edit(spec="1")
    world.run(FED_TIMES + 10)
    (loop,) = world.loops.found()
    assert (loop.controller, loop.request, loop.target) == ("controller", A, Target(MAP, A))
    assert loop.paths == ("data.seen",)
    assert loop.times >= FED_TIMES


def test_a_child_that_is_written_at_each_reconcile_is_noticed_as_well():
    world = World(lambda world: world.write(POD, "child", seen=str(world.reconciles)))
    world.edit(spec="1")
    world.run(FED_TIMES + 10)
    (loop,) = world.loops.found()
    assert (loop.target, loop.paths) == (Target(POD, NamespacedName("default", "child")), ("data.seen",))


def test_a_controller_that_makes_another_child_at_each_reconcile_is_noticed_without_a_field():
    world = World(lambda world: world.write(POD, f"child-{world.reconciles}", seen="1"))
    world.edit(spec="1")
    world.run(FED_TIMES + 10)
    (loop,) = world.loops.found()
    assert (loop.target.kind, loop.paths) == (POD, ())


async def test_a_loop_is_told_until_it_has_rested():
    world = World(stamp)
    world.edit(spec="1")
    world.run(FED_TIMES + 10)
    await world.pass_time(TOLD_SECONDS - 1)
    assert world.loops.found()
    await world.pass_time(2)
    assert not world.loops.found()
    assert not world.loops.hot


def test_fewer_writes_than_that_are_no_loop():
    world = World(lambda world: world.write(step=str(min(world.reconciles, FED_TIMES))))
    world.edit(spec="1")
    world.run()
    assert not world.loops.found()


async def test_a_slow_loop_is_noticed_as_well_unless_it_rests():
    for pause, noticed in ((REST_SECONDS / 2, True), (REST_SECONDS + 1, False)):
        world = World(stamp)
        world.edit(spec="1")
        for _ in range(FED_TIMES + 10):
            world.run(1)
            await world.clock.advance(pause)
        assert bool(world.loops.found()) is noticed


async def test_a_loop_whose_reconciles_go_on_for_long_after_their_write_is_noticed():
    world = World(stamp)
    world.edit(spec="1")
    for _ in range(FED_TIMES + 10):
        world.due, world.reconciles = False, world.reconciles + 1
        world.loops.begins(world.request)
        stamp(world)
        await world.clock.advance(2 * REST_SECONDS)
        world.loops.ended(world.request, None)
    assert world.loops.found()


def test_a_loop_that_writes_in_another_version_than_it_watches_is_noticed():
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


async def test_a_loop_that_also_asks_for_a_timer_is_noticed_between_its_ticks():
    def both(world: World) -> Result:
        stamp(world)
        return Result(requeue_after=1)

    world = World(both)
    world.edit(spec="1")
    for _ in range(300):
        world.run(1)
        await world.clock.advance(0.02)
    assert world.loops.found()


async def test_a_counter_that_ticks_by_timer_is_no_loop():
    def tick(world: World) -> Result:
        world.write(ticks=str(world.reconciles))
        return Result(requeue_after=0.05)

    world = World(tick, hears_own_writes=False)
    world.edit(spec="1")
    world.run()
    await world.pass_time(60)
    assert world.reconciles > 1000
    assert not world.loops.found()


async def test_a_counter_that_hears_its_own_writes_and_waits_for_its_time_is_no_loop():
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


async def test_one_that_writes_and_fails_and_is_retried_with_backoff_is_no_loop():
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


def test_thousands_of_objects_that_are_written_once_or_twice_are_no_loop_and_are_forgotten():
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
async def test_what_reacts_to_others_is_never_a_loop(causes, hears, steps):
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
async def test_a_loop_is_noticed_whatever_else_happens(causes):
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


ONE, TWO = Writer("one", "1-a", "left", A), Writer("two", "1-b", "right", A)
THE_MAP = Target(MAP, A)


class Ring:
    """Two writers, one object, by turns."""

    def __init__(self) -> None:
        self.fights = FightDetector()
        self.version = 0
        self.now = 0.0

    def write(self, writer: Writer, target: Target = THE_MAP, pause: float = 0.01, **data: str) -> None:
        self.version += 1
        self.now += pause
        obj = {"metadata": {"name": "a", "resourceVersion": str(self.version)}, "data": data}
        self.fights.wrote(writer, target, obj, self.now)

    def found(self, plugin: str = "one", revision: str = "1-a"):
        return self.fights.of(plugin, revision, self.now)


def test_two_that_put_their_own_value_back_are_both_named_with_the_field():
    ring = Ring()
    for _ in range(RESTORED_TIMES + 10):
        ring.write(ONE, owner="left", other="same")
        ring.write(TWO, owner="right", other="same")
    (fight,) = ring.found()
    assert ring.found("two", "1-b") == [fight]
    assert {writer.plugin for writer in fight.writers} == {"one", "two"}
    assert (fight.target, fight.path) == (THE_MAP, "data.owner")
    assert fight.times >= 2 * RESTORED_TIMES
    assert ring.found("one", "2-c") == []
    assert ring.found("three") == []
    ring.now += FIGHT_RESTS + 1
    assert ring.found() == []


def test_two_that_overwrite_each_other_with_ever_new_values_are_noticed_if_it_is_quick():
    for pause, noticed in ((QUICK_SECONDS / 2, True), (QUICK_SECONDS + 1, False)):
        ring = Ring()
        for number in range(OVERWRITTEN_TIMES + 10):
            ring.write(ONE, pause=pause, stamp=f"left {number}")
            ring.write(TWO, pause=pause, stamp=f"right {number}")
        assert bool(ring.found()) is noticed


def test_two_objects_of_one_controller_that_share_a_child_are_noticed():
    ring = Ring()
    for _ in range(RESTORED_TIMES + 10):
        ring.write(ONE, owner="a")
        ring.write(ONE._replace(request=NamespacedName("default", "b")), owner="b")
    (fight,) = ring.found()
    assert [writer.request.name for writer in fight.writers if writer.request] == ["a", "b"]


def test_two_that_write_fields_of_their_own_do_not_fight():
    ring = Ring()
    for number in range(500):
        ring.write(ONE, left=str(number), right=str(number))
        ring.write(TWO, left=str(number), right=str(number + 1))
    assert ring.found() == []


def writers(number: int) -> list[Writer]:
    return [Writer(f"plugin-{each}", f"1-{each}", f"controller-{each}", A) for each in range(number)]


@pytest.mark.parametrize("number", [2, 3, 4, 7])
def test_all_who_put_their_own_value_back_are_named_and_stay_named(number):
    ring, everybody = Ring(), writers(number)
    for turn in range(3 * RESTORED_TIMES):
        for writer in everybody:
            ring.write(writer, owner=writer.plugin)
            for each in everybody:
                found = ring.found(each.plugin, each.revision)
                assert {fight.path for fight in found} <= {"data.owner"}
                assert found or turn <= RESTORED_TIMES + 5


def test_many_objects_of_one_controller_that_share_a_child_are_one_fight():
    ring = Ring()
    for _ in range(RESTORED_TIMES + 10):
        for number in range(20):
            ring.write(ONE._replace(request=NamespacedName("default", f"o{number}")), owner=str(number))
    (fight,) = ring.found()
    assert fight.path == "data.owner"


def test_other_writes_in_between_hide_no_fight():
    ring = Ring()
    for number in range(4 * RESTORED_TIMES):
        ring.write(ONE, owner="left", beat=str(number - 1), left=str(number))
        ring.write(TWO, owner="left", beat=str(number), left=str(number))
        ring.write(ONE, owner="left", beat=str(number), left=f"{number} again")
        ring.write(TWO, owner="right", beat=str(number), left=f"{number} again")
    assert {fight.path for fight in ring.found()} == {"data.owner"}


NEWER = Target(GroupVersionKind.parse("v2/ConfigMap"), A)


def versioned(ring: Ring, writer: Writer, target: Target, spec: dict[str, Any], kind: str = "") -> None:
    ring.version, ring.now = ring.version + 1, ring.now + 0.01
    metadata = {"name": "a", "resourceVersion": str(ring.version)}
    obj = {"apiVersion": target.kind.api_version, "kind": kind or target.kind.kind, "metadata": metadata, "spec": spec}
    ring.fights.wrote(writer, target, obj, ring.now)


def test_two_that_write_one_object_in_different_versions_are_noticed_by_what_both_versions_have():
    for other, noticed in ((2, True), (1, False)):
        ring = Ring()
        for _ in range(RESTORED_TIMES + 10):
            versioned(ring, ONE, THE_MAP, {"replicas": 1, "old": "form"})
            versioned(ring, TWO, NEWER, {"replicas": other, "new": "form"})
        assert [fight.path for fight in ring.found()] == ["spec.replicas"] * noticed


@pytest.mark.parametrize("first", ["scale", "whole"])
def test_one_that_scales_and_one_that_writes_the_whole_are_noticed(first):
    ring = Ring()
    for _ in range(RESTORED_TIMES + 10):
        if first == "whole":
            versioned(ring, TWO, THE_MAP, {"replicas": 2, "template": "x"})
        versioned(ring, ONE, THE_MAP, {"replicas": 1}, kind="Scale")
        if first == "scale":
            versioned(ring, TWO, THE_MAP, {"replicas": 2, "template": "x"})
    assert [fight.path for fight in ring.found()] == ["spec.replicas"]


def test_one_that_creates_what_the_other_deletes_is_noticed():
    ring = Ring()
    for _ in range(RESTORED_TIMES + 10):
        ring.write(ONE, owner="left")
        ring.fights.deleted(TWO, THE_MAP, ring.now)
    assert [fight.path for fight in ring.found()] == [EXISTENCE]


def test_one_that_makes_its_own_object_anew_again_and_again_fights_nobody():
    ring = Ring()
    for number in range(500):
        ring.write(ONE, owner="left", seen=str(number))
        ring.fights.deleted(ONE, THE_MAP, ring.now)
    ring.write(TWO, owner="left", seen="1")
    assert ring.found() == []


def test_a_hand_over_of_work_that_takes_turns_slowly_is_no_fight():
    ring = Ring()
    for _ in range(100):
        ring.write(ONE, pause=FIGHT_RESTS + 1, state="ready")
        ring.write(TWO, pause=1, state="done")
    assert ring.found() == []


def test_answers_that_changed_nothing_count_for_nothing():
    ring = Ring()
    for _ in range(500):
        ring.write(ONE, owner="left")
        ring.version -= 1
        ring.write(TWO, owner="left")
    assert ring.found() == []


def test_many_objects_are_remembered_and_none_is_forgotten_while_it_is_fought_over():
    ring = Ring()
    for number in range(15_000):
        ring.write(ONE, Target(MAP, NamespacedName("default", f"o{number}")), pause=0.0001, a="1")
    ring.now += FIGHT_RESTS + 1
    for _ in range(RESTORED_TIMES + 10):
        ring.write(ONE, owner="left")
        ring.write(TWO, owner="right")
    assert ring.found()


def test_more_fights_than_are_examined_at_once_are_examined_later():
    ring = Ring()
    for _ in range(2):
        for number in range(150):
            target = Target(MAP, NamespacedName("default", f"o{number}"))
            for _ in range(10):
                ring.write(ONE, target, pause=0.0001, owner="left")
                ring.write(TWO, target, pause=0.0001, owner="right")
        ring.now += FIGHT_RESTS + 1
        assert ring.found() == []
    for _ in range(RESTORED_TIMES + 10):
        ring.write(ONE, owner="left")
        ring.write(TWO, owner="right")
    assert ring.found()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([ONE, TWO]), st.integers(0, 3), st.floats(0, 3)), min_size=1, max_size=200))
def test_no_fight_is_told_of_writers_that_only_add_up(turns):
    """Counters that only grow, whoever counts them and however the turns fall, are put back by nobody."""
    ring = Ring()
    counts = {ONE: 0, TWO: 0}
    for writer, more, pause in turns:
        counts[writer] += more
        ring.write(writer, pause=pause, left=str(counts[ONE]), right=str(counts[TWO]))
        assert ring.found() == []


def test_paths_are_those_that_people_write_and_hold_no_value():
    old = {"metadata": {"annotations": {"example.com/seen": "1"}, "resourceVersion": "1", "managedFields": [1]}}
    new = {"metadata": {"annotations": {"example.com/seen": "2"}, "resourceVersion": "2", "managedFields": [2]}}
    assert changed(digests(old), digests(new)) == ["metadata.annotations[example.com/seen]"]
    spec = {"spec": {"containers": [{"image": "a"}, {"image": "b"}], "empty": {}}}
    other = {"spec": {"containers": [{"image": "a"}, {"image": "secret"}], "empty": []}}
    found = changed(digests(spec), digests(other))
    assert found == ["spec.containers[1].image", "spec.empty"]
    assert "secret" not in str(digests(other))


@pytest.mark.parametrize("depth", [100, 5000])
def test_huge_and_deep_objects_are_looked_at_in_part(depth):
    deep: Any = "x"
    for _ in range(depth):
        deep = [deep]
    wide = {f"k{number}": "v" for number in range(100_000)}
    assert len(digests({"data": wide, "deep": deep})) <= 2_000
    assert isinstance(digests({"deep": deep}), dict)
