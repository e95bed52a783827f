"""Killing each background task and thread of a whole operator: it notices, recovers, and says so.

The kinds are found by looking at the running process, so that a new one is killed too, and fails the test if nothing
starts it again.
"""

import asyncio
import ctypes
import re
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from msgspec.structs import replace

from kube_apiserver import ApiServer, ApiServerConfig
from plugin_operator.app import App
from plugin_operator.app.sharing import SharingApp
from plugin_operator.certificates import make_authority
from plugin_operator.client import ConnectionConfig
from plugin_operator.clock import SystemClock
from plugin_operator.hosting import PluginState
from plugin_operator.options import LeaderElectionOptions, MetricsSecurity, Options
from plugin_operator.serving.address import BindAddress
from plugin_operator.serving.server import HttpServer
from plugin_operator.tasks.supervisor import BACKGROUND_TASK_RESTARTS
from plugin_operator.testing.eventually import eventually

pytestmark = pytest.mark.embedded_only("the server runs in a thread of this process")

LEASE = "plugin-operator-leader-election"
PLUGIN = """
from plugin_operator import controller

@controller(for_="v1/ConfigMap", resync_seconds=3600)
async def marks(ctx, request):
    obj = ctx.lister.get(request)
    if obj and (obj["metadata"].get("labels") or {}).get("marked") != "TEXT":
        await ctx.client.patch("v1/ConfigMap", request, {"metadata": {"labels": {"marked": "TEXT"}}})
"""

#: Lives as long as one thing does (a connection, a trial process, a kernel watch), whose owner makes the next.
LIVES_WITH_ITS_OWNER = re.compile(
    r"manager/stop|trial-verdicts|"
    r"probe server/.*|metrics server/.*|watch (/.*|folders|for folders)|request within a deadline|Task-\d+"
)
#: Not ours to restart: the interpreter's, the API server of the test, and threads on loan for one call.
FOREIGN_THREADS = re.compile(
    r"MainThread|api-server|asyncio_\d+|apiserver.*|asyncio-waitpid-\d+|pytest.*|ThreadPoolExecutor.*"
)
#: Threads on call; that the next call works without them is the unit tests' affair (``ThreadRunner``).
ON_CALL_THREADS = re.compile(r"plugin-.*|operator|trial-process")


class Boom(BaseException):
    """No ``Exception``: what no handler catches."""


class ServerInThread:
    """An API server on an event loop of its own, so that all other tasks of the process are the operator's."""

    def __init__(self) -> None:
        self.server = ApiServer(ApiServerConfig(tls=False))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="api-server", daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        return asyncio.run_coroutine_threadsafe(self.server.start(), self._loop).result(10).url

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self.server.stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


class Running:
    """A whole operator in this process."""

    def __init__(self, app: App, folder: Path, foreign: set[asyncio.Task[Any]], others: list[threading.Thread]) -> None:
        self.app = app
        self._others = others
        self.folder = folder
        self.end = asyncio.create_task(app.run(), name="the operator")
        self._foreign = foreign | {self.end}

    def tasks(self) -> dict[str, asyncio.Task[Any]]:
        """Every task of the operator, by name; the test's own is not, whatever the version of Python calls it."""
        mine = {task.get_name(): task for task in asyncio.all_tasks() - self._foreign - {asyncio.current_task()}}
        return {name: task for name, task in mine.items() if not LIVES_WITH_ITS_OWNER.fullmatch(name)}

    def threads(self) -> list[threading.Thread]:
        """Every thread that the operator has for good."""

        def foreign(name: str) -> bool:
            return bool(FOREIGN_THREADS.fullmatch(name) or ON_CALL_THREADS.fullmatch(name))

        return [each for each in threading.enumerate() if each not in self._others and not foreign(each.name)]

    async def get(self, path: str) -> tuple[int, str]:
        """Ask the probe server."""
        port = next(
            each.port
            for each in self.app.manager._runnables
            if isinstance(each, HttpServer) and each.name == "probe server"
        )
        timeout = aiohttp.ClientTimeout(total=5)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"http://127.0.0.1:{port}{path}") as answer,
        ):
            return answer.status, await answer.text()

    async def is_ready(self) -> bool:
        """Whether the probe says so."""
        return (await self.get("/readyz"))[0] == 200

    def active(self) -> bool:
        """Whether the plugin works."""
        return [each.state for each in self.app.host.status()] == [PluginState.ACTIVE]

    def has_workers(self) -> bool:
        """Whether it leads and reconciles."""
        return any(each.workers for plugin in self.app.host.status() for each in plugin.controllers)

    def save(self, text: str) -> None:
        """Edit the plugin, as an editor does."""
        fresh = self.folder / ".marks.new"
        fresh.write_text(PLUGIN.replace("TEXT", text))
        fresh.rename(self.folder / "marks.py")

    async def create(self, name: str) -> None:
        """Create an object for the plugin to mark."""
        await self.app.client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}})

    async def is_marked(self, name: str, text: str) -> bool:
        """Whether it has."""
        found = await self.app.client.get("v1/ConfigMap", name)
        result: bool = found["metadata"].get("labels", {}).get("marked") == text
        return result

    def restarts(self) -> float:
        """How many restarts were counted."""
        return sum(self.app.metrics.family(BACKGROUND_TASK_RESTARTS).values.values())


@pytest.fixture
def api_url() -> Iterator[str]:
    with ServerInThread() as url:
        yield url


@pytest.fixture
async def operator(started: Running) -> Running:
    """One that leads."""
    await eventually(started.has_workers, timeout_seconds=30)
    return started


@pytest.fixture
async def standby(lease_of_another: None, started: Running) -> Running:
    """One that waits for the Lease."""
    return started


@pytest.fixture
async def lease_of_another(api_url: str) -> None:
    async with aiohttp.ClientSession(api_url) as session:
        spec = {"holderIdentity": "another", "leaseDurationSeconds": 150, "leaseTransitions": 1}
        spec |= {"acquireTime": "2026-01-01T00:00:00.000000Z", "renewTime": "2026-01-01T00:00:00.000000Z"}
        lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": LEASE}, "spec": spec}
        path = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
        async with session.post(path, json=lease) as answer:
            assert answer.status == 201


@pytest.fixture
async def sharing(api_url: str, tmp_path: Path) -> AsyncIterator[Running]:
    """A replica that shares objects, and has all of them."""
    async for running in running_in(SharingApp, api_url, tmp_path):
        await eventually(partial(owns_all, running), timeout_seconds=60)
        yield running


def owns_all(running: Running) -> bool:
    found = running.app.status()["sharding"]
    return running.has_workers() and found["version"] > 0 and found["unowned"] == 0


@pytest.fixture
async def started(api_url: str, tmp_path: Path) -> AsyncIterator[Running]:
    async for running in running_in(App, api_url, tmp_path):
        yield running


async def running_in(kind: type[App], api_url: str, tmp_path: Path) -> AsyncIterator[Running]:
    folder, certificates = tmp_path / "plugins", tmp_path / "tls"
    folder.mkdir()
    certificates.mkdir()
    authority = make_authority(SystemClock().now())
    (certificates / "tls.crt").write_bytes(authority.certificate_pem)
    (certificates / "tls.key").write_bytes(authority.key_pem)
    foreign, others = asyncio.all_tasks(), threading.enumerate()
    (folder / "marks.py").write_text(PLUGIN)
    options = Options(
        plugins_dir=folder,
        metrics_address=BindAddress("127.0.0.1", 0),
        metrics_security=MetricsSecurity(certificate_dir=certificates),
        probe_address=BindAddress("127.0.0.1", 0),
        leader_election=LeaderElectionOptions(enabled=True, resource_namespace="default"),
    )
    app = kind(options, replace(ConnectionConfig.for_endpoint(api_url), namespace="default"), ())
    running = Running(app, folder, foreign, others)
    await eventually(running.active, timeout_seconds=30)
    await eventually(running.is_ready, timeout_seconds=30)
    yield running
    if not running.end.done():
        app.manager.request_stop()
        assert await asyncio.wait_for(running.end, 30) == 0


def cancel(task: asyncio.Task[Any]) -> None:
    task.cancel()


def inject(task: asyncio.Task[Any]) -> None:
    """Raise ``Boom`` where the task waits, in the innermost of the tasks it waits for."""
    waiter = getattr(task, "_fut_waiter", None)
    if isinstance(waiter, asyncio.Task):
        inject(waiter)
    elif waiter is not None and not waiter.done():
        waiter.set_exception(Boom("injected"))


def kind_of(name: str) -> str:
    """Return the name without what differs from one start to the next: the number of a worker."""
    return re.sub(r"worker-\d+$", "worker", name)


async def kill_each(operator: Running, kill: Callable[[asyncio.Task[Any]], None]) -> list[str]:
    """Kill every kind of task once, and see each come back and be counted; return their names."""
    killed = []
    for name in sorted(operator.tasks(), reverse=True):  # an owner after what ends with it
        if name == "manager/election" and kill is inject:
            continue  # whatever it raises means that the Lease cannot be held: it ends the process, see below
        victim = operator.tasks().get(name)
        if victim is None:
            continue
        before = operator.restarts()

        async def is_dead(victim: asyncio.Task[Any] = victim) -> bool:
            if not victim.done():
                kill(victim)
            return victim.done()

        await eventually(is_dead)
        kind = kind_of(name)

        def is_back(kind: str = kind, victim: asyncio.Task[Any] = victim) -> bool:
            return any(kind_of(other) == kind and task is not victim for other, task in operator.tasks().items())

        await eventually(is_back, timeout_seconds=15)
        assert operator.restarts() == before + 1, f"the end of {name} is not counted"
        assert not await operator.is_ready(), f"ready although {name} had just ended"
        killed.append(kind)
    return killed


async def works(operator: Running, word: str) -> None:
    """See that it becomes ready, reconciles, and takes an edit over."""
    await eventually(operator.is_ready, timeout_seconds=30)
    assert "[+]tasks ok" in (await operator.get("/readyz?verbose"))[1]
    operator.save(word)
    await eventually(operator.active, timeout_seconds=20)
    await operator.create(f"after-{word}")
    await eventually(lambda: operator.is_marked(f"after-{word}", word), timeout_seconds=20)


@pytest.mark.parametrize("kill", [cancel, inject])
async def test_each_task_that_ends_unasked_comes_back_and_readiness_shows_it(
    operator: Running, kill: Callable[[asyncio.Task[Any]], None]
) -> None:
    killed = await kill_each(operator, kill)
    expected = {"plugins/scan", "plugins/watch", "plugins/plugin/marks", "event-recorder", "event loop watchdog"}
    expected |= {"lifecycle events", "plugin skew monitor", "serving certificate/files"}
    assert expected <= set(killed)
    assert any(name.startswith("informer/") and "ConfigMap" in name for name in killed)
    assert any(name.startswith("controller/marks/") for name in killed)
    await works(operator, kill.__name__)


@pytest.mark.parametrize("kill", [cancel, inject])
async def test_each_task_of_a_replica_that_shares_objects_comes_back(
    sharing: Running, kill: Callable[[asyncio.Task[Any]], None]
) -> None:
    killed = await kill_each(sharing, kill)
    expected = {"membership/renew", "coordinator/lists", "coordinator/ticks", "watch on the shard map"}
    expected |= {"coordination of replicas"}
    assert expected <= set(killed)
    await works(sharing, kill.__name__)


async def test_each_thread_that_ends_unasked_comes_back(operator: Running) -> None:
    threads = operator.threads()
    assert [each.name for each in threads] == ["event loop watchdog"]
    for thread in threads:
        ident = ctypes.c_ulong(thread.ident or 0)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(Boom))
        dead: Callable[[], bool] = partial(lambda thread: not thread.is_alive(), thread)
        started: Callable[[], bool] = partial(
            lambda name: name in [each.name for each in operator.threads()], thread.name
        )
        await eventually(dead)
        await eventually(started)
    counted = operator.app.metrics.family(BACKGROUND_TASK_RESTARTS).values
    assert {kinds: count for kinds, count in counted.items() if count} == {("loop-watchdog",): 1}
    await works(operator, "threads")


async def test_an_election_that_raises_ends_the_process_with_status_1(operator: Running) -> None:
    task = operator.tasks()["manager/election"]
    # What a request raises is a failed renewal; what raises between two is not.
    await eventually(lambda: not isinstance(getattr(task, "_fut_waiter", None), asyncio.Task))
    inject(task)
    assert await asyncio.wait_for(operator.end, 30) == 1


@pytest.mark.parametrize("kill", [cancel, inject])
async def test_a_standby_whose_tasks_have_ended_takes_over(
    standby: Running, kill: Callable[[asyncio.Task[Any]], None]
) -> None:
    killed = await kill_each(standby, kill)
    assert any(name.startswith("informer/") for name in killed)
    assert not standby.has_workers()
    released = {"spec": {"holderIdentity": "", "leaseDurationSeconds": 1}}
    await standby.app.client.patch("coordination.k8s.io/v1/Lease", LEASE, released, "default")
    await eventually(standby.has_workers, timeout_seconds=30)
    await works(standby, kill.__name__)


@pytest.mark.parametrize("kill", [cancel, inject])
async def test_tasks_that_end_in_the_middle_of_a_reload_leave_an_operator_that_works(
    operator: Running, kill: Callable[[asyncio.Task[Any]], None]
) -> None:
    for turn, steps in enumerate((1, 20, 100, 300)):
        operator.save(f"reload-{turn}")
        for _ in range(steps):
            await asyncio.sleep(0.001)
        for name, task in operator.tasks().items():
            if not (name == "manager/election" and kill is inject):
                kill(task)
    await works(operator, "last")


@pytest.mark.parametrize("kill", [cancel, inject])
@pytest.mark.parametrize("turns", [1, 3, 30])
async def test_tasks_that_end_in_the_middle_of_a_stop_do_not_keep_it_from_its_end(
    operator: Running, kill: Callable[[asyncio.Task[Any]], None], turns: int
) -> None:
    operator.app.manager.request_stop()
    for _ in range(turns):
        await asyncio.sleep(0)
    for name, task in operator.tasks().items():
        if not name.startswith("manager/"):  # a step of the stop that ends is a stop that is not in order
            kill(task)
    assert await asyncio.wait_for(operator.end, 30) == 0
