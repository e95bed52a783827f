"""Sharing informers: one stream for everybody who wants the same objects.

Owns starting, counting users and stopping.
"""

from collections.abc import Mapping, Sequence

from plugin_operator import logs
from plugin_operator.cache.environment import Environment, ReflectorSettings
from plugin_operator.cache.informer import Informer
from plugin_operator.cache.keys import InformerKey
from plugin_operator.cache.reflector.states import State
from plugin_operator.client import RESTMapper, Transport
from plugin_operator.clock import Clock
from plugin_operator.metrics import Metrics
from plugin_operator.tasks import Service, TaskOwner, TaskSupervisor, wait_until_done

_log = logs.get_logger(__name__)

_STOP_SECONDS = 5.0


class _Shared:
    """An informer, what runs it and the number of its users."""

    __slots__ = ("informer", "service", "users")

    def __init__(self, informer: Informer, service: Service) -> None:
        self.informer = informer
        self.service = service
        self.users = 1


class InformerFactory:
    """Makes informers and keeps them while somebody uses them.

    Args:
        transport: the connection.
        mapper: finds resources.
        clock: of every pause.
        metrics: shows size and readiness of each cache.
        settings: times of the streams.
        supervisor: notified of informers that end unexpectedly.
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
    ) -> None:
        self._clock = clock
        self.settings = settings or ReflectorSettings()
        self._environment = Environment(transport, mapper, clock, metrics, self.settings)
        self._shared: dict[InformerKey, _Shared] = {}
        self._tasks = TaskOwner("informer", clock=clock, supervisor=supervisor)
        metrics.informer_objects.set_source(self._objects)
        metrics.informer_synced.set_source(self._synced)
        metrics.informer_waiting.set_source(self._waiting)

    def acquire(self, key: InformerKey) -> Informer:
        """Return the informer for ``key``, started; call ``release`` once for every ``acquire``.

        It never fails because of the server: an informer whose kind is missing or forbidden is WAITING and heals.

        Raises:
            SelectorError: a selector of the key cannot be read.
        """
        key = key.canonical()
        shared = self._shared.get(key)
        if shared is not None:
            shared.users += 1
            return shared.informer
        informer = Informer(key, self._environment)
        service = self._tasks.serve(informer.run, str(key), kind="informer", is_working=lambda: informer.is_current)
        self._shared[key] = _Shared(informer, service)
        return informer

    async def release(self, informer: Informer) -> None:
        """Give one use back; the last one stops the informer and waits until its stream is closed.

        Raises:
            ValueError: the informer is not in use.
        """
        shared = self._shared.get(informer.key)
        if shared is None or shared.informer is not informer:
            raise ValueError(f"the informer for {informer.key} was released more often than acquired")
        shared.users -= 1
        if shared.users == 0:
            # Out of the map first: whoever acquires during the wait must get a new one.
            del self._shared[informer.key]
            shared.service.cancel()
            await wait_until_done([shared.service.task], _STOP_SECONDS, clock=self._clock)

    def informers(self) -> Sequence[Informer]:
        """Return those in use, for status."""
        return tuple(shared.informer for shared in self._shared.values())

    async def stop(self) -> None:
        """Stop all informers, whoever uses them."""
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

    def _by_label(self) -> dict[tuple[str, ...], list[Informer]]:
        """Group the informers that differ in selectors alone, for a selector is no fit label."""
        groups: dict[tuple[str, ...], list[Informer]] = {}
        for informer in self.informers():
            groups.setdefault((str(informer.key.gvk), informer.key.namespace or ""), []).append(informer)
        return groups
