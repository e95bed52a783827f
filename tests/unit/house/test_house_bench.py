"""The benchmark's load is what a Kubernetes API server would send, and its sums are right."""

import asyncio
import base64
import json
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.client import ClientSession

from bench import docs, quotes
from bench.dataset import Dataset
from bench.load_server import LoadServer
from bench.metrics import GROWTH, PROCESSES, ROWS, AtLeast, AtMost, Row, Times
from bench.peers.peer import COUNTER_VARIABLE, COUNTING, KUBE_RS, OURS, PULSE, RIVAL, Counter
from bench.report import cells, growth, markdown
from bench.results import Results
from bench.scenarios import FULL, QUICK
from bench.server import Connection, Load
from bench.worker_counters import COUNTING_APART, WorkerCounters

SIZE = 1200


@pytest.fixture
async def load() -> AsyncIterator[ClientSession]:
    load = Load()
    load.reset(objects=7, size=SIZE)
    server = await asyncio.get_running_loop().create_server(lambda: Connection(load), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", timeout=aiohttp.ClientTimeout(total=20)) as session:
        yield session
    server.close()


async def names(session: aiohttp.ClientSession, **query: str) -> tuple[list[str], dict[str, str]]:
    async with session.get("/api/v1/configmaps", params=query) as response:
        document = await response.json()
    return [item["metadata"]["name"] for item in document["items"]], document["metadata"]


async def read_events(response: aiohttp.ClientResponse, count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(20):
        return [json.loads(await response.content.readline()) for _ in range(count)]


def test_objects_have_the_size_that_was_asked_for() -> None:
    items = json.loads(Dataset(3, SIZE).page(0, 0))["items"]

    assert all(abs(len(json.dumps(item, separators=(",", ":"))) - SIZE) < 100 for item in items)
    assert len({item["metadata"]["uid"] for item in items}) == 3


async def test_pages_together_are_the_whole_list(load: ClientSession) -> None:
    whole, _ = await names(load)
    first, metadata = await names(load, limit="5")
    rest, last = await names(load, limit="5", **{"continue": metadata["continue"]})

    assert len(whole) == 7
    assert first + rest == whole
    assert "continue" not in last


async def test_a_streaming_list_ends_with_its_bookmark_and_the_burst_follows(load: ClientSession) -> None:
    query = {"watch": "true", "sendInitialEvents": "true", "allowWatchBookmarks": "true"}
    async with load.get("/api/v1/configmaps", params=query) as watch:
        initial = await read_events(watch, 8)
        async with load.get("/bench/prepare", params={"events": 14}), load.get("/bench/fire"):
            burst = await read_events(watch, 14)

    assert [event["type"] for event in initial] == ["ADDED"] * 7 + ["BOOKMARK"]
    assert initial[-1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    assert {event["type"] for event in burst} == {"MODIFIED"}
    versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in [*initial, *burst]]
    assert versions[8:] == sorted(versions[8:])
    assert versions[8] > versions[7]


async def test_custom_kinds_share_objects_and_events(load: ClientSession) -> None:
    async with load.get("/bench/reset", params={"objects": 6, "size": SIZE, "kinds": 2}) as response:
        assert await response.json() == {"objects": 6}
    async with load.get("/apis/bench.example.com/v1/bench01") as response:
        document = await response.json()
    assert (document["kind"], len(document["items"])) == ("Bench01List", 3)
    query = {"watch": "true", "sendInitialEvents": "true"}
    async with load.get("/apis/bench.example.com/v1/bench00", params=query) as watch:
        initial = await read_events(watch, 4)
        async with load.get("/bench/prepare", params={"events": 4}), load.get("/bench/fire"):
            burst = await read_events(watch, 2)
    assert {event["object"]["kind"] for event in [*initial, *burst]} == {"Bench00"}
    assert {event["object"]["apiVersion"] for event in burst} == {"bench.example.com/v1"}


async def test_a_peer_that_wants_metadata_gets_nothing_else(load: ClientSession) -> None:
    async with load.get("/bench/reset", params={"objects": 2, "size": SIZE, "metadata": 1}) as response:
        assert response.status == 200
    query = {"watch": "true", "sendInitialEvents": "true"}
    async with load.get("/api/v1/configmaps", params=query) as watch:
        event, _, bookmark = await read_events(watch, 3)
    assert event["object"].keys() == {"apiVersion", "kind", "metadata"}
    assert event["object"]["kind"] == bookmark["object"]["kind"] == "PartialObjectMetadata"


def test_an_encrypted_connection_reaches_the_same_server(tmp_path: Path) -> None:
    with LoadServer() as server:
        server.ask("reset", objects=2, size=SIZE, kinds=0)
        config = json.loads(server.write_kubeconfig(tmp_path / "kubeconfig", tls=True).read_text())
        cluster = config["clusters"][0]["cluster"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        context = ssl.create_default_context(cadata=authority)
        with urllib.request.urlopen(f"{cluster['server']}/api/v1/configmaps", context=context, timeout=20) as answer:
            assert len(json.load(answer)["items"]) == 2


def test_the_pulse_sees_a_loop_that_stands_still(tmp_path: Path) -> None:
    counter = Counter(tmp_path / "counter")
    code = f"""{COUNTING}{PULSE}
async def main():
    count('settings-000003')
    await asyncio.sleep(0.01)
    time.sleep(0.2)
    await asyncio.sleep(0.01)
    gc.collect()

asyncio.run(main())
_file.close()
"""
    subprocess.run([sys.executable, "-c", code], env={COUNTER_VARIABLE: str(counter.path)}, check=True, timeout=60)
    assert counter.pulse()["loop_stall"] >= 0.19
    assert counter.pulse()["gc_pause"] > 0


def test_growth_is_told_as_a_line_through_all_sizes() -> None:
    results = Results(versions={"a": "1"})
    for objects in GROWTH:
        values = {"list_seconds": 0.1 + objects * 2e-6, "resident": 5e7 + objects * 1400}
        results.add(f"growth-{objects}", "a", values)
    assert growth(results) == [
        "a: list and reconcile grows by 2.0 µs per object (R² 1.0000)",
        "a: memory grows by 1,400.0 bytes per object (R² 1.0000)",
    ]


async def test_the_list_after_a_burst_shows_its_last_state(load: ClientSession) -> None:
    async with load.get("/bench/prepare", params={"events": 7}):
        _, metadata = await names(load)
        async with load.get("/api/v1/configmaps") as response:
            items = (await response.json())["items"]

    assert max(int(item["metadata"]["resourceVersion"]) for item in items) == int(metadata["resourceVersion"])


async def test_writes_are_accepted_and_counted(load: ClientSession) -> None:
    async with load.post("/api/v1/namespaces/a/events", json={}) as response:
        assert response.status == 201
    async with load.get("/bench/stats") as response:
        assert (await response.json())["requests"] == {"write": 1}


async def test_a_changed_object_is_the_answer_to_its_patch(load: ClientSession) -> None:
    async with load.patch("/api/v1/namespaces/team-03/configmaps/settings-000003", json={}) as response:
        assert response.status == 200
        changed = await response.json()
    assert (changed["kind"], changed["metadata"]["name"]) == ("ConfigMap", "settings-000003")


def test_the_runner_sees_what_a_handler_counts(tmp_path: Path) -> None:
    counter = Counter(tmp_path / "counter")
    assert counter.read() == (0, 0.0)
    before = time.monotonic()

    code = f"{COUNTING}\ncount('settings-000003')\ncount('settings-000005')\n_file.close()"
    subprocess.run([sys.executable, "-c", code], env={COUNTER_VARIABLE: str(counter.path)}, check=True, timeout=60)

    runs, last = counter.read()
    assert runs == 2
    assert before <= last <= time.monotonic()
    assert [number for number, _ in counter.runs(0)] == [3, 5]


def test_ratios_say_how_many_times_better_the_first_peer_is(tmp_path: Path) -> None:
    results = Results(versions={"a": "1", "b": "2"}, absent={"c": "not installed"})
    for peer, events_per_second, cpu in [("a", 300, 0.1), ("a", 100, 0.1), ("a", 200, 0.3), ("b", 20, 0.4)]:
        results.add("burst", peer, {"events_per_second": events_per_second, "cpu_per_event": cpu})
    burst, cpu_row = ROWS[0], ROWS[1]

    assert results.values(burst, "a") == [100, 200, 300]
    assert results.median(burst, "a") == 200
    assert results.ratio(burst, "a", "b") == 10
    assert results.ratio(cpu_row, "a", "b") == pytest.approx(4)
    results.write(tmp_path / "deep" / "results.json")
    assert Results.read(tmp_path / "deep" / "results.json") == results


def test_each_bar_says_whether_it_is_met(monkeypatch: pytest.MonkeyPatch) -> None:
    results = Results(versions={OURS: "1", RIVAL: "2", KUBE_RS: "3"})
    for peer, seconds in [(OURS, 2.0), (RIVAL, 6.0), (KUBE_RS, 3.0)]:
        results.add("burst", peer, {"seconds": seconds})
    bars = (Times(2), Times(4, is_aim=True), Times(2, KUBE_RS), AtMost(2))
    monkeypatch.setattr("bench.report.ROWS", [Row("burst", "seconds", "burst, s", bars=bars)])

    assert cells(results, [OURS]) == [
        ("burst, s", ["2", "3.00", f"met (≥ 2); aim missed (≥ 4); MISSED (≥ 2 × {KUBE_RS}: 1.50); met (≤ 2)"])  # noqa: RUF001 - times
    ]


def test_pages_quote_the_numbers_of_the_new_run_in_place_of_the_old_ones() -> None:
    row = quotes.ROWS[0]
    old, new = (
        f"| median | us 1.0 | them 2.0 |\n| {row} | {ours} | {theirs} |" for ours, theirs in [(10, 7), (12, 10)]
    )
    page = f"| {row} | [10](performance.md#results) | [7](performance.md#results) | [10](other.md) |\n10 events/s, 7"

    assert quotes.replaced(page, old, new) == (
        f"| {row} | [12](performance.md#results) | [10](performance.md#results) | [10](other.md) |\n12 events/s, 7"
    )


def test_the_runner_sees_the_runs_of_all_processes_and_holds_them(tmp_path: Path) -> None:
    counters = WorkerCounters(tmp_path / "counter")
    assert (counters.read(), counters.pids()) == ((0, 0.0), set())
    counters.hold()
    code = f"{COUNTING_APART}\nif asyncio.run(is_measured()):\n    count('a')\n    count('b')"
    environment = {COUNTER_VARIABLE: str(counters.path)}
    workers = [subprocess.Popen([sys.executable, "-c", code], env=environment) for _ in range(2)]
    began = counters.let_run()

    assert [worker.wait(60) for worker in workers] == [0, 0]
    runs, last = counters.read()
    assert runs == 4
    assert counters.pids() == {worker.pid for worker in workers}
    assert began <= min(counters.first(pid) for pid in counters.pids()) <= last


def test_a_rate_of_several_processes_is_compared_with_that_of_one() -> None:
    results = Results(versions={OURS: "1"})
    for processes, rate in [(1, 100.0), (1, 300.0), (4, 600.0)]:
        values = {"runs_per_second": rate, "peak": 1.0, "resident": 1.0}
        results.add(f"processes-wait-{processes}", OURS, values)
    results.derive([each for each in FULL if each.group == "processes"])

    row = next(row for row in PROCESSES if row.value == "part_of_processes" and row.scenario.endswith("4"))
    assert row.bars == (AtLeast(0.8),)
    assert cells(results, [OURS], [row]) == [(row.title, ["0.75", "", "MISSED (≥ 0.8)"])]


def test_each_row_has_a_scenario_and_each_quick_scenario_a_full_one() -> None:
    names = {each.name for each in FULL}
    assert {row.scenario for row in ROWS} <= names
    assert {each.name for each in QUICK} <= names


def test_the_rows_of_several_processes_stand_between_the_marks_of_their_page() -> None:
    results = Results(versions={OURS: "1", RIVAL: "2"})
    results.add("processes-wait-1", OURS, {"runs_per_second": 187})
    results.add("burst", RIVAL, {"events_per_second": 1})
    results.machine = {"cpu": "", "cores": 2, "system": "", "python": "", "load": 0.1, "packages": {}}

    page, last = docs.filled(f"before {docs.BEGIN}old{docs.END} after", markdown(results, PROCESSES))
    assert (page[:7], last, page[-6:]) == ("before ", "old", " after")
    assert "| reconciles/s that wait 5 ms, 1 process | 187 |" in page
    assert RIVAL not in page
