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
