"""Shared informers: one stream for all users of the same objects.

Owns starting, reference counts and stopping.
"""

from collections.abc import Mapping, Sequence

from plugin_operator import logs
from plugin_operator.cache.environment import Environment, ReflectorSettings
from plugin_operator.cache.informer import Informer
from plugin_operator.cache.keys import InformerKey
from plugin_operator.cache.reflector.states import QUIET_STATES, State
from plugin_operator.cache.shards.owned_shards import OwnedShards
from plugin_operator.cache.shards.sharded_informer import ShardedInformer
from plugin_operator.client import RESTMapper, Transport
from plugin_operator.clock import Clock
from plugin_operator.metrics import Metrics
from plugin_operator.metrics.declaration import gauge
from plugin_operator.tasks import Service, TaskOwner, TaskSupervisor, wait_until_done

INFORMER_OBJECTS = gauge("plugin_operator_informer_objects", "Objects in the cache", "kind", "namespace")

INFORMER_SYNCED = gauge(
    "plugin_operator_informer_synced", "1 once the cache is complete", "kind", "namespace", merge="lowest"
)

INFORMER_WAITING = gauge(
    "plugin_operator_informer_waiting",
    "1 while the cache waits for its kind or for a permission",
    "kind",
    "namespace",
    merge="highest",
)

INFORMER_SILENT = gauge(
    "plugin_operator_informer_silent_seconds",
    "Seconds since the API server last sent something to the cache; 0 while the cache waits",
    "kind",
    "namespace",
    merge="highest",
)

_log = logs.get_logger(__name__)

_STOP_SECONDS = 5.0


class _Shared:
    """An informer, the service that runs it, and its reference count."""

    __slots__ = ("informer", "service", "users")

    def __init__(self, informer: Informer, service: Service) -> None:
        self.informer = informer
        self.service = service
        self.users = 1


class InformerFactory:
    """Creates informers, shares them by key, and stops each one when its last user releases it.

    Args:
        transport: sends requests to the API server.
        mapper: resolves kinds to resources.
        clock: measures timeouts and backoff.
        metrics: receives size and sync state of each cache.
        settings: timeouts and intervals of the reflectors.
        supervisor: notified of informers that end unexpectedly.
        shards: the shards that this process owns; None if it works on all objects.
    """

    def __init__(
        self,
        transport: Transport,
        mapper: RESTMapper,
        *,
        clock: Clock,
        metrics: Metrics,
        settings: ReflectorSettings | None = None,
        supervisor: TaskSupervisor | None = None,
        shards: OwnedShards | None = None,
    ) -> None:
        self._clock = clock
        self._shards = shards
        self.settings = settings or ReflectorSettings()
        self._environment = Environment(transport, mapper, clock, metrics, self.settings)
        self._shared: dict[InformerKey, _Shared] = {}
        self._tasks = TaskOwner("informer", clock=clock, supervisor=supervisor)
        metrics.family(INFORMER_OBJECTS).set_source(self._objects)
        metrics.family(INFORMER_SYNCED).set_source(self._synced)
        metrics.family(INFORMER_WAITING).set_source(self._waiting)
        metrics.family(INFORMER_SILENT).set_source(self._silent)

    def acquire(self, key: InformerKey) -> Informer:
        """Return the started informer for ``key``; call ``release`` once for every ``acquire``.

        Server errors do not raise here: an informer whose kind is missing or forbidden is WAITING until it is served.

        Raises:
            SelectorError: a selector of the key cannot be parsed.
            ValueError: the key is of shards, and this process has none.
        """
        key = key.canonical()
        shared = self._shared.get(key)
        if shared is not None:
            shared.users += 1
            return shared.informer
        informer = self._new(key)
        service = self._tasks.serve(informer.run, str(key), kind="informer", is_working=lambda: informer.is_current)
        self._shared[key] = _Shared(informer, service)
        return informer

    def _new(self, key: InformerKey) -> Informer:
        if key.shard_by is None:
            return Informer(key, self._environment)
        if self._shards is None:
            raise ValueError(f"{key}: this process owns no shards, so that it keeps all objects of the kind")
        return ShardedInformer(key, self._environment, self._shards)

    async def release(self, informer: Informer) -> None:
        """Decrement the reference count; at zero, stop the informer and wait until its stream is closed.

        Raises:
            ValueError: the informer is not in use.
        """
        shared = self._shared.get(informer.key)
        if shared is None or shared.informer is not informer:
            raise ValueError(f"the informer for {informer.key} was released more often than acquired")
        shared.users -= 1
        if shared.users == 0:
            # Remove it from the map first: ``acquire`` during the wait must create a new one.
            del self._shared[informer.key]
            shared.service.cancel()
            await wait_until_done([shared.service.task], _STOP_SECONDS, clock=self._clock)

    def informers(self) -> Sequence[Informer]:
        """Return the informers in use, for status."""
        return tuple(shared.informer for shared in self._shared.values())

    async def stop(self) -> None:
        """Stop all informers, including those in use."""
        self._shared.clear()
        stubborn = await self._tasks.stop(_STOP_SECONDS)
        if stubborn:
            _log.error("Informers did not stop", tasks=stubborn)

    def _objects(self) -> Mapping[tuple[str, ...], float]:
        return {labels: sum(len(each.lister) for each in group) for labels, group in self._by_label().items()}

    def _synced(self) -> Mapping[tuple[str, ...], float]:
        return {labels: min(each.has_synced for each in group) for labels, group in self._by_label().items()}

    def _waiting(self) -> Mapping[tuple[str, ...], float]:
        return {
            labels: max(each.state is State.WAITING for each in group) for labels, group in self._by_label().items()
        }

    def _silent(self) -> Mapping[tuple[str, ...], float]:
        now = self._clock.monotonic()
        return {
            labels: max(0.0 if each.state in QUIET_STATES else now - each.last_activity for each in group)
            for labels, group in self._by_label().items()
        }

    def _by_label(self) -> dict[tuple[str, ...], list[Informer]]:
        """Group informers by metric labels; selectors are no labels, because their values are unbounded."""
        groups: dict[tuple[str, ...], list[Informer]] = {}
        for informer in self.informers():
            groups.setdefault((str(informer.key.gvk), informer.key.namespace or ""), []).append(informer)
        return groups
