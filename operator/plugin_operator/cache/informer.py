"""One shared cache: a store, the reflector that keeps it, the handlers that hear of it."""

import asyncio

from plugin_operator.cache.environment import Environment
from plugin_operator.cache.handlers import Distributor, EventHandler, Registration
from plugin_operator.cache.keys import InformerKey
from plugin_operator.cache.lister import Lister
from plugin_operator.cache.reflector.reflector import Reflector
from plugin_operator.cache.reflector.states import State
from plugin_operator.cache.store import Store


class Informer:
    """What users of a cache see. Get it from an ``InformerFactory``, which starts and stops it.

    Attributes:
        key: what is kept.
        lister: reads it.
    """

    def __init__(self, key: InformerKey, environment: Environment) -> None:
        self.key = key
        self._distributor = Distributor(environment.metrics, environment.clock)
        self._store = Store(self._distributor)
        self.lister = Lister(self._store)
        self._synced = asyncio.Event()
        self._reflector = Reflector(key, environment, self._store, on_listed=self._listed)

    @property
    def has_synced(self) -> bool:
        """Whether a complete list was applied once, and every handler heard of it."""
        return self._synced.is_set()

    @property
    def state(self) -> State:
        """What its stream is doing; WAITING until what blocks it is healed."""
        return self._reflector.state

    @property
    def reason(self) -> str:
        """Why it is waiting or backing off; empty when all is well."""
        return self._reflector.reason

    @property
    def is_current(self) -> bool:
        """Whether the list was applied, or definitely refused, since ``run`` last began."""
        return self._reflector.is_current

    @property
    def last_activity(self) -> float:
        """``Clock.monotonic()`` of the last event, page or accepted request."""
        return self._reflector.last_activity

    @property
    def resource_version(self) -> str:
        """How far the cache has followed the server."""
        return self._reflector.position

    async def wait_synced(self) -> None:
        """Wait for ``has_synced``; the caller sets the deadline."""
        await self._synced.wait()

    def add_handler(self, handler: EventHandler) -> Registration:
        """Tell ``handler`` of all objects there are, as initial, and from now on of every change.

        The first few thousand objects are told before this returns, the rest while the event loop runs; in that time
        an object may be heard to change before it is heard to be there. ``Registration.replayed`` says when it is over.
        """
        return self._distributor.register(handler, self._store)

    def remove_handler(self, registration: Registration) -> None:
        """Tell that handler nothing more."""
        self._distributor.unregister(registration)

    async def run(self) -> None:
        """Keep the cache until cancelled; of the factory alone. Run again, it lists anew."""
        await self._reflector.run()

    def _listed(self) -> None:
        self._distributor.synced = True
        self._synced.set()
