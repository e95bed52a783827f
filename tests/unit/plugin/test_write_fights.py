"""Controllers that undo each other's writes are noticed and named; ordinary ones never are."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin_operator.kube import GroupVersionKind, NamespacedName
from plugin_operator.plugin.writes.expectations import Target
from plugin_operator.plugin.writes.write_fights import (
    EXISTENCE,
    OVERWRITTEN_TIMES,
    QUICK_SECONDS,
    RESTORED_TIMES,
    Fight,
    FightDetector,
    Writer,
)
from plugin_operator.plugin.writes.write_fights import REST_SECONDS as FIGHT_RESTS

MAP, POD = GroupVersionKind.parse("v1/ConfigMap"), GroupVersionKind.parse("v1/Pod")
A = NamespacedName("default", "a")

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

    def found(self, plugin: str = "one", revision: str = "1-a") -> list[Fight]:
        return self.fights.of(plugin, revision, self.now)


def test_two_that_put_their_own_value_back_are_both_named_with_the_field() -> None:
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


def test_two_that_overwrite_each_other_with_ever_new_values_are_noticed_if_it_is_quick() -> None:
    for pause, noticed in ((QUICK_SECONDS / 2, True), (QUICK_SECONDS + 1, False)):
        ring = Ring()
        for number in range(OVERWRITTEN_TIMES + 10):
            ring.write(ONE, pause=pause, stamp=f"left {number}")
            ring.write(TWO, pause=pause, stamp=f"right {number}")
        assert bool(ring.found()) is noticed


def test_two_objects_of_one_controller_that_share_a_child_are_noticed() -> None:
    ring = Ring()
    for _ in range(RESTORED_TIMES + 10):
        ring.write(ONE, owner="a")
        ring.write(ONE._replace(request=NamespacedName("default", "b")), owner="b")
    (fight,) = ring.found()
    assert [writer.request.name for writer in fight.writers if writer.request] == ["a", "b"]


def test_two_that_write_fields_of_their_own_do_not_fight() -> None:
    ring = Ring()
    for number in range(500):
        ring.write(ONE, left=str(number), right=str(number))
        ring.write(TWO, left=str(number), right=str(number + 1))
    assert ring.found() == []


def writers(number: int) -> list[Writer]:
    return [Writer(f"plugin-{each}", f"1-{each}", f"controller-{each}", A) for each in range(number)]


@pytest.mark.parametrize("number", [2, 3, 4, 7])
def test_all_who_put_their_own_value_back_are_named_and_stay_named(number: int) -> None:
    ring, everybody = Ring(), writers(number)
    for turn in range(3 * RESTORED_TIMES):
        for writer in everybody:
            ring.write(writer, owner=writer.plugin)
            for each in everybody:
                found = ring.found(each.plugin, each.revision)
                assert {fight.path for fight in found} <= {"data.owner"}
                assert found or turn <= RESTORED_TIMES + 5


def test_many_objects_of_one_controller_that_share_a_child_are_one_fight() -> None:
    ring = Ring()
    for _ in range(RESTORED_TIMES + 10):
        for number in range(20):
            ring.write(ONE._replace(request=NamespacedName("default", f"o{number}")), owner=str(number))
    (fight,) = ring.found()
    assert fight.path == "data.owner"


def test_other_writes_in_between_hide_no_fight() -> None:
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


def test_two_that_write_one_object_in_different_versions_are_noticed_by_what_both_versions_have() -> None:
    for other, noticed in ((2, True), (1, False)):
        ring = Ring()
        for _ in range(RESTORED_TIMES + 10):
            versioned(ring, ONE, THE_MAP, {"replicas": 1, "old": "form"})
            versioned(ring, TWO, NEWER, {"replicas": other, "new": "form"})
        assert [fight.path for fight in ring.found()] == ["spec.replicas"] * noticed


@pytest.mark.parametrize("first", ["scale", "whole"])
def test_one_that_scales_and_one_that_writes_the_whole_are_noticed(first: str) -> None:
    ring = Ring()
    for _ in range(RESTORED_TIMES + 10):
        if first == "whole":
            versioned(ring, TWO, THE_MAP, {"replicas": 2, "template": "x"})
        versioned(ring, ONE, THE_MAP, {"replicas": 1}, kind="Scale")
        if first == "scale":
            versioned(ring, TWO, THE_MAP, {"replicas": 2, "template": "x"})
    assert [fight.path for fight in ring.found()] == ["spec.replicas"]


def test_one_that_creates_what_the_other_deletes_is_noticed() -> None:
    ring = Ring()
    for _ in range(RESTORED_TIMES + 10):
        ring.write(ONE, owner="left")
        ring.fights.deleted(TWO, THE_MAP, ring.now)
    assert [fight.path for fight in ring.found()] == [EXISTENCE]


def test_one_that_makes_its_own_object_anew_again_and_again_fights_nobody() -> None:
    ring = Ring()
    for number in range(500):
        ring.write(ONE, owner="left", seen=str(number))
        ring.fights.deleted(ONE, THE_MAP, ring.now)
    ring.write(TWO, owner="left", seen="1")
    assert ring.found() == []


def test_a_hand_over_of_work_that_takes_turns_slowly_is_no_fight() -> None:
    ring = Ring()
    for _ in range(100):
        ring.write(ONE, pause=FIGHT_RESTS + 1, state="ready")
        ring.write(TWO, pause=1, state="done")
    assert ring.found() == []


def test_answers_that_changed_nothing_count_for_nothing() -> None:
    ring = Ring()
    for _ in range(500):
        ring.write(ONE, owner="left")
        ring.version -= 1
        ring.write(TWO, owner="left")
    assert ring.found() == []


def test_many_objects_are_remembered_and_none_is_forgotten_while_it_is_fought_over() -> None:
    ring = Ring()
    for number in range(15_000):
        ring.write(ONE, Target(MAP, NamespacedName("default", f"o{number}")), pause=0.0001, a="1")
    ring.now += FIGHT_RESTS + 1
    for _ in range(RESTORED_TIMES + 10):
        ring.write(ONE, owner="left")
        ring.write(TWO, owner="right")
    assert ring.found()


def test_more_fights_than_are_examined_at_once_are_examined_later() -> None:
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
def test_no_fight_is_told_of_writers_that_only_add_up(turns: list[tuple[Writer, int, float]]) -> None:
    """Counters that only grow, whoever counts them and however the turns fall, are put back by nobody."""
    ring = Ring()
    counts = {ONE: 0, TWO: 0}
    for writer, more, pause in turns:
        counts[writer] += more
        ring.write(writer, pause=pause, left=str(counts[ONE]), right=str(counts[TWO]))
        assert ring.found() == []
