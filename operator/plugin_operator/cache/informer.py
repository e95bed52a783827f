"""One informer: a store, its reflector and its event handlers."""

import asyncio

from plugin_operator.cache import time_slice
from plugin_operator.cache.environment import Environment
from plugin_operator.cache.handlers import Distributor, EventHandler, Registration
from plugin_operator.cache.index import Index
from plugin_operator.cache.keys import InformerKey
from plugin_operator.cache.lister import Lister
from plugin_operator.cache.reflector.reflector import Reflector
from plugin_operator.cache.reflector.states import State
from plugin_operator.cache.store import Store


class Informer:
    """A shared cache of one kind. ``InformerFactory`` creates, starts and stops it.

    Attributes:
        key: kind, namespace and selectors of the cached objects.
        lister: reads the cache.
    """

    def __init__(self, key: InformerKey, environment: Environment) -> None:
        self.key = key
        self._distributor = Distributor(environment.metrics, environment.clock)
        self._store = Store(self._distributor)
        self.lister = Lister(self._store, kind=key.gvk)
        self._synced = asyncio.Event()
        self._reflector = self._new_reflector(environment)

    @property
    def has_synced(self) -> bool:
        """Whether a complete list was applied and delivered to every handler."""
        return self._synced.is_set()

    @property
    def state(self) -> State:
        """State of the reflector; WAITING until the kind is served and allowed."""
        return self._reflector.state

    @property
    def is_waiting(self) -> bool:
        """Whether the API server does not serve the kind, or refuses access to it."""
        return self._reflector.state is State.WAITING

    @property
    def reason(self) -> str:
        """Why the reflector is waiting or backing off; empty while it works."""
        return self._reflector.reason

    @property
    def is_current(self) -> bool:
        """Whether the reflector has completed a list, or was definitely refused, since the last call of ``run``."""
        return self._reflector.is_current

    @property
    def last_activity(self) -> float:
        """``Clock.monotonic()`` of the last event, page or accepted request."""
        return self._reflector.last_activity

    @property
    def resource_version(self) -> str:
        """Resource version up to which the cache has followed the server."""
        return self._reflector.position

    async def wait_synced(self) -> None:
        """Wait until ``has_synced``, without a deadline."""
        await self._synced.wait()

    def add_handler(self, handler: EventHandler) -> Registration:
        """Replay all cached objects to ``handler`` as initial additions, then deliver every change.

        Some thousand objects are replayed before this returns, the rest while the event loop runs. Until
        ``Registration.replayed`` is true, the handler may see an update of an object before its addition.
        """
        return self._distributor.register(handler, self._store)

    def remove_handler(self, registration: Registration) -> None:
        """Stop the delivery of events to a handler."""
        self._distributor.unregister(registration)

    async def add_index(self, index: Index) -> None:
        """Enter all objects and their changes into an index, until ``remove_index``.

        It lets the event loop turn while it goes through the objects. Cancelled, it leaves a part of them out.

        Args:
            index: empty, of this informer alone; its function must not raise.
        """
        self._store.add_index(index)
        now = asyncio.get_running_loop().time
        end = now() + time_slice.SLICE_SECONDS
        for obj in list(self._store):
            # One that has changed meanwhile is in the index by that change.
            if self._store.get(obj.namespace, obj.name) is obj:
                index.put(obj)
            if now() >= end:
                await asyncio.sleep(0)
                end = now() + time_slice.SLICE_SECONDS

    def remove_index(self, index: Index) -> None:
        """Leave an index as it is from now on; harmless if it was never added."""
        self._store.remove_index(index)

    async def run(self) -> None:
        """Keep the cache in sync until cancelled; only the factory calls it. A second call relists."""
        await self._reflector.run()

    def _new_reflector(self, environment: Environment) -> Reflector:
        return Reflector(self.key, environment, self._store, on_listed=self._listed)

    def _listed(self) -> None:
        self._distributor.synced = True
        self._synced.set()
