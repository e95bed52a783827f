"""The soak finds every doubled run, in whichever order the lines of the replicas are read."""

from itertools import permutations
from pathlib import Path

import pytest

from tests.soak.records import Records

EARLY, LONG, LATE = (10, 20), (15, 50), (60, 70)


def line(begin: int, end: int, outcome: str = "ok") -> str:
    return f"configs-one object-1 ConfigMap 7 1 {outcome} {begin} {end}\n"


def write(folder: Path, instance: str, *lines: str) -> None:
    with (folder / instance).open("a") as file:
        file.writelines(lines)


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return Records(tmp_path)


@pytest.mark.parametrize("order", list(permutations([EARLY, LONG, LATE])))
def test_overlap_is_found_whatever_the_order_of_lines(
    records: Records, tmp_path: Path, order: tuple[tuple[int, int], ...]
) -> None:
    for span in order:
        write(tmp_path, "replica-1", line(*span))
        records.poll()
    assert len(records.doubled) == 1
    assert "10" in records.doubled[0]
    assert "50" in records.doubled[0]


def test_overlap_with_a_run_long_before_the_latest_is_found(records: Records, tmp_path: Path) -> None:
    write(tmp_path, "replica-1", line(0, 1000), *(line(at, at + 5) for at in range(1000, 3000, 10)))
    records.poll()
    assert records.doubled == []
    write(tmp_path, "replica-1", line(990, 999))
    records.poll()
    assert len(records.doubled) == 1


def test_runs_one_after_the_other_are_none_twice(records: Records, tmp_path: Path) -> None:
    write(tmp_path, "replica-1", line(20, 30), line(10, 20), line(30, 40))
    records.poll()
    assert records.doubled == []
    assert records.count == 3


def test_failed_run_counts_for_overlaps_but_not_as_the_last(records: Records, tmp_path: Path) -> None:
    write(tmp_path, "replica-1", line(10, 20), line(15, 30, "failed"))
    records.poll()
    assert len(records.doubled) == 1
    assert records.last["configs-one", "object-1"].begin == 10
    assert records.failed == 1


def test_run_of_a_stopped_leader_may_overlap_with_the_next_leaders(records: Records, tmp_path: Path) -> None:
    write(tmp_path, "replica-2", line(40, 50))
    records.poll()
    records.paused.append(("replica-1", 15, 100))
    write(tmp_path, "replica-1", line(10, 101))
    records.poll()
    assert records.doubled == []


def test_stopped_process_may_not_overlap_with_itself(records: Records, tmp_path: Path) -> None:
    records.paused.append(("replica-1", 15, 100))
    write(tmp_path, "replica-1", line(10, 101), line(12, 102))
    records.poll()
    assert len(records.doubled) == 1


def test_leader_that_begins_again_after_the_next_one_is_found(records: Records, tmp_path: Path) -> None:
    records.paused.append(("replica-1", 15, 100))
    write(tmp_path, "replica-1", line(10, 14), line(101, 102))
    write(tmp_path, "replica-2", line(40, 50))
    records.poll()
    assert len(records.doubled) == 1


def sharded(begin: int, end: int, uid: str, step: str = "7") -> str:
    step = "gone" if uid == "-" else step
    return f"configs-one object-1 ConfigMap {step} 1 ok {begin} {end} {uid}\n"


def test_two_workers_of_a_replica_may_work_on_two_objects_of_one_name(records: Records, tmp_path: Path) -> None:
    write(tmp_path, "replica-1.100", sharded(10, 20, "a"), sharded(30, 40, "-"))
    write(tmp_path, "replica-1.101", sharded(15, 35, "b"))
    records.poll()
    assert records.doubled == []


def test_two_workers_of_a_replica_may_not_work_on_one_object(records: Records, tmp_path: Path) -> None:
    write(tmp_path, "replica-1.100", sharded(10, 20, "a"))
    write(tmp_path, "replica-1.101", sharded(15, 35, "a"))
    records.poll()
    assert len(records.doubled) == 1


@pytest.mark.parametrize("uid", ["a", "b", "-"])
def test_a_worker_may_not_work_on_a_name_twice(records: Records, tmp_path: Path, uid: str) -> None:
    write(tmp_path, "replica-1.100", sharded(10, 20, "a"), sharded(15, 35, uid))
    records.poll()
    assert len(records.doubled) == 1


def test_two_replicas_with_workers_may_not_take_turns(records: Records, tmp_path: Path) -> None:
    write(tmp_path, "replica-1.100", sharded(10, 14, "a"))
    write(tmp_path, "replica-2.200", sharded(40, 50, "a"))
    write(tmp_path, "replica-1.101", sharded(101, 102, "a"))
    records.poll()
    assert len(records.doubled) == 1


def test_a_worker_that_is_late_with_an_earlier_object_hides_no_newer_one(records: Records, tmp_path: Path) -> None:
    write(tmp_path, "replica-1.101", sharded(10, 20, "b"))
    write(tmp_path, "replica-1.100", sharded(15, 25, "a", "6"), sharded(30, 40, "-"))
    records.poll()
    latest = records.latest("configs-one", "object-1", "7")
    assert latest is not None
    assert (latest.uid, records.last["configs-one", "object-1"].step) == ("b", "gone")


def test_a_stale_read_of_the_same_object_is_no_run_of_its_step(records: Records, tmp_path: Path) -> None:
    write(tmp_path, "replica-1.101", sharded(10, 20, "b"), sharded(30, 40, "b", "6"))
    records.poll()
    latest = records.latest("configs-one", "object-1", "7")
    assert latest is not None
    assert latest.step == "6"


def test_replicas_that_share_objects_may_begin_in_turns_but_never_on_one_object(tmp_path: Path) -> None:
    records = Records(tmp_path, is_shared=True)

    def run(begin: int, end: int, outcome: str = "ok") -> str:
        return f"secrets-one object-1 Secret 7 1 {outcome} {begin} {end} uid-1\n"

    write(tmp_path, "replica-1.1", run(10, 20), run(50, 60), run(70, 95, "failed"))
    write(tmp_path, "replica-2.1", run(30, 40), run(80, 90))
    records.poll()
    assert records.doubled == []
    write(tmp_path, "replica-2.1", run(55, 58))
    records.poll()
    assert len(records.doubled) == 1


def test_of_replicas_that_share_objects_one_runs_what_is_not_sharded(tmp_path: Path) -> None:
    records = Records(tmp_path, is_shared=True)
    write(tmp_path, "replica-1.1", line(10, 20), line(50, 60))
    write(tmp_path, "replica-2.1", line(30, 40))
    records.poll()
    assert len(records.doubled) == 1
