"""The life cycle of an embedded API server."""

import asyncio
import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from http1 import HttpServer
from kube_apiserver.bootstrap import bootstrap
from kube_apiserver.clock import Clock, SystemClock
from kube_apiserver.cluster import Cluster
from kube_apiserver.config import ApiServerConfig, Endpoint
from kube_apiserver.controllers.controllers import Controllers
from kube_apiserver.controllers.snapshot import NumberedSnapshots, Snapshot, restore, take
from kube_apiserver.features import enabled_features
from kube_apiserver.handler import Handler
from kube_apiserver.listener import BACKLOG, Front, address_of, listen, reachable
from kube_apiserver.registry import Registry
from kube_apiserver.registry.builtin_resources import served_builtin_resources
from kube_apiserver.security.authentication import Authenticator
from kube_apiserver.security.files import admin_token, authority
from kube_apiserver.security.kubeconfig import write_kubeconfig
from kube_apiserver.security.rbac import RbacAuthorizer
from kube_apiserver.security.token_signer import TokenSigner
from kube_apiserver.security.tokens import Tokens
from kube_apiserver.storage import Journal, Store, recover

if TYPE_CHECKING:
    from kube_apiserver.seeds.manifests import Manifest

_SHUTDOWN_SECONDS = 0.5
_NOT_STARTED = "the API server has not been started: await start(), or use it in async with"


class ApiServer:
    """A Kubernetes API server on the running event loop.

    Args:
        config: the settings, by default those of ``ApiServerConfig()``.
        clock: the wall clock, by default that of the machine.
        front: accepts the connections; None lets the event loop accept them without limits.

    Raises:
        ValueError: a feature gate in the settings does not exist.

    Attributes:
        cluster: the state of the server, for tests that bypass HTTP.
        faults: the planned faults, empty by default.
    """

    def __init__(
        self, config: ApiServerConfig | None = None, *, clock: Clock | None = None, front: Front | None = None
    ) -> None:
        self.config = config or ApiServerConfig()
        self._front = front
        store, clock = Store(self.config.history_size), clock or SystemClock()
        self.cluster = Cluster(
            store=store,
            registry=Registry(served_builtin_resources()),
            clock=clock,
            authorizer=RbacAuthorizer(store),
            tokens=Tokens(store, clock, TokenSigner(self.config.data_dir)),
            bookmark_seconds=self.config.bookmark_seconds,
            stuck_seconds=self.config.stuck_seconds,
            features=enabled_features(self.config.feature_gates),
        )
        self.faults = self.cluster.faults
        self._socket: socket.socket | None = None
        self._server: HttpServer | None = None
        self._listener: asyncio.Server | None = None
        self._endpoint: Endpoint | None = None
        self._controllers: Controllers | None = None
        self._journal: Journal | None = None

    @property
    def endpoint(self) -> Endpoint:
        """Return the endpoint of the server.

        Raises:
            RuntimeError: the server was never started.
        """
        if self._endpoint is None:
            raise RuntimeError(_NOT_STARTED)
        return self._endpoint

    async def start(self) -> Endpoint:
        """Start listening and return the endpoint. A failed or cancelled start releases everything.

        Raises:
            RuntimeError: the server runs already.
            OSError: the address is unavailable, or the data folder is not accessible.
            FolderInUse: another server uses the data folder.
            DataBroken: the data folder is damaged.
            JournalFailed: the data folder cannot be written.
            ManifestError: a seed cannot be read, or the server rejects it. It is a ValueError.
            ValueError: a controller in the settings does not exist, or the port is not from 0 to 65535.
        """
        if self._server is not None:
            raise RuntimeError("the API server runs already: stop() it first, or make another one")
        try:
            return await self._start()
        except BaseException:
            await self.stop()
            raise

    async def __aenter__(self) -> Endpoint:
        """Start the server and return its endpoint. The server stops at the end of the block."""
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _start(self) -> Endpoint:
        config = self.config
        manifests = self._manifests()
        if config.data_dir is not None:
            self._journal = self._open_journal(config.data_dir)
        self._socket = listen(config.host, config.port)
        host, port = address_of(self._socket)
        context, ca_pem = self._tls()
        bootstrap(self.cluster, reachable(host, brackets=False), port)
        self._controllers = Controllers(self.cluster, ca_pem, config.controllers)
        self._controllers.start()
        if self._journal is None:
            # No client of this server has seen these revisions. One that asks for them must relist.
            self.cluster.store.compact()
        await self.cluster.store.durable(self.cluster.store.revision)
        token = config.token or (admin_token(config.data_dir) if config.tls else None)
        if token:
            self.cluster.tokens.register(token)
        handler = Handler(
            self.cluster,
            Authenticator(self.cluster.tokens, self.cluster.authorizer, required=token is not None),
            NumberedSnapshots(self.cluster, self._controllers),
        )
        handle = handler if self._front is None else self._front.around(handler)
        self._server = HttpServer(handle)
        if manifests:
            from kube_apiserver.seeds.seeding import seed

            await seed(handler, token or "", self.cluster.registry, manifests)
        await self._accept(self._server, self._socket, context)
        url = f"{'https' if context else 'http'}://{reachable(host if config.host else '')}:{port}"
        self._endpoint = Endpoint(url, ca_pem, token or "")
        if config.kubeconfig_path is not None:
            self.write_kubeconfig(config.kubeconfig_path)
        return self._endpoint

    def snapshot(self) -> Snapshot:
        """Return the present state of the running server for `restore`: all objects, and the kinds of its CRDs.

        Raises:
            RuntimeError: the server was never started.
        """
        return take(self.cluster, self._running_controllers)

    async def restore(self, snapshot: Snapshot) -> None:
        """Return to a snapshot of this server, in one step that no request sees half done.

        What differs is written like any change, at new revisions: open watches show it and stay open, and no client
        sees a resourceVersion go back. A kind whose CRD the snapshot lacks is no longer served, and its watches end.
        All planned faults are removed, and watches in which one lasts end. Controllers follow the restored state.
        A request in progress may write after the restore. With a data folder, it returns once all is on disk; a
        cancellation does not undo it.

        Args:
            snapshot: the state to return to. It may be restored any number of times.

        Raises:
            RuntimeError: the server was never started.
            ValueError: the snapshot is of another server.
            JournalFailed: the data folder cannot be written. The state is as before.
        """
        await restore(snapshot, self.cluster, self._running_controllers)

    @property
    def _running_controllers(self) -> Controllers:
        if self._controllers is None:
            raise RuntimeError(_NOT_STARTED)
        return self._controllers

    def write_kubeconfig(self, path: Path) -> None:
        """Write a kubeconfig for the running server, with mode 0600.

        Args:
            path: the file, which is replaced if it exists.

        Raises:
            RuntimeError: the server was never started.
            OSError: the file cannot be written.
        """
        write_kubeconfig(path, self.endpoint)

    async def stop(self) -> None:
        """Close all connections and stop listening. It does nothing if the server was never started. Raises nothing."""
        server, self._server = self._server, None
        listener, self._listener = self._listener, None
        if self._front is not None:
            self._front.close()
        if listener is not None:
            listener.close()
        if server is not None:
            await server.shutdown(_SHUTDOWN_SECONDS)
        if self._front is not None:
            await self._front.stop()
        if self._socket is not None:
            self._socket.close()
        if self._controllers is not None:
            self._controllers.stop()
        if self._journal is not None:
            journal, self._journal = self._journal, None
            await journal.close()

    async def _accept(self, server: HttpServer, sock: socket.socket, context: ssl.SSLContext | None) -> None:
        """Start accepting connections."""
        if self._front is None:
            loop = asyncio.get_running_loop()
            self._listener = await loop.create_server(server, sock=sock, backlog=BACKLOG, ssl=context)
        else:
            self._front.start(sock, server, context)

    def _manifests(self) -> "list[Manifest]":
        if not self.config.seeds:
            return []
        # Imported on demand: most servers have no seeds.
        from kube_apiserver.seeds.manifests import read_manifests

        return read_manifests(self.config.seeds)

    def _open_journal(self, folder: Path) -> Journal:
        store = self.cluster.store
        found = recover(folder)
        if found.revision:
            store.restore(found)
        journal = Journal(folder, store)
        store.attach(journal)
        return journal

    def _tls(self) -> tuple[ssl.SSLContext | None, str]:
        if not self.config.tls:
            return None, ""
        # Imported on demand: a server without TLS needs no certificates.
        from kube_apiserver.security.certificates import renewing_context

        now = self.cluster.clock.now
        ca = authority(self.config.data_dir, now())
        hosts = [reachable(self.config.host, brackets=False)]
        return renewing_context(ca, "plugin-operator-apiserver", hosts, now), ca.certificate_pem.decode()
