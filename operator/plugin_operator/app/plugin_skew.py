"""Detection of plugin skew: replicas publish a digest of their plugins as annotations of the Lease.

Owns one annotation per replica, and the leader's warning if another replica has other plugins: as the next leader it
would behave differently. Volumes may reach replicas minutes apart, so the leader warns only if a difference lasts. A
new leader, or one whose plugins change, removes all annotations but its own. Live replicas write theirs again, which
drops those of dead replicas.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from plugin_operator import logs
from plugin_operator.clock import Clock
from plugin_operator.errors import ApiConnectionError, ApiError
from plugin_operator.leaderelection import LeaderElector
from plugin_operator.metrics import Gauge
from plugin_operator.metrics.declaration import gauge
from plugin_operator.tasks import TaskOwner, TaskSupervisor

PREFIX = "plugins.plugin-operator/"

_LEASE = "coordination.k8s.io/v1/Lease"
_LOOK_SECONDS = 2.0
_LASTS_SECONDS = 120.0
_STOP_SECONDS = 1.0
_MOST = 20

REPLICAS_DIFFERING = gauge(
    "plugin_operator_replicas_differing", "Replicas that have held other plugins than this leader for two minutes"
)

_log = logs.get_logger(__name__)


class Loaded(Protocol):
    """What is compared of a plugin."""

    @property
    def name(self) -> str:
        """Name of the plugin."""

    @property
    def digest(self) -> str:
        """Digest of its active revision; empty if there is none."""


class Replica(Protocol):
    """The plugins of this replica, as ``hosting.PluginHost`` has them."""

    @property
    def is_settled(self) -> bool:
        """Whether all files found in the directory have been processed."""

    def status(self) -> Sequence[Loaded]:
        """Return every plugin."""


class Patcher(Protocol):
    """The method of ``client.Client`` that writes annotations."""

    async def patch(self, kind: Any, name: str, patch: Any, namespace: str | None = None) -> Any:
        """Send a merge patch."""


class Watching:
    """A replica with the namespaces that it watches.

    Objects of a namespace that the leader, or the owner of a shard, does not watch have no worker.

    Args:
        host: the plugins of the replica.
        namespaces: what it watches; empty for all namespaces.
    """

    def __init__(self, host: Replica, namespaces: Sequence[str]) -> None:
        self._host = host
        self.namespaces = namespaces

    @property
    def is_settled(self) -> bool:
        """Whether all files found in the directory have been processed."""
        return self._host.is_settled

    def status(self) -> Sequence[Loaded]:
        """Return every plugin."""
        return self._host.status()


class WatchingReplica(Replica, Protocol):
    """The plugins of this replica and what it watches, as ``Watching`` has them."""

    @property
    def namespaces(self) -> Sequence[str]:
        """The namespaces that it watches; empty for all."""


def digest_of(plugins: Iterable[Loaded], namespaces: Iterable[str] = ()) -> str:
    """Return a digest of twelve hex digits over names and digests of the active plugins, and the watched namespaces."""
    lines = sorted(f"{plugin.name} {plugin.digest}\n" for plugin in plugins if plugin.digest)
    lines += sorted(f"namespace {each}\n" for each in namespaces)
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:12]


class PluginSkewMonitor:
    """Runnable that publishes the plugin digest of this replica and, on the leader, compares all digests.

    Args:
        host: the plugins of this replica, and what it watches.
        elector: identity, Lease and leadership of this replica.
        annotations: returns the annotations of the Lease as last observed, or None.
        client: writes the annotation.
        differing: gauge of the replicas whose plugins differ from the leader's.
        clock: measures the poll interval.
        supervisor: notified if the service ends unexpectedly.
    """

    name = "plugin skew monitor"

    def __init__(
        self,
        host: WatchingReplica,
        elector: LeaderElector,
        annotations: Callable[[], Mapping[str, str] | None],
        *,
        client: Patcher,
        differing: Gauge,
        clock: Clock,
        supervisor: TaskSupervisor | None = None,
    ) -> None:
        self._host = host
        self._elector = elector
        self._annotations = annotations
        self._client = client
        self._gauge = differing
        self._clock = clock
        self._key = PREFIX + elector.identity.rpartition("_")[2]
        self._swept = ""
        self._differing: frozenset[str] = frozenset()
        self._since = 0.0
        self._is_reported = False
        self._tasks = TaskOwner(self.name, clock=clock, supervisor=supervisor)

    async def start(self) -> None:
        """Start publishing and comparing."""
        self._tasks.serve(self._run, "", kind="census")

    async def stop(self, deadline_seconds: float) -> None:
        """Stop; the next leader removes the annotation of this replica."""
        await self._tasks.stop(min(deadline_seconds, _STOP_SECONDS))

    async def _run(self) -> None:
        while True:
            seen = self._annotations()
            if seen is not None:
                try:
                    await self._look({key: value for key, value in seen.items() if key.startswith(PREFIX)})
                except (ApiError, ApiConnectionError) as error:
                    _log.debug("Plugin digest not published", reason=str(error))
            await self._clock.sleep(_LOOK_SECONDS)

    async def _look(self, published: Mapping[str, str]) -> None:
        if not self._host.is_settled:
            return  # a partly loaded set would look like skew
        mine = digest_of(self._host.status(), self._host.namespaces)
        changes: dict[str, str | None] = {} if published.get(self._key) == mine else {self._key: mine}
        others = {key: value for key, value in published.items() if key != self._key}
        leads = self._elector.is_leader()
        if leads and (self._swept != mine or len(others) > _MOST):
            changes |= dict.fromkeys(others)
            others = {}
        if changes:
            lock = self._elector.lock
            await self._client.patch(_LEASE, lock.name, {"metadata": {"annotations": changes}}, lock.namespace)
        self._swept = mine if leads else ""
        self._judge(frozenset(key for key, value in others.items() if value != mine) if leads else frozenset())

    def _judge(self, differing: frozenset[str]) -> None:
        now = self._clock.monotonic()
        if differing != self._differing:
            self._differing, self._since, self._is_reported = differing, now, False
        lasts = now - self._since >= _LASTS_SECONDS
        self._gauge.set(len(differing) if lasts else 0)
        if differing and lasts and not self._is_reported:
            self._is_reported = True
            _log.warning(
                "Plugin skew between replicas",
                replicas=sorted(key.removeprefix(PREFIX) for key in differing),
            )
