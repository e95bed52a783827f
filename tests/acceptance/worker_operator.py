"""An operator with several worker processes: its status, what its plugins say, and the judgement about it."""

import json
import os
import signal
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from plugin_operator.testing.eventually import eventually
from tests.acceptance.cluster import Cluster
from tests.acceptance.output import Output

OBJECTS = 24
#: For a machine that has other work.
SECONDS = 60.0

#: It says when each reconcile begins and how it ends, so that two at once and what was missed would show.
SHARED = """
import asyncio, os
from plugin_operator import controller

@controller(for_="v1/ConfigMap", distribution="sharded", shard_by="uid", label_selector="app=sharded",
            max_concurrent_reconciles=4)
async def NAME(ctx, request):
    found = ctx.lister.get(request)
    if found is None:
        return
    step, how = (found.get("data") or {}).get("step"), "cut off"
    ctx.log.info("Begun", pid=os.getpid())
    try:
        await asyncio.sleep(SECONDS)
        BODY
        how = "ok"
    finally:
        ctx.log.info("Ended", pid=os.getpid(), edition="EDITION", step=step, how=how)
"""


def shared(edition: str, *, name: str = "shared", seconds: float = 0.01, body: str = "pass", head: str = "") -> str:
    """Return a sharded plugin."""
    text = SHARED.replace("NAME", name).replace("SECONDS", str(seconds)).replace("BODY", body)
    return head + text.replace("EDITION", edition)


class WorkerOperator:
    """An operator with two workers, its output and its status."""

    def __init__(self, output: Output, port: int, cluster: Cluster, folder: Path) -> None:
        self.output = output
        self._port = port
        self._cluster = cluster
        self._folder = folder

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self._port}{path}", timeout=10) as answer:
            return str(answer.read().decode())

    def failure(self, path: str) -> str:
        """Return the body of an answer with an error status; empty if the answer is good."""
        try:
            self.get(path)
        except urllib.error.HTTPError as error:
            return error.read().decode()
        return ""

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.get("/status"))
        return found

    def plugin(self, name: str = "shared") -> dict[str, Any]:
        found: dict[str, Any] = next((each for each in self.status()["plugins"] if each["name"] == name), {})
        return found

    def pids(self) -> list[int]:
        """Return the process ids of the workers that run."""
        return [each["pid"] for each in self.status()["workers"] if each["pid"]]

    def kill(self, number: int, what: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to a worker, and return its process id."""
        pid: int = self.status()["workers"][number]["pid"]
        os.kill(pid, what)
        return pid

    @property
    def said(self) -> list[dict[str, Any]]:
        return [json.loads(each) for each in tuple(self.output.lines) if each.startswith("{")]

    def lines(self, event: str, **fields: Any) -> list[dict[str, Any]]:
        return [each for each in self.said if each["event"] == event and fields.items() <= each.items()]

    def workers_that_said(self, event: str, **fields: Any) -> set[int]:
        return {each["worker"] for each in self.lines(event, **fields)}

    async def in_both(self, event: str, **fields: Any) -> None:
        """Wait until both workers have said something."""
        await eventually(lambda: self.workers_that_said(event, **fields) == {0, 1}, timeout_seconds=SECONDS)

    async def ready(self) -> None:
        await eventually(lambda: "ok" in self._answer("/readyz"), timeout_seconds=SECONDS)

    def _answer(self, path: str) -> str:
        try:
            return self.get(path)
        except (urllib.error.URLError, ConnectionError):
            return ""

    def write_objects(self, step: str) -> None:
        """Create all objects, or change all of them."""
        items = [
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": f"object-{number}", "labels": {"app": "sharded"}},
                "data": {"step": step},
            }
            for number in range(OBJECTS)
        ]
        made = self._folder / f"step-{step}.json"
        made.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
        self._cluster.kubectl("apply", "-f", str(made))

    async def settled(self, step: str, edition: str, controller: str = "shared") -> None:
        """Wait until the last reconcile of each object saw a step and ran an edition, and judge all of them."""
        wanted = {f"object-{number}": (step, edition) for number in range(OBJECTS)}

        def last() -> dict[str, tuple[str, str]]:
            ended = self.lines("Ended", how="ok", controller=controller)
            return {each["name"]: (each["step"], each["edition"]) for each in ended}

        try:
            await eventually(lambda: last() == wanted, timeout_seconds=SECONDS)
        except AssertionError:
            missing = {name: last().get(name) for name in wanted if last().get(name) != wanted[name]}
            raise AssertionError(f"not {wanted[next(iter(wanted))]}: {missing}\n{self.other_lines}") from None
        self.assert_never_twice()

    @property
    def other_lines(self) -> str:
        """What was said besides reconciles, and whether the process runs."""
        lines = [each for each in self.output.lines if '"Begun"' not in each and '"Ended"' not in each]
        return f"exit status {self.output.process.poll()}\n{''.join(lines)}"

    def assert_never_twice(self) -> None:
        """Hold that no object was in two reconciles of a controller at once, in one worker or in two."""
        at_work: dict[tuple[str, str], int] = {}
        for line in self.said:
            key = (line.get("controller", ""), line.get("name", ""))
            if line["event"] == "Worker ended, restarting it":  # its reconciles ended with its process
                at_work = {each: worker for each, worker in at_work.items() if worker != line["worker"]}
            elif line["event"] == "Begun":
                assert key not in at_work, f"{key} begins in worker {line['worker']} and runs in {at_work[key]}"
                at_work[key] = line["worker"]
            elif line["event"] == "Ended":
                at_work.pop(key, None)


def replace(path: Path, text: str) -> None:
    """Write a file as an editor does: a new one renamed over the old one."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text)
    fresh.rename(path)


def runs(pid: int) -> bool:
    """Report whether a process runs; one that was not reaped yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except (FileNotFoundError, ProcessLookupError):
        return False


def gone_within(pids: list[int], seconds: float) -> bool:
    """Report whether processes have ended, at the latest after some seconds."""
    deadline = time.monotonic() + seconds
    while any(map(runs, pids)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
