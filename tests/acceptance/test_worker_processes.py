"""``run --processes``: several workers under a supervisor act as one operator."""

import json
import os
import re
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from plugin_operator.testing.eventually import eventually
from tests.acceptance.cluster import Cluster
from tests.acceptance.conftest import Run, StartOperator
from tests.acceptance.worker_operator import OBJECTS, SECONDS, WorkerOperator

#: It writes its worker's process id, and holds each object for a moment, so that two workers at once would show.
PLUGIN = """
import asyncio, os
from plugin_operator import controller

@controller(for_="v1/ConfigMap", distribution="sharded", shard_by="uid", label_selector="app=sharded")
async def shared(ctx, request):
    if ctx.lister.get(request) is not None:
        ctx.log.info("Begun", pid=os.getpid())
        await asyncio.sleep(0.01)
        ctx.log.info("Ended", pid=os.getpid(), edition="EDITION")

@controller(for_="v1/ConfigMap", label_selector="app=sharded")
async def alone(ctx, request):
    ctx.log.info("Alone", pid=os.getpid())
"""


SINGLE = """
from plugin_operator import controller

@controller(for_="v1/ConfigMap", label_selector="app=single")
async def single(ctx, request):
    pass
"""


class Operator(WorkerOperator):
    """An operator with two workers that run one plugin."""

    def is_quarantined_alike(self) -> bool:
        """Report whether the plugin is quarantined in all workers: else the reason would name one of them."""
        (plugin,) = self.status()["plugins"]
        return plugin["state"] == "Quarantined" and not plugin["reason"].startswith("worker ")


@pytest.fixture
def two(operator: StartOperator, cluster: Cluster, plugins: Path, free_port: int, tmp_path: Path) -> Operator:
    (plugins / "shared.py").write_text(PLUGIN)
    address = f"127.0.0.1:{free_port}"
    output = operator("--processes", "2", "--health-probe-bind-address", address, log_format="json")
    return Operator(output, free_port, cluster, tmp_path)


def create(cluster: Cluster, count: int, folder: Path, prefix: str = "object") -> None:
    items = [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": f"{prefix}-{number}", "labels": {"app": "sharded"}},
        }
        for number in range(count)
    ]
    made = folder / f"{prefix}.json"
    made.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    cluster.kubectl("apply", "-f", str(made))


def names(lines: list[dict[str, Any]]) -> set[str]:
    return {each["name"] for each in lines}


async def test_two_workers_share_the_objects_and_look_like_one_operator(
    two: Operator, cluster: Cluster, tmp_path: Path
) -> None:
    create(cluster, OBJECTS, tmp_path)
    await two.ready()
    await eventually(lambda: len(names(two.lines("Ended"))) == OBJECTS, timeout_seconds=20)
    pids = Counter(each["pid"] for each in two.lines("Ended"))
    workers = two.status()["workers"]
    assert set(pids) == {each["pid"] for each in workers}, "both work"
    assert [each["shards"] for each in workers] == [128, 128]
    assert [each["objects"] >= OBJECTS // 4 and each["reconciles"] > 0 for each in workers] == [True, True]
    assert [each["problem"] for each in workers] == ["", ""]
    assert [each["queueDepth"] for each in workers] == [0, 0]
    assert two.status()["sharding"].items() >= {"serverFilters": False, "hint": "", "unattended": 0}.items()
    assert not two.lines("Worker processes are of no use")
    owners = {(each["name"], each["pid"]) for each in two.lines("Ended")}
    assert len(owners) == OBJECTS, "each object has one worker"
    assert len({each["pid"] for each in two.lines("Alone")}) == 1, "a single controller runs in one worker"

    (plugin,) = two.status()["plugins"]
    shared = next(each for each in plugin["controllerStatus"] if each["name"] == "shared")
    assert shared["reconciles"]["success"] >= OBJECTS
    assert sum(each["objects"] for each in shared["informers"]) == OBJECTS
    two.output.process.send_signal(signal.SIGTERM)
    assert two.output.end() == 0, two.output.text


async def test_status_names_the_worker_of_an_object_and_says_when_several_are_of_no_use(
    two: Operator, cluster: Cluster, plugins: Path, tmp_path: Path, run: Run, free_port: int
) -> None:
    create(cluster, OBJECTS, tmp_path)
    await eventually(lambda: len(names(two.lines("Ended"))) == OBJECTS, timeout_seconds=20)
    line = two.lines("Ended")[0]
    uid = cluster.kubectl("get", "configmap", line["name"], "-o", "jsonpath={.metadata.uid}")
    address = f"--address=127.0.0.1:{free_port}"
    assert run("status", address, "--worker-of", uid).stdout == f"{uid}: worker {line['worker']} (pid {line['pid']})\n"
    assert "the API server does not use ShardedListAndWatch" in run("status", address).stdout

    (plugins / "single.py").write_text(SINGLE)
    (plugins / "shared.py").unlink()
    (line,) = await eventually(lambda: two.lines("Worker processes are of no use"), timeout_seconds=SECONDS)
    assert (line["processes"], "no controller is sharded" in line["way_out"]) == (2, True)
    assert line["way_out"] in run("status", address).stdout


async def test_a_worker_that_is_killed_under_load_loses_nothing_and_no_object_is_worked_on_twice_at_once(
    two: Operator, cluster: Cluster, tmp_path: Path
) -> None:
    await two.ready()
    create(cluster, OBJECTS, tmp_path)
    await eventually(lambda: two.lines("Begun"), timeout_seconds=20)
    victim = two.status()["workers"][1]["pid"]
    os.kill(victim, signal.SIGKILL)
    create(cluster, OBJECTS, tmp_path, "later")
    await eventually(lambda: len(names(two.lines("Ended"))) == 2 * OBJECTS, timeout_seconds=30)
    await two.ready()
    assert [each["restarts"] for each in two.status()["workers"]] == [0, 1]
    at_once: set[str] = set()
    for line in (json.loads(each) for each in two.output.lines if each.startswith("{")):
        if line["event"] == "Worker ended, restarting it":
            at_once.clear()  # the reconciles of its process ended with it
        elif line["event"] == "Begun":
            assert line["name"] not in at_once
            at_once.add(line["name"])
        elif line["event"] == "Ended":
            at_once.discard(line["name"])


async def test_an_edit_reaches_all_workers_and_a_broken_one_is_rejected_in_all(
    two: Operator, cluster: Cluster, plugins: Path, tmp_path: Path
) -> None:
    await two.ready()
    create(cluster, OBJECTS, tmp_path)
    (plugins / "shared.py").write_text(PLUGIN.replace("EDITION", "second"))
    await eventually(lambda: len(names(two.lines("Ended", edition="second"))) == OBJECTS, timeout_seconds=20)
    (plugins / "shared.py").write_text("import nothing_of_this_name\n" + PLUGIN)
    await eventually(lambda: two.status()["plugins"][0]["state"] == "Rejected", timeout_seconds=20)
    (plugin,) = two.status()["plugins"]
    assert re.search(r"nothing_of_this_name", plugin["reason"])
    await eventually(lambda: {each["worker"] for each in two.lines("Plugin rejected")} == {0, 1}, timeout_seconds=20)


async def test_an_edit_that_fails_in_one_worker_is_rolled_back_in_all(
    two: Operator, cluster: Cluster, plugins: Path, tmp_path: Path
) -> None:
    create(cluster, OBJECTS, tmp_path)
    await two.ready()
    await eventually(lambda: len(names(two.lines("Ended"))) == OBJECTS, timeout_seconds=20)
    victim = two.status()["workers"][1]["pid"]
    bad = PLUGIN.replace("await asyncio.sleep(0.01)", f"1 / (os.getpid() != {victim})")
    (plugins / "shared.py").write_text(bad.replace("EDITION", "bad"))
    await eventually(lambda: two.lines("Plugin rolled back", worker=1), timeout_seconds=20)
    # The other worker rolls the edit back too, or does not swap at all if it hears of this first.
    await eventually(two.is_quarantined_alike, timeout_seconds=20)
    seen = len(two.lines("Ended"))
    cluster.kubectl("label", "configmaps", "--selector", "app=sharded", "again=yes")
    await eventually(lambda: len(names(two.lines("Ended")[seen:])) == OBJECTS, timeout_seconds=20)
    assert {each["edition"] for each in two.lines("Ended")[seen:]} == {"EDITION"}


async def test_a_worker_that_is_killed_while_the_file_is_broken_runs_on_with_what_the_other_runs(
    two: Operator, cluster: Cluster, plugins: Path, tmp_path: Path
) -> None:
    await two.ready()
    (plugins / "shared.py").write_text("import nothing_of_this_name\n" + PLUGIN)
    await eventually(lambda: {each["worker"] for each in two.lines("Plugin rejected")} == {0, 1}, timeout_seconds=20)
    leader = next(each["pid"] for each in two.status()["workers"] if each["leads"])
    os.kill(leader, signal.SIGKILL)
    await eventually(lambda: len(two.lines("Plugin rejected")) == 3, timeout_seconds=20)
    create(cluster, OBJECTS, tmp_path)
    await eventually(lambda: len(names(two.lines("Ended"))) == OBJECTS, timeout_seconds=20)
    await eventually(lambda: len(names(two.lines("Alone"))) == OBJECTS, timeout_seconds=20)
    assert len({each["pid"] for each in two.lines("Ended")}) == 2
    assert two.status()["plugins"][0]["state"] == "Rejected"
