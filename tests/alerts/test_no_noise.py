"""What is no fault, or one fault many times, makes no noise: made of one real scrape, line by line."""

import re
from pathlib import Path

import pytest

from tests.alerts import promtool
from tests.alerts.promtool import Question, firing_at
from tests.alerts.running_operator import RunningOperator
from tests.alerts.scrapes import Target
from tests.alerts.timeline import Timeline

pytestmark = pytest.mark.embedded_only("the rules are the same on every server")

A, B = Target("plugin-operator-a"), Target("plugin-operator-b")
OTHER = Target("operator-x", namespace="other", job="metrics")
STATE = 'plugin_operator_plugin_state{plugin="healthy",state="Active"} 1.0\n'
STANDBY = 'leader_election_master_status{name="plugin-operator-leader-election"} 0.0\n'
NOTHING_FIRED = 'count_over_time(ALERTS{alertstate="firing"}[5h])'


@pytest.fixture
async def scrape(operator: RunningOperator) -> str:
    """A scrape with one plugin."""
    text = operator.scrape()
    assert STATE in text
    return text


def in_state(scrape: str, state: str, *plugins: str) -> str:
    return scrape.replace(STATE, "".join(STATE.replace("Active", state).replace("healthy", each) for each in plugins))


def with_queue(scrape: str, depth: int, *more: str) -> str:
    found, count = re.subn(r'(workqueue_depth\{.*?controller="healthy".*?\}) .*', rf"\1 {depth}", scrape)
    if not count:
        found += f'workqueue_depth{{name="healthy",controller="healthy",priority="0"}} {depth}\n'
    return found + "".join(more)


def holds(folder: Path, timeline: Timeline, *questions: Question) -> None:
    faults = promtool.ask(folder, timeline.input_series(), questions)
    assert faults == "", faults


def rejected(plugin: str, **target: str) -> dict[str, str]:
    return {
        "alertname": "PluginRejected", "severity": "warning", "plugin": plugin,
        "namespace": A.namespace, "job": A.job, **target,
    }  # fmt: skip


def test_one_scrape_of_a_rejected_plugin_fires_nothing(scrape: str, timeline: Timeline, tmp_path: Path) -> None:
    for _ in range(4):
        timeline.hold(10, {A: scrape})
        timeline.step({A: in_state(scrape, "Rejected", "healthy")})
    timeline.hold(10, {A: scrape})
    holds(tmp_path, timeline, Question(timeline.minutes, NOTHING_FIRED))


def test_a_plugin_that_is_rejected_again_and_again_fires_in_time(
    scrape: str, timeline: Timeline, tmp_path: Path
) -> None:
    for _ in range(5):
        timeline.hold(1.5, {A: in_state(scrape, "Rejected", "healthy")})
        timeline.step({A: in_state(scrape, "Validating", "healthy")})
    holds(tmp_path, timeline, firing_at(4.5), firing_at(5.5, rejected("healthy")))


def test_a_rollout_does_not_begin_an_alert_again(scrape: str, timeline: Timeline, tmp_path: Path) -> None:
    bad = in_state(scrape, "Rejected", "healthy")
    for number in range(6):
        timeline.hold(2, {Target(f"pod-{number}"): bad})
        timeline.step({})
    holds(
        tmp_path, timeline, Question(12, 'count_over_time(ALERTS{alertstate="pending"}[12m]) > 11'),
        firing_at(5.5, rejected("healthy")), firing_at(12, rejected("healthy")),
    )  # fmt: skip


def test_200_rejected_plugins_on_two_replicas_are_200_alerts(scrape: str, timeline: Timeline, tmp_path: Path) -> None:
    names = [f"plugin-{number}" for number in range(200)]
    timeline.hold(10, {A: in_state(scrape, "Rejected", *names), B: in_state(scrape, "Rejected", *names)})
    holds(tmp_path, timeline, firing_at(9, *(rejected(name) for name in names)))


def test_200_plugins_that_start_slowly_fire_nothing(scrape: str, timeline: Timeline, tmp_path: Path) -> None:
    names = [f"plugin-{number}" for number in range(200)]
    for state in ("Discovered", "Validating", "Warming"):
        timeline.hold(8, {A: in_state(scrape, state, *names)})
    timeline.hold(10, {A: in_state(scrape, "Active", *names)})
    holds(tmp_path, timeline, Question(timeline.minutes, NOTHING_FIRED))


def test_the_full_queue_of_a_standby_fires_nothing(scrape: str, timeline: Timeline, tmp_path: Path) -> None:
    leader = STANDBY.replace("0.0", "1.0")
    timeline.hold(60, {A: with_queue(scrape, 0, leader), B: with_queue(scrape, 5000, STANDBY)})
    holds(tmp_path, timeline, Question(timeline.minutes, NOTHING_FIRED))


def test_a_backlog_that_shrinks_fires_nothing(scrape: str, timeline: Timeline, tmp_path: Path) -> None:
    done = 'workqueue_work_duration_seconds_count{name="healthy",controller="healthy"}'
    timeline.hold(20, {A: with_queue(scrape, 0, f"{done} 0\n")})
    for step in range(150):
        timeline.step({A: with_queue(scrape, 5000 - 33 * step, f"{done} {33 * step}\n")})
    holds(tmp_path, timeline, Question(timeline.minutes, NOTHING_FIRED))


def test_three_minutes_of_stalls_fire_nothing(scrape: str, timeline: Timeline, tmp_path: Path) -> None:
    late = re.findall(r'plugin_operator_loop_stall_seconds_(?:bucket\{le="\+Inf"\}|count) \S+', scrape)
    assert len(late) == 2
    worse = scrape
    for line in late:
        worse = worse.replace(line, f"{line.split()[0]} {float(line.split()[1]) + 20}")
    timeline.hold(20, {A: scrape})
    timeline.hold(3, {A: worse}, since={A: scrape})
    timeline.hold(20, {A: worse})
    holds(tmp_path, timeline, Question(timeline.minutes, NOTHING_FIRED))


@pytest.mark.parametrize("leads", [0, 1])
def test_other_operators_of_the_cluster_fire_nothing(timeline: Timeline, tmp_path: Path, leads: int) -> None:
    theirs = (
        f'leader_election_master_status{{name="x"}} {leads}\nworkqueue_depth{{name="q",controller="q"}} 900\n'
        'workqueue_work_duration_seconds_count{name="q",controller="q"} 5\n'
    )
    timeline.hold(120, {OTHER: theirs})
    holds(tmp_path, timeline, Question(timeline.minutes, NOTHING_FIRED))


def test_a_cluster_without_the_operator_fires_nothing(timeline: Timeline, tmp_path: Path) -> None:
    timeline.hold(60, {OTHER: "python_info 1\n"})
    holds(tmp_path, timeline, Question(60, NOTHING_FIRED))


def test_of_two_deployments_the_one_without_a_leader_fires(scrape: str, timeline: Timeline, tmp_path: Path) -> None:
    timeline.hold(20, {A: scrape + STANDBY.replace("0.0", "1.0"), OTHER: scrape + STANDBY})
    alert = {"alertname": "NoLeader", "severity": "critical", "namespace": "other", "job": "metrics"}
    holds(tmp_path, timeline, firing_at(4.5), firing_at(15, alert))


def test_an_operator_that_was_removed_is_forgotten_after_hours(scrape: str, timeline: Timeline, tmp_path: Path) -> None:
    timeline.hold(20, {A: scrape})
    timeline.hold(400, {OTHER: "python_info 1\n"})
    alert = {"alertname": "NoLeader", "severity": "critical", "namespace": A.namespace, "job": A.job}
    holds(tmp_path, timeline, firing_at(60, alert), firing_at(370, alert), firing_at(390))


def test_a_label_cluster_of_the_scrape_stays_in_the_alert(scrape: str, timeline: Timeline, tmp_path: Path) -> None:
    timeline.hold(10, {A: in_state(scrape, "Rejected", "healthy")})
    series = [{**each, "series": each["series"].replace("}", ',cluster="east"}')} for each in timeline.input_series()]
    assert promtool.ask(tmp_path, series, [firing_at(9, rejected("healthy", cluster="east"))]) == ""
