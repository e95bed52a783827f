"""Sends hostile requests to a server process and measures how long a bystander waits that reads all the while.

``python -m tests.property.hostile 10000`` prints what the slowest answers waited for. It ends with status 1 after an
error of the server's own, or an answer to the bystander that took longer than a quarter of a second. An interrupt ends
the sending, and the report is about what was sent so far.
"""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import aiohttp
from hypothesis import HealthCheck, Phase, given, settings

from kube_apiserver.handler import OWN_FAULT
from kube_apiserver.threads import give_way_quickly
from plugin_operator.manager import run_in_loop
from tests.property.hostile_requests import JSON, Hostile, hostile_requests
from tests.property.hostile_server import BYSTANDER, TIMEOUT, prepare, send, started

MOST_SECONDS = 0.25
_SHOWN = 10
_SAID_EACH = 500
_MODULE = "tests.property.hostile"
Answer = tuple[float, float]


async def _serve() -> None:
    """Serve until standard input ends, as the command does."""
    give_way_quickly()
    server, url = await started()
    print(url, flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await server.stop()


async def _watch(url: str) -> None:
    """Read all the while until standard input ends, then print when each answer came and how long it took."""
    answers: list[Answer] = []
    end = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    async with aiohttp.ClientSession(url, timeout=TIMEOUT) as session:
        while not end.done():
            before = time.monotonic()
            status, _ = await send(session, Hostile("a bystander", "GET", BYSTANDER, JSON, b""))
            answers.append((time.monotonic(), time.monotonic() - before if status == 200 else float("inf")))
            await asyncio.sleep(0.002)
    print(json.dumps(answers))


@contextmanager
def _process(*words: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", _MODULE, *words]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


class _Report:
    """What was sent when, and what was answered."""

    def __init__(self) -> None:
        self.sent: list[tuple[float, float, str]] = []
        self.statuses: Counter[int] = Counter()
        self.faults: list[str] = []

    def add(self, request: Hostile, begun: float, status: int, text: str) -> None:
        """Record a request and its answer."""
        self.sent.append((begun, time.monotonic(), request.what))
        self.statuses[status] += 1
        if len(self.sent) % _SAID_EACH == 0:
            print(f"{len(self.sent)} requests sent", file=sys.stderr, flush=True)
        if OWN_FAULT in text or "Traceback" in text:
            self.faults.append(f"{request.what}: {request.method} {request.target}: {text[:200]}")

    def show(self, answers: list[Answer]) -> bool:
        """Print the report. Return whether all holds."""
        print(f"{len(self.sent)} requests; answers by status: {dict(sorted(self.statuses.items()))}")
        print(f"errors of the server's own: {len(self.faults)}", *self.faults[:_SHOWN], sep="\n  ")
        ordered = sorted(answers, key=lambda answer: answer[1], reverse=True)
        middle, high = ordered[len(ordered) // 2][1], ordered[len(ordered) // 100][1]
        print(
            f"{len(answers)} answers to the bystander: median {middle * 1000:.0f} ms, 99 % within {high * 1000:.0f} ms"
        )
        for when, took in ordered[:_SHOWN]:
            meanwhile = [what for begun, end, what in self.sent if begun < when and end > when - took]
            print(f"  {took * 1000:6.0f} ms, during: {', '.join(meanwhile) or 'nothing'}")
        return not self.faults and ordered[0][1] <= MOST_SECONDS


def _send_all(count: int, url: str, report: _Report) -> None:
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    with asyncio.Runner() as runner:
        session = runner.run(_session(url))

        @settings(
            max_examples=count, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=checks
        )
        @given(hostile_requests())
        def sends(request: Hostile) -> None:
            begun = time.monotonic()
            report.add(request, begun, *runner.run(send(session, request)))

        with suppress(KeyboardInterrupt):
            sends()
        runner.run(session.close())


async def _session(url: str) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(url, timeout=TIMEOUT)


async def _prepare(url: str) -> None:
    async with await _session(url) as session:
        await prepare(session)


def main(count: int) -> int:
    """Send so many requests. Return the exit status."""
    report = _Report()
    with _process("serve") as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        asyncio.run(_prepare(url))
        with _process("watch", url) as bystander:
            _send_all(count, url, report)
            answers = json.loads(bystander.communicate("")[0])
    return 0 if report.show([(when, took) for when, took in answers]) else 1


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve"]:
            run_in_loop(_serve())
        case ["watch", address]:
            asyncio.run(_watch(address))
        case [number]:
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            sys.exit(main(int(number)))
        case _:
            sys.exit(f"usage: python -m {_MODULE} COUNT")
