"""The whole operator under load while its plugins are edited: nothing lost, nothing doubled, nothing misdirected.

The plugins write one line per reconcile, and the test judges by these lines alone: what they saw, when, by which code.
With two worker processes, ``edited`` and ``keeper`` are sharded, and each worker is killed once.
"""

import asyncio
import itertools
import json
import os
import signal
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from kube_apiserver import ApiServer, ApiServerConfig
from plugin_operator.testing.eventually import eventually

OBJECTS = 1_000
CHANGES = 5_000
SECRETS = 100
EDITS = 12
# Each of these edits is seen at work before the next one is made; the others may overtake one another.
AWAITED_EDITS = (4, 8)
# After these edits, the worker process with this number is killed.
KILLS = {3: 0, 6: 1}
WRITERS = 16
DEADLINE_SECONDS = 100

RECORDER = """
import asyncio, json, os, time
from plugin_operator import controller

EDIT = {edit}

@controller(name="{name}", for_="v1/{kind}", distribution="{distribution}", max_concurrent_reconciles=8)
async def reconcile(ctx, request):
    begin = time.monotonic_ns()
    found = ctx.lister.get(request)
    await asyncio.sleep(0.001)
    line = dict(controller="{name}", edit=EDIT, key=str(request), kind=(found or {{}}).get("kind"),
                step=((found or {{}}).get("data") or {{}}).get("step"), begin=begin, end=time.monotonic_ns())
    out = os.open({lines!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(out, json.dumps(line).encode() + b"\\n")
    finally:
        os.close(out)
"""


@dataclass
class OperatorUnderLoad:
    """One API server, one operator process, and the folder they share."""

    url: str
    plugins: Path
    lines: Path
    processes: int
    probes: int

    def write(self, name: str, kind: str, edit: int) -> None:
        """Replace a plugin as an editor does: a new file renamed over the old one."""
        is_sharded = self.processes > 1 and name != "steady"
        distribution = "sharded" if is_sharded else "single"
        text = RECORDER.format(name=name, kind=kind, edit=edit, lines=str(self.lines), distribution=distribution)
        fresh = self.plugins / f".{name}.new"
        fresh.write_text(text)
        fresh.rename(self.plugins / f"{name}.py")

    async def kill_worker(self, number: int) -> None:
        """Kill a worker process and wait until it works again; nothing with one process."""
        if self.processes == 1:
            return

        async def worker() -> dict[str, Any]:
            async with session.get(f"http://127.0.0.1:{self.probes}/status") as answer:
                found: dict[str, Any] = (await answer.json())["workers"][number]
                return found

        async with aiohttp.ClientSession() as session:
            killed = await worker()
            os.kill(killed["pid"], signal.SIGKILL)

            async def is_back() -> bool:
                return (await worker())["pid"] not in {None, killed["pid"]}

            await eventually(is_back, timeout_seconds=DEADLINE_SECONDS)

    def works(self, edit: int) -> bool:
        """Tell whether any reconcile has run the code of this edit."""
        return self.lines.exists() and f'"edit": {edit},'.encode() in self.lines.read_bytes()

    def records(self) -> list[dict[str, Any]]:
        if not self.lines.exists():
            return []
        return [json.loads(line) for line in self.lines.read_bytes().splitlines()]


@pytest.fixture(params=[1, 2], ids=["one process", "two processes"])
async def operator_under_load(
    request: pytest.FixtureRequest, tmp_path: Path, free_port: int
) -> AsyncIterator[OperatorUnderLoad]:
    server = ApiServer(ApiServerConfig(tls=False, kubeconfig_path=tmp_path / "kubeconfig"))
    endpoint = await server.start()
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    operator_under_load = OperatorUnderLoad(endpoint.url, plugins, tmp_path / "lines.jsonl", request.param, free_port)
    operator_under_load.write("edited", "ConfigMap", 0)
    operator_under_load.write("steady", "ConfigMap", 0)
    operator_under_load.write("keeper", "Secret", 0)
    log = (tmp_path / "operator.log").open("wb")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "plugin_operator", "run", "--kubeconfig", str(tmp_path / "kubeconfig")),
        *(
            "--plugins-dir",
            str(plugins),
            "--metrics-addr",
            "0",
            "--health-probe-bind-address",
            f"127.0.0.1:{free_port}",
        ),
        *("--processes", str(request.param)),
        stdout=log,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        yield operator_under_load
        process.send_signal(signal.SIGTERM)
        code = await asyncio.wait_for(process.wait(), 30)
        assert code == 0, (tmp_path / "operator.log").read_text()[-4000:]
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        log.close()
        await server.stop()


def _name(number: int) -> str:
    return f"object-{number:04}"


async def _create_all(session: aiohttp.ClientSession) -> None:
    async def create(plural: str, kind: str, number: int) -> None:
        data = {"data": {"step": "0"}} if kind == "ConfigMap" else {"stringData": {"step": "0"}}
        body = {"apiVersion": "v1", "kind": kind, "metadata": {"name": _name(number)}, **data}
        async with session.post(f"/api/v1/namespaces/default/{plural}", json=body) as answer:
            assert answer.status == 201, await answer.text()

    jobs = [("configmaps", "ConfigMap", n) for n in range(OBJECTS)] + [("secrets", "Secret", n) for n in range(SECRETS)]
    await _share_out(jobs, lambda job: create(*job))


async def _share_out(jobs: Iterable[Any], work: Callable[[Any], Awaitable[None]]) -> None:
    waiting = iter(jobs)

    async def worker() -> None:
        for job in waiting:
            await work(job)

    async with asyncio.TaskGroup() as group:
        for _ in range(WRITERS):
            group.create_task(worker())


async def _change(session: aiohttp.ClientSession, step: int) -> None:
    path = f"/api/v1/namespaces/default/configmaps/{_name(step % OBJECTS)}"
    headers = {"Content-Type": "application/merge-patch+json"}
    async with session.patch(path, data=json.dumps({"data": {"step": str(step)}}), headers=headers) as answer:
        assert answer.status == 200, await answer.text()


async def _change_all_while_editing(session: aiohttp.ClientSession, operator_under_load: OperatorUnderLoad) -> None:
    pause = CHANGES // EDITS
    one_edit_at_a_time = asyncio.Lock()

    async def edit(number: int) -> None:
        operator_under_load.write("edited", "ConfigMap", number)
        # One broken save among the good ones: the code before it must go on.
        (operator_under_load.plugins / "broken.py").write_text("def new_controller(:\n")
        if number in KILLS:
            await operator_under_load.kill_worker(KILLS[number])
        if number in AWAITED_EDITS:
            await eventually(
                lambda: operator_under_load.works(number), timeout_seconds=DEADLINE_SECONDS, interval_seconds=0.1
            )

    async def change(step: int) -> None:
        await _change(session, step)
        if step % pause == 0:
            # The other writers go on meanwhile.
            async with one_edit_at_a_time:
                await edit(step // pause)

    await _share_out(range(1, CHANGES + 1), change)


def _last_steps(records: list[dict[str, Any]], controller: str) -> dict[str, str]:
    # Lines are written at the end of a reconcile, so the last line of a key is its last reconcile.
    return {record["key"]: record["step"] for record in records if record["controller"] == controller}


def _expected() -> dict[str, str]:
    last = {_name(number): "0" for number in range(OBJECTS)}
    for step in range(1, CHANGES + 1):
        last[_name(step % OBJECTS)] = str(step)
    return {f"default/{name}": step for name, step in last.items()}


def _overlaps(records: list[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    by_key = defaultdict(list)
    for record in records:
        by_key[record["controller"], record["key"]].append(record)
    pairs = []
    for runs in by_key.values():
        runs.sort(key=lambda run: run["begin"])
        pairs += [(a, b) for a, b in itertools.pairwise(runs) if b["begin"] < a["end"]]
    return pairs


@pytest.mark.timeout(DEADLINE_SECONDS + 80)
async def test_every_last_state_is_reconciled_once_at_a_time_by_the_right_plugin_while_plugins_are_edited(
    operator_under_load: OperatorUnderLoad,
) -> None:
    async with aiohttp.ClientSession(operator_under_load.url) as session:
        await _create_all(session)
        await _change_all_while_editing(session, operator_under_load)
    newest = CHANGES // (CHANGES // EDITS)
    operator_under_load.write("edited", "ConfigMap", newest + 1)

    expected = _expected()

    def all_settled() -> bool:
        records = operator_under_load.records()
        newest_seen = {r["key"] for r in records if r["controller"] == "edited" and r["edit"] == newest + 1}
        return (
            _last_steps(records, "edited") == expected
            and _last_steps(records, "steady") == expected
            and len(_last_steps(records, "keeper")) == SECRETS
            and newest_seen == set(expected)
        )

    await eventually(all_settled, timeout_seconds=DEADLINE_SECONDS, interval_seconds=1)
    records = operator_under_load.records()
    assert _overlaps(records) == []
    assert {r["kind"] for r in records if r["controller"] != "keeper"} == {"ConfigMap"}
    assert {r["kind"] for r in records if r["controller"] == "keeper"} == {"Secret"}
    assert {r["edit"] for r in records if r["controller"] == "steady"} == {0}
    assert {r["edit"] for r in records if r["controller"] == "edited"} > {*AWAITED_EDITS}, "edits took effect meanwhile"
