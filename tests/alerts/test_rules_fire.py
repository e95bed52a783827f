"""Each alert fires for the fault that it is about, not before its time, alone, and ends with the fault.

The operator is driven into the fault; its scrapes are laid out over virtual minutes, over which promtool evaluates the
rules of the manifest.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from plugin_operator.app.plugin_skew import REPLICAS_DIFFERING, PluginSkewMonitor
from plugin_operator.app.workers.merged_answers import WORKER_RESTARTS
from plugin_operator.cache import InformerFactory, State
from plugin_operator.client import RESTMapper
from plugin_operator.controllers.sources import late_maps
from plugin_operator.errors import ApiConnectionError
from plugin_operator.leaderelection import LeaderElector
from plugin_operator.metrics import Metrics
from plugin_operator.sharding import Shard, ShardMap
from plugin_operator.sharding.map_metrics import MapFigures, MapMetrics
from plugin_operator.testing.eventually import eventually
from plugin_operator.testing.virtual_clock import VirtualClock
from tests.alerts import promtool, rules
from tests.alerts.conftest import StartOperator
from tests.alerts.promtool import Question, firing_at
from tests.alerts.running_operator import RunningOperator
from tests.alerts.scrapes import Target, samples_of, scrape_of
from tests.alerts.timeline import STEP_SECONDS, Text, Timeline
from tests.unit.app.test_plugin_skew import Lease, Replica
from tests.unit.cache.script import KEY, Script, bookmark, event
from tests.widgets import definition

pytestmark = pytest.mark.embedded_only("the rules are the same on every server")

POD = Target("plugin-operator-a")
STANDBY = Target("plugin-operator-b")
ALERTS = {alert.name: alert for alert in rules.alerts()}
JOB = {"namespace": POD.namespace, "job": POD.job}
STEP = STEP_SECONDS / 60


@dataclass(slots=True)
class Story:
    """Before, during and after a fault, as Prometheus sees it.

    Attributes:
        alert: the alert that must fire.
        labels: its labels beside those of the deployment.
        healthy, faulty, mended: the scrape of each replica.
        since: scrapes before ``faulty``, if counters rise during the fault.
        rise_minutes: how long it takes until the expression holds, because of its windows.
        fall_minutes: how long it may hold after the fault.
    """

    alert: str
    labels: dict[str, str]
    healthy: Text
    faulty: Text
    mended: Text
    since: Text | None = None
    rise_minutes: float = 0
    fall_minutes: float = 6

    def lay_out(self, timeline: Timeline) -> tuple[list[Question], float]:
        """Lay the story out; return what must hold at which minute, and the last minute of the fault."""
        alert = ALERTS[self.alert]
        timeline.hold(15, self.healthy)
        began = timeline.hold(alert.for_minutes + self.rise_minutes + 5, self.faulty, self.since)
        ended = timeline.hold(self.fall_minutes + 10, self.mended)
        labels = {"alertname": alert.name, "severity": alert.severity, **JOB, **self.labels}
        others = f'alertname!="{alert.name}"'
        questions = [
            firing_at(began - STEP),
            firing_at(began - STEP, state="pending"),
            Question(began + alert.for_minutes - STEP, f'ALERTS{{alertname="{alert.name}",alertstate="firing"}}'),
            Question(
                ended - STEP,
                f'ALERTS{{alertname="{alert.name}"}}',
                ({"__name__": "ALERTS", "alertstate": "firing", **labels},),
            ),
            Question(ended + self.fall_minutes, f'ALERTS{{alertname="{alert.name}"}}'),
            Question(timeline.minutes, f'count_over_time(ALERTS{{alertstate="firing",{others}}}[3h])'),
        ]
        return questions, ended - STEP

    def words(self) -> set[str]:
        """Return what the description must name."""
        return {f"{POD.namespace}/{POD.job}", *(value for label, value in self.labels.items() if label != "instance")}


async def must_hold(story: Story, timeline: Timeline, folder: Path) -> None:
    """Ask promtool in a thread, because an operator whose event loop stands still loses its Lease."""
    questions, last = story.lay_out(timeline)
    faults = await asyncio.to_thread(promtool.ask, folder, timeline.input_series(), questions)
    assert faults == "", faults
    text = await asyncio.to_thread(promtool.text_of, folder, timeline.input_series(), story.alert, last)
    description = text.partition('description="')[2].partition('", runbook_url=')[0]
    assert [word for word in story.words() if word not in description] == [], description
    assert not re.search(r"<no value>|<error|\{\{", description), description


def plugin(
    name: str, body: str = "pass", *, options: str = "", way: str = "async def", kind: str = "v1/ConfigMap"
) -> str:
    return (
        "import asyncio, os, time\nfrom plugin_operator import controller, Result\n"
        f"@controller(for_={kind!r}, name={name!r}{options})\n{way} {name}(ctx, request):\n    {body}\n"
    )


async def test_plugin_rejected(operator: RunningOperator, timeline: Timeline, tmp_path: Path) -> None:
    healthy = operator.scrape()
    operator.write("healthy", "def (")
    await operator.state("healthy", "Rejected")
    faulty = operator.scrape()
    operator.write("healthy", plugin("healthy"))
    await operator.state("healthy", "Active")
    story = Story("PluginRejected", {"plugin": "healthy"}, {POD: healthy}, {POD: faulty}, {POD: operator.scrape()})
    await must_hold(story, timeline, tmp_path)


async def test_plugin_rejected_ends_with_the_plugin(
    operator: RunningOperator, timeline: Timeline, tmp_path: Path
) -> None:
    healthy = operator.scrape()
    operator.write("broken", "def (")
    await operator.state("broken", "Rejected")
    faulty = operator.scrape()
    operator.remove("broken")
    await operator.shows("plugin_operator_plugin_state", plugin="healthy", state="Active")
    mended = await gone(operator, 'plugin="broken"')
    story = Story("PluginRejected", {"plugin": "broken"}, {POD: healthy}, {POD: faulty}, {POD: mended})
    await must_hold(story, timeline, tmp_path)


async def gone(operator: RunningOperator, words: str) -> str:
    """Return the first scrape that does not have ``words``."""
    return await eventually(lambda: text if words not in (text := operator.scrape()) else None)


async def test_plugin_quarantined(operator: RunningOperator, timeline: Timeline, tmp_path: Path) -> None:
    await operator.create(*"abcdef")
    operator.write("one", plugin("one"))
    await operator.state("one", "Active")
    healthy = operator.scrape()
    operator.write("one", plugin("one", "raise ValueError('bad edit')"))
    await operator.state("one", "Quarantined")
    faulty = operator.scrape()
    operator.write("one", plugin("one", "return None"))
    await operator.state("one", "Active")
    story = Story("PluginQuarantined", {"plugin": "one"}, {POD: healthy}, {POD: faulty}, {POD: operator.scrape()})
    await must_hold(story, timeline, tmp_path)


CRD = definition()


async def test_plugin_waiting(operator: RunningOperator, timeline: Timeline, tmp_path: Path) -> None:
    healthy = operator.scrape()
    operator.write("widget", plugin("widget", kind="example.org/v1/Widget"))
    await operator.state("widget", "Waiting")
    faulty = operator.scrape()
    await operator.app.client.create(CRD)
    await operator.state("widget", "Active")
    story = Story("PluginWaiting", {"plugin": "widget"}, {POD: healthy}, {POD: faulty}, {POD: operator.scrape()})
    await must_hold(story, timeline, tmp_path)


async def test_plugin_held(operator: RunningOperator, timeline: Timeline, tmp_path: Path) -> None:
    text = f"async def clean(ctx, obj): ...\n{plugin('one', options=', cleanup=clean')}"
    healthy = operator.scrape()
    operator.write("one", text)
    await operator.create("a")

    async def has_finalizer() -> bool:
        return "finalizers" in (await operator.app.client.get("v1/ConfigMap", "a", "default"))["metadata"]

    await eventually(has_finalizer)
    operator.remove("one")
    await operator.state("one", "Held")
    faulty = operator.scrape()
    operator.write("one", text)
    await operator.state("one", "Active")
    story = Story("PluginHeld", {"plugin": "one"}, {POD: healthy}, {POD: faulty}, {POD: operator.scrape()})
    await must_hold(story, timeline, tmp_path)


async def test_plugin_stuck_after_a_reload(operator: RunningOperator, timeline: Timeline, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    body = (
        f"while not os.path.exists({str(gate)!r}):\n"
        "        try: await asyncio.sleep(0.02)\n"
        "        except asyncio.CancelledError: pass"
    )
    healthy = operator.scrape()
    operator.write("one", plugin("one", body))
    await operator.state("one", "Active")
    await operator.create("a")
    await operator.shows("controller_runtime_active_workers", controller="one")
    operator.write("one", plugin("one"))
    await operator.state("one", "Stuck")
    faulty = operator.scrape()
    gate.touch()
    await operator.state("one", "Active")
    story = Story("PluginStuck", {"plugin": "one"}, {POD: healthy}, {POD: faulty}, {POD: operator.scrape()})
    await must_hold(story, timeline, tmp_path)


async def test_plugin_stuck_in_a_thread(operator: RunningOperator, timeline: Timeline, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    healthy = operator.scrape()
    body = f"while not os.path.exists({str(gate)!r}): time.sleep(0.02)"
    operator.write("one", plugin("one", body, way="def", options=", reconcile_timeout_seconds=0.1"))
    await operator.create("a")
    faulty = await operator.shows("plugin_operator_plugin_misbehaving", plugin="one", how="hangs")
    gate.touch()
    mended = await gone(operator, 'how="hangs"')
    story = Story("PluginStuck", {"plugin": "one"}, {POD: healthy}, {POD: faulty}, {POD: mended})
    await must_hold(story, timeline, tmp_path)


SLOW_MAP = """
import asyncio, os
from plugin_operator import controller, watch

async def slow(ctx, obj):
    while not os.path.exists("GATE"):
        try: await asyncio.sleep(0.02)
        except asyncio.CancelledError: pass
    return []

@controller(for_="v1/ConfigMap", name="one", watches=[watch("v1/Secret", map=slow)])
async def one(ctx, request):
    pass
"""


async def test_plugin_stuck_in_a_map_function(
    operator: RunningOperator, timeline: Timeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late_maps, "DEADLINE_SECONDS", 0.2)
    monkeypatch.setattr(late_maps, "GRACE_SECONDS", 0.1)
    healthy = operator.scrape()
    gate = tmp_path / "gate"
    await operator.app.client.create({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "one"}})
    operator.write("one", SLOW_MAP.replace("GATE", str(gate)))
    faulty = await operator.shows("plugin_operator_stuck_maps", controller="one")
    gate.touch()
    mended = await operator.shows("plugin_operator_stuck_maps", lambda value: not value, controller="one")
    story = Story("PluginStuck", {"controller": "one"}, {POD: healthy}, {POD: faulty}, {POD: mended})
    await must_hold(story, timeline, tmp_path)


async def test_plugin_failing(operator: RunningOperator, timeline: Timeline, tmp_path: Path) -> None:
    healthy = operator.scrape()
    await operator.create(*"abc")
    operator.write("one", plugin("one", "raise ValueError('no good')"))
    faulty = await operator.shows("plugin_operator_plugin_misbehaving", plugin="one", how="fails")
    operator.write("one", plugin("one"))
    mended = await gone(operator, 'how="fails"')
    story = Story("PluginFailing", {"plugin": "one"}, {POD: healthy}, {POD: faulty}, {POD: mended})
    await must_hold(story, timeline, tmp_path)


async def test_plugins_directory_problem(operator: RunningOperator, timeline: Timeline, tmp_path: Path) -> None:
    healthy = operator.scrape()
    away = operator.folder.rename(tmp_path / "away")
    faulty = await operator.shows("plugin_operator_plugins_directory_problem", problem="missing")
    away.rename(operator.folder)
    mended = await gone(operator, 'problem="missing"')
    story = Story("PluginsDirectoryProblem", {"problem": "missing"}, {POD: healthy}, {POD: faulty}, {POD: mended})
    await must_hold(story, timeline, tmp_path)


async def test_event_loop_stalled(operator: RunningOperator, timeline: Timeline, tmp_path: Path) -> None:
    healthy = operator.scrape()
    await operator.create("a")
    operator.write("one", plugin("one", "time.sleep(1.6); return Result(requeue_after=0.05)"))
    late = "plugin_operator_loop_stall_seconds_bucket"
    before = await operator.shows(late, lambda value: value >= 1, le="4.096")
    at_least = stalls(before) + 1
    after = await operator.shows(
        "plugin_operator_loop_stall_seconds_sum", lambda _: stalls(operator.scrape()) >= at_least
    )
    operator.write("one", plugin("one"))
    await gone(operator, 'how="blocks"')
    story = Story(
        "EventLoopStalled", {"pod": POD.pod, "instance": POD.labels["instance"]},
        {POD: healthy}, {POD: after}, {POD: operator.scrape()}, since={POD: before}, rise_minutes=3,
    )  # fmt: skip
    await must_hold(story, timeline, tmp_path)


def stalls(text: str) -> float:
    found = {name + labels.get("le", ""): value for name, labels, value in samples_of(text)}
    base = "plugin_operator_loop_stall_seconds_"
    return found[base + "count"] - found[base + "bucket1.024"]


async def test_queue_growing(operator: RunningOperator, timeline: Timeline, tmp_path: Path) -> None:
    healthy = operator.scrape()
    gate = tmp_path / "gate"
    await operator.create(*"abcdef")
    operator.write("one", plugin("one", f"while not os.path.exists({str(gate)!r}): await asyncio.sleep(0.02)"))
    faulty = await operator.shows("workqueue_depth", lambda value: value >= 5, controller="one")
    gate.touch()
    mended = await operator.shows("workqueue_work_duration_seconds_count", lambda value: value >= 6, controller="one")
    story = Story(
        "QueueGrowing", {"controller": "one", "pod": POD.pod, "instance": POD.labels["instance"]},
        {POD: healthy}, {POD: faulty}, {POD: mended}, rise_minutes=10,
    )  # fmt: skip
    await must_hold(story, timeline, tmp_path)


async def test_background_task_restarting(operator: RunningOperator, timeline: Timeline, tmp_path: Path) -> None:
    healthy = operator.scrape()
    restarts = "plugin_operator_background_task_restarts_total"
    texts: list[str] = []
    for _ in range(2):
        for task in await eventually(lambda: operator.tasks("plugins/scan")):
            task.cancel()
        texts.append(await operator.shows(restarts, lambda value: value > len(texts), task="scan"))
    before, after = texts
    story = Story(
        "BackgroundTaskRestarting", {"task": "scan"},
        {POD: healthy}, {POD: after}, {POD: after}, since={POD: before}, rise_minutes=1, fall_minutes=11,
    )  # fmt: skip
    await must_hold(story, timeline, tmp_path)


async def test_worker_restarting(operator: RunningOperator, timeline: Timeline, tmp_path: Path) -> None:
    metrics = Metrics()
    restarts = metrics.family(WORKER_RESTARTS)
    restarts.inc("1", by=0)
    texts = []
    for _ in range(2):
        texts.append(operator.scrape() + scrape_of(metrics))
        restarts.inc("1", by=30)
    before, after = texts
    story = Story(
        "WorkerRestarting", {"worker": "1"},
        {POD: before}, {POD: after}, {POD: after}, since={POD: before}, rise_minutes=2, fall_minutes=11,
    )  # fmt: skip
    await must_hold(story, timeline, tmp_path)


def shards_scrape(metrics: Metrics, unowned: int = 0) -> tuple[MapMetrics, Callable[[], str]]:
    """Return what counts the maps of a replica, and its scrape."""
    counts = MapMetrics(metrics, lambda: MapFigures({"": 128}, unowned, 1.0))
    return counts, lambda: scrape_of(metrics)


async def test_shard_unowned(operator: RunningOperator, timeline: Timeline, tmp_path: Path) -> None:
    healthy, faulty = (
        operator.scrape() + shards_scrape(Metrics(), unowned)[1]() for unowned in (0, 129)
    )  # fmt: skip
    story = Story("ShardUnowned", {}, {POD: healthy, STANDBY: healthy}, {POD: healthy, STANDBY: faulty}, {POD: healthy})
    await must_hold(story, timeline, tmp_path)


async def test_shard_moves_often(operator: RunningOperator, timeline: Timeline, tmp_path: Path) -> None:
    counts, shards = shards_scrape(Metrics())
    texts = []
    for owner in "abc":
        counts.note(ShardMap.found("series", 4).changed(dict.fromkeys("0123", Shard(owner, 1)), version=2))
        texts.append(operator.scrape() + shards())
    before, between, after = texts
    story = Story(
        "ShardMovesOften", {},
        {POD: before}, {POD: after}, {POD: after}, since={POD: between}, rise_minutes=5, fall_minutes=11,
    )  # fmt: skip
    await must_hold(story, timeline, tmp_path)


async def test_no_leader_while_the_lease_is_not_released(
    start_operator: StartOperator, timeline: Timeline, tmp_path: Path
) -> None:
    leader = await start_operator(elects=True)
    healthy = await leader.shows("leader_election_master_status")
    standby = await start_operator(elects=True)
    waits = standby.scrape()
    story = Story(
        "NoLeader", {},
        {POD: healthy, STANDBY: waits}, {STANDBY: waits}, {POD: healthy, STANDBY: waits},
    )  # fmt: skip
    await must_hold(story, timeline, tmp_path)


@pytest.mark.parametrize("elects", [True, False])
async def test_no_leader_where_every_replica_has_vanished(
    start_operator: StartOperator, timeline: Timeline, tmp_path: Path, *, elects: bool
) -> None:
    operator = await start_operator(elects=elects)
    healthy = await operator.shows("leader_election_master_status") if elects else operator.scrape()
    await must_hold(Story("NoLeader", {}, {POD: healthy}, {}, {STANDBY: healthy}), timeline, tmp_path)


class Skewed(Replica):
    """A replica whose monitor reports to the metrics of a process."""

    def __init__(self, name: str, lease: Lease, clock: VirtualClock, metrics: Metrics) -> None:
        super().__init__(name, lease, clock)
        self.census = PluginSkewMonitor(
            self, cast("LeaderElector", self.elector), lambda: dict(lease.annotations),
            client=lease, differing=metrics.family(REPLICAS_DIFFERING), clock=clock,
        )  # fmt: skip


async def test_replicas_differ(timeline: Timeline, tmp_path: Path) -> None:
    clock, lease, metrics = VirtualClock(), Lease(), (Metrics(), Metrics())
    replicas = [Skewed(name, lease, clock, each) for name, each in zip("ab", metrics, strict=True)]
    replicas[0].elector.leads = True
    texts: list[Text] = []
    for digest in ("d1", "d2", "d1"):
        replicas[1].digest = digest
        if not texts:
            for replica in replicas:
                await replica.census.start()
        await clock.advance(150)
        texts.append({pod: scrape_of(each) for pod, each in zip((POD, STANDBY), metrics, strict=True)})
    for replica in replicas:
        await replica.census.stop(1)
    healthy, faulty, mended = texts
    await must_hold(Story("ReplicasDiffer", {}, healthy, faulty, mended), timeline, tmp_path)


async def test_watch_silent(timeline: Timeline, tmp_path: Path) -> None:
    clock, script, metrics = VirtualClock(), Script(), Metrics()
    factory = InformerFactory(script, cast("RESTMapper", script), clock=clock, metrics=metrics)
    listed = [event("ADDED", "4"), bookmark("5", end=True)]

    async def cut() -> bytes:
        await clock.sleep(90)
        raise ApiConnectionError("nothing came for 90 s")

    script.answers = [[*listed, cut]]
    informer = factory.acquire(KEY)
    await clock.advance(60)
    healthy = {POD: scrape_of(metrics)}
    script.answers = [ApiConnectionError("refused")] * 100
    await clock.advance(150)
    faulty = {POD: scrape_of(metrics)}
    script.answers = [listed]
    await clock.advance(20)
    assert informer.state is State.WATCHING, (informer.state, script.asked)
    mended = {POD: scrape_of(metrics)}
    await factory.stop()
    await must_hold(Story("WatchSilent", {"kind": str(KEY.gvk)}, healthy, faulty, mended), timeline, tmp_path)


def test_every_alert_has_a_test_of_its_fault() -> None:
    """The names of the tests above begin with the names of the alerts."""
    names = {name.removeprefix("test_").replace("_", "") for name in globals() if name.startswith("test_")}
    assert [alert for alert in ALERTS if not any(name.startswith(alert.lower()) for name in names)] == []
