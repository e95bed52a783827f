"""A plugin that ends or blocks its worker process is named, rolled back or stopped; the others are left in peace."""

import asyncio
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plugin_operator.testing.eventually import eventually
from tests.acceptance.cluster import Cluster
from tests.acceptance.conftest import StartTwo
from tests.acceptance.worker_operator import SECONDS, WorkerOperator, replace, shared

pytestmark = pytest.mark.embedded_only("it looks at processes, not at the server")

EXITS = "os._exit(3)"
KILLS = "os.kill(os.getpid(), 9)"
CRASHES = "import ctypes; ctypes.string_at(0)"
BLOCKS = "import time; time.sleep(600)"
IN_A_TASK = "await asyncio.gather(asyncio.create_task(die()))"
IN_A_THREAD = "await asyncio.to_thread(os._exit, 3)"
DIE = """
async def die():
    os._exit(3)
"""


@pytest.fixture
async def two(start_two: StartTwo, plugins: Path, other_free_port: int) -> WorkerOperator:
    """Two workers that run a good plugin, which must be left in peace."""
    (plugins / "shared.py").write_text(shared("first"))
    made = start_two("--metrics-addr", f"127.0.0.1:{other_free_port}")
    made.write_objects("0")
    await made.ready()
    await made.settled("0", "first")
    return made


async def is_in_peace(two: WorkerOperator, step: str) -> None:
    """Wait until the good plugin has worked on all objects, in both workers."""
    two.write_objects(step)
    await two.ready()
    await two.settled(step, "first")


def metrics_at(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return str(answer.read().decode())


async def plugin_is(two: WorkerOperator, name: str, is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    def found() -> dict[str, Any] | None:
        plugin = two.plugin(name)
        return plugin if plugin and is_so(plugin) else None

    try:
        plugin: dict[str, Any] | None = await eventually(found, timeout_seconds=SECONDS)
    except AssertionError:
        raise AssertionError(f"{two.plugin(name)}\n{two.other_lines}") from None
    assert plugin is not None
    return plugin


@pytest.mark.parametrize(
    "body",
    [EXITS, KILLS, CRASHES, BLOCKS, IN_A_TASK, IN_A_THREAD],
    ids=["exits", "is killed", "crashes", "blocks", "exits in a task", "exits in a thread"],
)
async def test_a_new_revision_that_ends_its_worker_is_rolled_back_and_named(
    two: WorkerOperator, plugins: Path, cluster: Cluster, other_free_port: int, body: str
) -> None:
    (plugins / "bad.py").write_text(shared("good", name="bad"))
    await two.settled("0", "good", "bad")
    good = two.plugin("bad")["digest"]
    replace(plugins / "bad.py", shared("evil", name="bad", body=body, head=DIE))
    plugin = await plugin_is(two, "bad", lambda each: each["state"] == "Quarantined" and each["digest"] == good)
    assert "this content was rolled back, because it ended worker" in plugin["reason"]
    assert "of default/object-" in plugin["reason"]
    assert "by bad" in plugin["reason"]
    assert "ends" in [each["how"] for each in plugin["misbehaving"]]
    await is_in_peace(two, "1")
    await two.settled("1", "good", "bad")
    assert two.lines("Plugin ended its worker", plugin="bad") or two.lines("Plugin may have ended its worker")
    assert 'plugin_operator_plugin_worker_ends_total{how="' in metrics_at(other_free_port)
    events = cluster.kubectl("get", "events", "-A", "-o", "jsonpath={.items[*].reason}")
    assert "PluginEndedWorker" in events


async def test_an_object_that_ends_its_worker_again_and_again_is_held_and_all_others_are_reconciled(
    two: WorkerOperator, plugins: Path
) -> None:
    body = f"""if request.name == "object-7":
            {EXITS}"""
    (plugins / "bad.py").write_text(shared("evil", name="bad", body=body))
    plugin = await plugin_is(two, "bad", lambda each: "not reconciled any more" in str(each["misbehaving"]))
    assert plugin["state"] == "Active"
    (charge,) = [each for each in plugin["misbehaving"] if each["how"] == "ends"]
    assert charge["detail"].startswith("5 times, last at ")
    assert "(exit status 3) in reconcile of default/object-7 by bad" in charge["detail"]
    await is_in_peace(two, "1")
    await eventually(
        lambda: len({each["name"] for each in two.lines("Ended", how="ok", controller="bad", step="1")}) == 23,
        timeout_seconds=SECONDS,
    )
    assert two.lines("Object held", plugin="bad", object="default/object-7")
    restarts = sum(each["restarts"] for each in two.status()["workers"])
    await is_in_peace(two, "2")
    assert sum(each["restarts"] for each in two.status()["workers"]) == restarts == 5


async def test_a_plugin_that_ends_its_worker_for_every_object_is_stopped_until_its_file_changes(
    two: WorkerOperator, plugins: Path
) -> None:
    (plugins / "bad.py").write_text(shared("evil", name="bad", body=EXITS))
    plugin = await plugin_is(two, "bad", lambda each: each["state"] == "Quarantined" and not each["revision"])
    assert "this content was stopped, because it ended workers too often" in plugin["reason"]
    await is_in_peace(two, "1")
    replace(plugins / "bad.py", shared("good", name="bad"))
    await two.settled("1", "good", "bad")
    plugin = await plugin_is(two, "bad", lambda each: each["state"] == "Active")
    assert plugin["misbehaving"] == []


@pytest.mark.parametrize("is_first", [True, False], ids=["first revision", "edit"])
@pytest.mark.parametrize("body", [EXITS, BLOCKS], ids=["exits", "blocks"])
async def test_a_plugin_whose_start_ends_the_workers_is_contained(
    two: WorkerOperator, plugins: Path, is_first: bool, body: str
) -> None:
    if not is_first:
        (plugins / "bad.py").write_text(START.replace("BODY", "pass"))
        await plugin_is(two, "bad", lambda each: each["state"] == "Active")
        await two.in_both("Started")
    good = two.plugin("bad").get("digest", "")
    replace(plugins / "bad.py", START.replace("BODY", body))
    plugin = await plugin_is(two, "bad", lambda each: each["state"] == "Quarantined")
    assert plugin["digest"] == good
    assert "in start(ctx) by bad" in plugin["reason"]
    await is_in_peace(two, "1")
    await asyncio.sleep(1)
    assert two.plugin("bad")["state"] == "Quarantined"


async def test_a_start_that_ends_the_worker_that_leads_is_contained(two: WorkerOperator, plugins: Path) -> None:
    single = START.replace("BODY", EXITS).replace('    distribution = "sharded"\n    shard_by = "uid"\n', "")
    (plugins / "bad.py").write_text(single)
    plugin = await plugin_is(two, "bad", lambda each: each["state"] == "Quarantined")
    assert plugin["digest"] == ""
    assert "this content does not run, because its load ended worker" in plugin["reason"]
    await is_in_peace(two, "1")
    assert sum(each["restarts"] for each in two.status()["workers"]) <= 2


START = """
import os
from plugin_operator import controller

class Bad:
    for_ = "v1/ConfigMap"
    distribution = "sharded"
    shard_by = "uid"

    async def start(self, ctx):
        BODY
        ctx.log.info("Started")

    async def reconcile(self, ctx, request):
        return None

def new_controller():
    made = Bad()
    made.name = "bad"
    return made
"""
