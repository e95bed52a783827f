"""An API server for synchronous code: it runs on an event loop in a thread of its own."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

from kube_apiserver.config import ApiServerConfig, Endpoint
from kube_apiserver.controllers.snapshot import Snapshot
from kube_apiserver.faults import Fault, FaultPlan, Planned
from kube_apiserver.server import ApiServer

T = TypeVar("T")


class ThreadedApiServer:
    """An ``ApiServer`` in a thread, for tests that are not asynchronous, or whose event loop ends with each test.

    It is a context manager. All methods block, and may be called from any thread. KeyboardInterrupt ends the wait and
    not the work.

    Args:
        config: the settings, by default those of ``ApiServerConfig()``.

    Raises:
        ValueError: a feature gate in the settings does not exist.

    Attributes:
        config: the settings.
        faults: the planned faults, empty by default.
    """

    def __init__(self, config: ApiServerConfig | None = None) -> None:
        self._server = ApiServer(config)
        self.config = self._server.config
        self.faults = ThreadedFaults(lambda use: self._call(partial(use, self._server.faults)))
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    @property
    def endpoint(self) -> Endpoint:
        """Return the address and the credentials of the server.

        Raises:
            RuntimeError: the server was never started.
        """
        return self._server.endpoint

    @property
    def kubeconfig(self) -> Path:
        """Return the path of the kubeconfig that the server has written: ``config.kubeconfig_path``.

        Raises:
            RuntimeError: the settings name none.
        """
        if self.config.kubeconfig_path is None:
            raise RuntimeError("the server writes no kubeconfig: set ApiServerConfig(kubeconfig_path=…)")
        return self.config.kubeconfig_path

    def start(self) -> Endpoint:
        """Start the thread and the server, and return the endpoint. A failed start releases everything.

        Raises:
            RuntimeError: the server was started before.
            OSError: as in ``ApiServer.start``, and so are the other errors.
        """
        if self._thread is not None:
            raise RuntimeError("the API server was started before: make another one")
        started: Future[Endpoint] = Future()
        # A daemon, so that a server that is never stopped does not keep the process alive.
        self._thread = threading.Thread(target=self._run, args=(started,), name="kube-apiserver", daemon=True)
        self._thread.start()
        return started.result()

    def stop(self) -> None:
        """Close all connections, stop the server and end the thread. It does nothing on a stopped server.

        Raises nothing.
        """
        loop, end, thread = self._loop, self._end, self._thread
        if loop is None or end is None or thread is None:
            return
        if thread.is_alive():
            loop.call_soon_threadsafe(end.set)
            thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def snapshot(self) -> Snapshot:
        """Return the present state of the server, as ``ApiServer.snapshot``.

        Raises:
            RuntimeError: the server does not run.
        """
        return self._call(self._server.snapshot)

    def restore(self, snapshot: Snapshot) -> None:
        """Return to a snapshot of this server, as ``ApiServer.restore``.

        Args:
            snapshot: the state to return to. It may be restored any number of times.

        Raises:
            RuntimeError: the server does not run.
            ValueError: the snapshot is of another server.
            JournalFailed: the data folder cannot be written. The state is as before.
        """
        self._wait(partial(self._server.restore, snapshot))

    def write_kubeconfig(self, path: Path) -> None:
        """Write a kubeconfig for the running server, with mode 0600.

        Args:
            path: the file, which is replaced if it exists.

        Raises:
            RuntimeError: the server was never started.
            OSError: the file cannot be written.
        """
        self._server.write_kubeconfig(path)

    def _run(self, started: "Future[Endpoint]") -> None:
        with asyncio.Runner() as runner:
            runner.run(self._serve(started))

    async def _serve(self, started: "Future[Endpoint]") -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        try:
            endpoint = await self._server.start()
        except BaseException as error:  # noqa: BLE001 - the thread that waits raises it
            started.set_exception(error)
            return
        started.set_result(endpoint)
        try:
            await self._end.wait()
        finally:
            await self._server.stop()

    def _call(self, function: Callable[[], T]) -> T:
        async def call() -> T:
            return function()

        return self._wait(call)

    def _wait(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run ``work`` on the loop of the server, and return its result."""
        loop, thread = self._loop, self._thread
        if loop is None or thread is None or not thread.is_alive():
            raise RuntimeError("the API server does not run: start() it, or use it in with")
        return asyncio.run_coroutine_threadsafe(work(), loop).result()


class ThreadedFaults:
    """The planned faults of a ``ThreadedApiServer``. ``kube_apiserver.faults`` has the faults themselves."""

    def __init__(self, call: Callable[[Callable[[FaultPlan], Any]], Any]) -> None:
        self._call = call

    def add(self, fault: Fault) -> Planned:
        """Plan a fault. A fault of watches hits the matching open watches immediately."""
        planned: Planned = self._call(lambda plan: plan.add(fault))
        return planned

    def remove(self, planned: Planned | int) -> None:
        """Remove a fault from the plan. A silenced watch stays silent, because it has lost events."""
        self._call(lambda plan: plan.remove(planned))

    def clear(self) -> None:
        """Remove all faults."""
        self._call(lambda plan: plan.clear())

    def __iter__(self) -> Iterator[Planned]:
        return iter(self._planned())

    def __len__(self) -> int:
        return len(self._planned())

    def _planned(self) -> tuple[Planned, ...]:
        found: tuple[Planned, ...] = self._call(tuple)
        return found
