"""An hour without a fault fires nothing, although all kinds of events happen in it; ``record.py`` recorded it."""

import json
import re
from pathlib import Path

import pytest

from tests.alerts import promtool
from tests.alerts.promtool import Question
from tests.alerts.record import HOURS, STEPS, names_read
from tests.alerts.timeline import STEP_SECONDS

END = STEPS * STEP_SECONDS / 60

RECORDINGS = {path.stem: json.loads(path.read_text()) for path in HOURS}
SERIES = {
    hour: [dict(zip(("series", "values"), line.split("\t"), strict=True)) for line in recording["series"]]
    for hour, recording in RECORDINGS.items()
}
each_hour = pytest.mark.parametrize("hour", RECORDINGS)


@each_hour
def test_nothing_fires(tmp_path: Path, hour: str) -> None:
    fired = Question(END, 'count_over_time(ALERTS{alertstate="firing"}[3h])')

    assert promtool.ask(tmp_path, SERIES[hour], [fired]) == ""


@each_hour
def test_the_recording_has_what_the_rules_read(hour: str) -> None:
    """Run ``python -m tests.alerts.record`` after a change of the rules or of a metric that they read."""
    assert RECORDINGS[hour]["read"] == sorted(names_read())


def values(pattern: str, hour: str = "healthy_hour") -> dict[str, str]:
    return {each["series"]: each["values"] for each in SERIES[hour] if re.search(pattern, each["series"])}


@pytest.mark.parametrize(
    ("event", "series", "value"),
    [
        ("a plugin is rejected and mended", r'plugin_state\{.*plugin="broken",.*state="Rejected"', r"^_x2\d 1.* stale"),
        ("a plugin waits for its CRD", r'plugin_state\{.*plugin="widget",.*state="Waiting"', r"^_x3\d 1.* stale"),
        ("a plugin is deleted", r'plugin_state\{.*plugin="two",.*state="Active"', r" stale"),
        ("a queue has waiting objects", r"^workqueue_depth\{", r"[1-9]"),
        ("a standby becomes the leader", r"^leader_election_master_status\{", r"^\S* ?0.* 1"),
        ("a pod ends", r"^plugin_operator_build_info\{", r" stale"),
        ("a pod starts in the middle of the hour", r"^plugin_operator_build_info\{", r"^_x[6-9]\d 1"),
    ],
)
def test_the_hour_has_events_that_are_no_faults(event: str, series: str, value: str) -> None:
    assert any(re.search(value, each) for each in values(series).values()), event


def test_at_some_time_no_replica_led() -> None:
    """The hour is one in which NoLeader would fire without its time."""
    leads = [expanded(each) for each in values(r"^leader_election_master_status\{").values()]

    assert any(not any(step == "1" for step in steps) for steps in zip(*leads, strict=False))


def test_shards_move_and_have_no_owner_at_times() -> None:
    """The hour is one in which ShardUnowned and ShardMovesOften would fire without their times."""
    unowned = values("^plugin_operator_shards_unowned", "sharded_hour").values()
    moves = values("^plugin_operator_shard_moves_total", "sharded_hour").values()

    assert any(value not in {"_", "stale", "0"} for each in unowned for value in expanded(each))
    assert any(float(each) > 200 for notation in moves for each in expanded(notation) if each[0].isdecimal())


def expanded(notation: str) -> list[str]:
    steps: list[str] = []
    for word in notation.split():
        missing = re.fullmatch(r"_x(\d+)", word)
        run = re.fullmatch(r"(.+)\+0x(\d+)", word)
        steps += ["_"] * int(missing[1]) if missing else [run[1]] * (int(run[2]) + 1) if run else [word]
    return steps
