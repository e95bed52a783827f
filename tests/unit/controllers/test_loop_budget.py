"""A full queue must not keep the event loop, or other controllers, waiting."""

import asyncio
import time
from typing import Any

from plugin_operator.clock import SystemClock
from plugin_operator.controllers import Controller, ControllerSpec, Request, Watch
from plugin_operator.kube import NamespacedName
from plugin_operator.metrics import Metrics
from plugin_operator.testing.fake_informers import FakeInformerFactory


async def busy_controller(name: str, factory: FakeInformerFactory, metrics: Metrics, seen: list[Any]) -> Controller:
    """A controller whose reconciler never waits, with 3,000 keys to go through."""

    async def reconcile(request: NamespacedName) -> None:
        # Work that cannot be interrupted, long enough that all of it would take over a tenth of a second.
        end = time.perf_counter() + 50e-6
        while time.perf_counter() < end:
            pass
        seen.append((name, request))

    controller = Controller(name, factory=factory, clock=SystemClock(), metrics=metrics)
    await controller.install(ControllerSpec(name, (Watch((name,)),)), reconcile, "r1")
    for number in range(3000):
        controller._queue.add(Request("default", f"{name}-{number}"))
    controller.start_workers()
    return controller


async def test_controllers_with_full_queues_share_the_loop_and_let_it_turn() -> None:
    factory, metrics = FakeInformerFactory(), Metrics()
    seen: list[Any] = []
    names = [f"c{number}" for number in range(4)]
    controllers = [await busy_controller(name, factory, metrics, seen) for name in names]
    turns = 0
    while len(seen) < 12_000:
        await asyncio.sleep(0)
        turns += 1
    # 600 ms of work in slices of 4 ms for all together; a loop that hogs would need a handful of turns.
    assert turns >= 60
    first_half = [name for name, _ in seen[:6000]]
    assert min(first_half.count(name) for name in names) > 900
    for controller in controllers:
        assert await controller.stop(1) == []


async def test_a_lone_worker_yields_within_its_budget() -> None:
    factory, metrics = FakeInformerFactory(), Metrics()
    seen: list[Any] = []
    controller = await busy_controller("only", factory, metrics, seen)
    turns = 0
    while len(seen) < 3000:
        await asyncio.sleep(0)
        turns += 1
    assert turns >= 20
    await controller.stop(1)
