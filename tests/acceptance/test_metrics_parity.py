"""Our metrics beside those of a real controller-runtime manager, whose shape ``tests/controllerruntime`` recorded."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.controllerruntime import record
from tests.ports import free_port

PLUGIN = """
import asyncio
from plugin_operator import Result, TerminalError, controller

class Panic(BaseException):
    pass

@controller(for_="v1/ConfigMap", reconcile_timeout_seconds=0.05)
async def configmap(ctx, request):
    match request.name:
        case "after":
            return Result(requeue_after=3600)
        case "fail":
            raise ValueError("as asked")
        case "terminal":
            raise TerminalError("as asked")
        case "panic":
            raise Panic("as asked")
        case "timeout":
            await asyncio.sleep(3600)
"""


@pytest.fixture
def ours(tmp_path: Path) -> dict[str, Any]:
    folder = tmp_path
    (folder / "plugins").mkdir()
    (folder / "plugins" / "configmap.py").write_text(PLUGIN)
    port = free_port()
    with record.cluster(folder) as kubeconfig, (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                sys.executable, "-m", "plugin_operator", "run", "--kubeconfig", str(kubeconfig), "--plugins-dir",
                str(folder / "plugins"), "--metrics-addr", f"127.0.0.1:{port}", "--health-probe-bind-address", "0",
                "--leader-elect", "--leader-elect-resource-name", "metrics",
            ],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            return record.shape(record.scrape(port))
        finally:
            process.terminate()
            process.wait(30)


THEIRS: dict[str, Any] = json.loads(Path(record.RECORDED).read_text())


def test_families_types_labels_and_buckets_are_those_of_controller_runtime(ours: dict[str, Any]) -> None:
    assert {name: ours.get(name) for name in THEIRS} == THEIRS
    own = {name for name in ours if name not in THEIRS and not name.startswith("python_")}
    assert own
    assert {name for name in own if not name.startswith("plugin_operator_")} == set()
    assert_no_label_names_an_object(ours)


def assert_no_label_names_an_object(ours: dict[str, Any]) -> None:
    labels = {label for family in ours.values() for label in family["labels"]}
    assert labels & {"request", "object", "uid", "key", "resource_version"} == set()
    values = {value for family in ours.values() for each in family["values"].values() for value in each}
    assert values & set(record.OUTCOMES) == set()
