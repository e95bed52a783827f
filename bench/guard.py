"""``python -m bench.guard``: fail if an event, a reconcile or a create costs much more than what was recorded.

It counts operations instead of seconds, so that a busy machine changes nothing: calls of Python and C functions for one
event, from the bytes of the watch to the end of the reconcile, and for one PATCH; for one create in the embedded API
server; and the bytes that one cached object keeps. The load is recorded bytes, in this process. ``--record`` writes
what it counts as the new measure.
"""

import argparse
import asyncio
import gc
import io
import json
import sys
import tracemalloc
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

from bench import stream
from bench.calls import Calls
from bench.creating import LOADS, calls_of_one_create
from bench.patching import calls_of_one_patch
from plugin_operator import logs
from plugin_operator.cache.handlers import Distributor
from plugin_operator.cache.reflector.watch_stream import Position, WatchStream
from plugin_operator.cache.reflector.wire import WireReader
from plugin_operator.cache.store import Store
from plugin_operator.clock import SystemClock
from plugin_operator.containment import PluginGuard
from plugin_operator.controllers.metrics import controller_metrics
from plugin_operator.controllers.reconcile import Reconciler, Request
from plugin_operator.controllers.workers.outcomes import Outcomes
from plugin_operator.controllers.workers.worker import Worker
from plugin_operator.fence import Fence
from plugin_operator.hosting.runtime.controller_failures import FailureLog
from plugin_operator.hosting.runtime.health import RevisionHealth
from plugin_operator.hosting.runtime.reconcile_steps import reconcile_steps
from plugin_operator.kube import GroupVersionKind
from plugin_operator.metrics import Metrics
from plugin_operator.plugin import BoundController, ControllerDeclaration, ControllerScope, Expectations
from plugin_operator.workqueue import ExponentialBackoff, WorkQueue

RECORD = Path(__file__).with_name("guard.json")
TOLERANCE = 1.25
OBJECTS, SIZE = 2_000, 1200
_PIECE_BYTES = 2**16


class _Enqueue:
    """Puts the key of each event into the queue, as a controller's source does."""

    def __init__(self, queue: WorkQueue[Request]) -> None:
        self._queue = queue

    def on_add(self, key: Request, new: object, is_initial: bool) -> None:
        del new, is_initial
        self._queue.add(key)

    def on_update(self, key: Request, old: object, new: object) -> None:
        del old, new
        self._queue.add(key)

    def on_delete(self, key: Request, old: object) -> None:
        del old
        self._queue.add(key)


class DataPath:
    """The data path of one controller: feed, store, queue, worker."""

    def __init__(self, reconciler: Reconciler) -> None:
        clock, metrics = SystemClock(), Metrics()
        self._queue: WorkQueue[Request] = WorkQueue("guard", clock=clock, rate_limiter=ExponentialBackoff())
        distributor = Distributor(metrics, clock)
        self.store = Store(distributor)
        distributor.register(_Enqueue(self._queue), self.store)
        reader = WireReader(GroupVersionKind.parse("v1/ConfigMap"))
        self._feed = WatchStream(self.store, reader, Position(), clock)
        counts = controller_metrics(metrics, "guard")
        failures = FailureLog("guard", clock=clock, locate=lambda _: None, succeeded=lambda: counts.success)
        outcomes = Outcomes(
            "guard", queue=self._queue, metrics=counts, clock=clock, on_failure=failures.reconcile_failed
        )
        self.guard = guard = PluginGuard("guard", "1", "guard", clock=clock)
        self._worker = Worker(reconciler, guard, queue=self._queue, outcomes=outcomes, metrics=counts, clock=clock)

    async def take(self, data: bytes) -> None:
        """Apply the events, in pieces as a socket gives them."""
        for start in range(0, len(data), _PIECE_BYTES):
            await self._feed.consume(data[start : start + _PIECE_BYTES])

    async def reconcile(self) -> None:
        """Reconcile what is queued."""
        self._queue.shut_down()
        self._worker.task = cast("asyncio.Task[Any]", asyncio.current_task())
        await self._worker.run()


async def _nothing(request: Request) -> None:
    del request


async def _fails(_ctx: object, request: Request) -> None:
    raise RuntimeError(f"as the benchmark asks for: {request}")


def _events(kind: bytes, version: int) -> bytes:
    bodies = (stream.body_of(index, version + index, SIZE) for index in range(OBJECTS))
    return b"".join(stream.event_line(kind, body) for body in bodies)


async def count() -> dict[str, float]:
    """Return the operations for one event and the bytes of one object."""
    path = DataPath(_nothing)
    added, modified = _events(b"ADDED", 1_000), _events(b"MODIFIED", 10_000)
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    await path.take(added)
    gc.collect()
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    with Calls() as ingest:
        await path.take(modified)
    with Calls() as reconcile:
        await path.reconcile()
    return {
        "calls for one event, from bytes to queue": round(ingest.count / OBJECTS, 1),
        "calls for one reconcile, from queue to done": round(reconcile.count / OBJECTS, 1),
        "calls for the guard around one reconcile": round(await _calls_of_the_guard(path.guard), 1),
        "calls for the steps around one reconcile": round(await _calls_of_the_steps(path.guard), 1),
        "calls for one failed reconcile, from queue to done": round(await _calls_of_a_failure(path.guard, added), 1),
        "calls for one PATCH": round(await calls_of_one_patch(), 1),
        **{f"calls for one create of a {kind}": round(await calls_of_one_create(kind), 1) for kind in LOADS},
        "bytes of one object and its queued key": round((after - before) / OBJECTS),
        "bytes of one object at the peak": round((peak - before) / OBJECTS),
    }


async def _calls_of_the_guard(guard: PluginGuard) -> float:
    """Return what it costs that a reconcile runs in a context of its own."""
    key = Request("ns", "name")
    with Calls() as bare:
        for _ in range(OBJECTS):
            await _nothing(key)
    with Calls() as guarded:
        for _ in range(OBJECTS):
            await guard.drive(_nothing(key))
    return (guarded.count - bare.count) / OBJECTS


async def _calls_of_the_steps(guard: PluginGuard) -> float:
    """Return what it costs that a reconcile passes through all steps from the worker to the author's code."""

    async def returns(_ctx: object, request: Request) -> None:
        del request

    key = Request("ns", "name")
    reconciler = _steps(guard, returns)
    with Calls() as bare:
        for _ in range(OBJECTS):
            await _nothing(key)
    with Calls() as steps:
        for _ in range(OBJECTS):
            await reconciler(key)
    return (steps.count - bare.count) / OBJECTS


async def _calls_of_a_failure(guard: PluginGuard, added: bytes) -> float:
    """Return what a reconcile costs that raises, past the lines that are logged before the limit."""
    logs.configure("json", stream=io.StringIO())
    path = DataPath(_steps(guard, _fails))
    await path.take(added)
    with Calls() as failed:
        await path.reconcile()
    return failed.count / OBJECTS


def _steps(guard: PluginGuard, function: Callable[..., Awaitable[None]]) -> Reconciler:
    """Return all steps from the worker to the author's code."""
    clock = SystemClock()
    bound = _bound(guard, clock, function)
    return reconcile_steps(bound, ready=None, fence=Fence(clock), health=RevisionHealth(), clock=clock)


def _bound(guard: PluginGuard, clock: SystemClock, function: Callable[..., Awaitable[None]]) -> BoundController:
    kind = GroupVersionKind.parse("v1/ConfigMap")
    scope = ControllerScope(
        plugin="guard",
        revision="1",
        controller="guard",
        kind=kind,
        client=cast("Any", None),
        recorder=cast("Any", None),
        listers={},
        writes=Expectations(kind, lambda _kind, _key: (), clock=clock, on_late=lambda: None),
    )
    return BoundController(ControllerDeclaration("guard", kind, function), scope, guard)


def main() -> int:
    """Compare, or record; the exit status is 1 if something costs over a quarter more."""
    parser = argparse.ArgumentParser(prog="python -m bench.guard", description=__doc__)
    parser.add_argument("--record", action="store_true", help="take what is counted now as the measure")
    found = asyncio.run(count())
    if parser.parse_args().record:
        RECORD.write_text(json.dumps(found, indent=2) + "\n")
        return 0
    recorded = json.loads(RECORD.read_text())
    failed = False
    for what, value in found.items():
        is_worse = value > recorded[what] * TOLERANCE
        failed |= is_worse
        print(f"{'WORSE' if is_worse else 'ok':6}{what}: {value:g}, recorded {recorded[what]:g}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
