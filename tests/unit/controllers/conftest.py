import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from plugin_operator.controllers import Controller, ControllerSpec, Drain, Watch
from plugin_operator.kube import NamespacedName
from plugin_operator.metrics import Metrics
from plugin_operator.testing.fake_informers import FakeInformer, FakeInformerFactory
from plugin_operator.testing.virtual_clock import VirtualClock


class ControllerHarness:
    """A controller on fake informers and virtual time."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.factory = FakeInformerFactory()
        self.metrics = Metrics()
        self.failures: list[Any] = []
        self.log: list[Any] = []
        self.gates: dict[str, Any] = {}
        self.logged: list[MutableMapping[str, Any]] = []
        self.controller = Controller(
            "cm", factory=self.factory, clock=self.clock, metrics=self.metrics, on_failure=self.failures.append
        )

    @property
    def informer(self) -> FakeInformer:
        return self.factory["cms"]

    def spec(self, *watches: Any, **settings: Any) -> ControllerSpec:
        return ControllerSpec("cm", watches or (Watch(("cms",)),), **settings)

    def recorder(self, revision: str = "r1") -> Callable[[NamespacedName], Awaitable[None]]:
        async def reconcile(request: NamespacedName) -> None:
            self.log.append((revision, request.name))

        return reconcile

    def gated(self, revision: str = "r1", *, stubborn: bool = False) -> Callable[[NamespacedName], Awaitable[None]]:
        """A reconciler that ends when the test opens the gate of the key."""

        async def reconcile(request: NamespacedName) -> None:
            self.log.append((revision, request.name))
            gate = self.gates.setdefault(request.name, asyncio.Event())
            while True:
                try:
                    await gate.wait()
                except asyncio.CancelledError:
                    self.log.append((revision, request.name + " cancelled"))
                    if not stubborn:
                        raise
                else:
                    return

        return reconcile

    async def run(
        self, reconcile: Callable[..., Any] | None = None, spec: ControllerSpec | None = None, revision: str = "r1"
    ) -> Drain:
        self.controller.start_workers()
        return await self.install(reconcile or self.recorder(revision), spec, revision)

    async def install(
        self, reconcile: Callable[..., Any], spec: ControllerSpec | None = None, revision: str = "r1"
    ) -> Drain:
        drain = await self.controller.install(spec or self.spec(), reconcile, revision)
        await self.clock.settle()
        return drain

    def take_log(self) -> list[Any]:
        taken, self.log = self.log, []
        return taken


@pytest.fixture
async def harness() -> AsyncIterator[ControllerHarness]:
    harness = ControllerHarness()
    with capture_logs() as harness.logged:
        yield harness
        for gate in harness.gates.values():
            gate.set()
        stopping = asyncio.ensure_future(harness.controller.stop(0))
        await harness.clock.advance(20)
        await stopping
    assert harness.factory.in_use == {}
