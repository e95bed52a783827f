"""The worker processes in the status: their table, what divides their work, and which one has an object."""

import io
from typing import Any

import pytest
from rich.console import Console

from plugin_operator.cli.status.status_table import print_status
from plugin_operator.cli.status.workers import worker_of
from plugin_operator.errors import PluginOperatorError

HALF = "0x8000000000000000"
WORKERS: list[dict[str, Any]] = [
    {
        "number": 0, "pid": 71, "up": True, "restarts": 0, "shards": 128, "leads": True, "load": 0.25, "problem": "",
        "since": "2026-12-01T06:16:59.000001+00:00", "objects": 500, "queueDepth": 3, "reconciles": 901,
        "ranges": [["0x0000000000000000", HALF]],
    },
    {
        "number": 1, "pid": None, "up": False, "restarts": 4, "shards": 128, "leads": False, "load": None,
        "problem": "worker 1 does not run: killed by SIGKILL", "since": None, "objects": None, "queueDepth": None,
        "reconciles": None, "ranges": [[HALF, "0x10000000000000000"]],
    },
]  # fmt: skip


def lines_of(**sharding: Any) -> list[str]:
    out = io.StringIO()
    print_status({"plugins": [], "workers": WORKERS, "sharding": sharding}, Console(file=out, width=400))
    return out.getvalue().splitlines()


def test_each_worker_has_a_row_and_what_is_not_known_is_a_dash() -> None:
    titles, first, second = (line.split() for line in lines_of()[2:])

    assert titles[:5] == ["WORKER", "PID", "SINCE", "SHARDS", "LOAD"]
    assert first == ["0", "71", "2026-12-01T06:16:59", "128,", "leads", "25%", "3", "500", "901", "0"]
    assert second[:9] == ["1", "-", "-", "128", "-", "-", "-", "-", "4"]
    assert " ".join(second[9:]) == "worker 1 does not run: killed by SIGKILL"


@pytest.mark.parametrize(
    ("filters", "words"), [(True, "sends each worker its part"), (False, "does not use ShardedListAndWatch")]
)
def test_it_says_whether_the_server_divides_the_objects(filters: bool, words: str) -> None:
    assert words in lines_of(serverFilters=filters, hint="")[-1]
    assert len(lines_of(serverFilters=None, hint="")) == len(lines_of(serverFilters=filters, hint="")) - 1


def test_the_hint_stands_below_the_table() -> None:
    assert lines_of(serverFilters=None, hint="leave out --processes")[-1] == "leave out --processes"


@pytest.mark.parametrize("status", [{}, {"workers": None}, {"workers": [], "sharding": {"owners": {"a": 1}}}])
def test_an_operator_of_one_process_has_no_table(status: dict[str, Any]) -> None:
    out = io.StringIO()
    print_status({"plugins": [], **status}, Console(file=out, width=400))

    assert len(out.getvalue().splitlines()) == 2


def test_the_worker_of_a_namespace_or_uid_is_the_one_with_its_hash() -> None:
    status = {"workers": WORKERS}

    assert worker_of(status, "shop") == "shop: worker 0 (pid 71)"  # 0x46dc5e18e28e2409
    assert worker_of(status, "team-a") == "team-a: worker 1 (it does not run now)"  # 0xde90a3717d1252d6


def test_a_hash_that_no_worker_has_now_is_an_error() -> None:
    with pytest.raises(PluginOperatorError, match="its shard moves"):
        worker_of({"workers": WORKERS[:1]}, "team-a")
    with pytest.raises(PluginOperatorError, match="no worker processes"):
        worker_of({"plugins": []}, "a")
