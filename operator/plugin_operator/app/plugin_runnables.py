"""The plugin host as two Runnables: one on every replica, one on the leader only.

Caches and queues are filled on every replica, so that a standby starts warm. Reconciling starts with leadership and
ends before the Lease is released.
"""

from types import FrameType
from typing import Protocol

from plugin_operator.cache import InformerFactory
from plugin_operator.containment import PluginGuard
from plugin_operator.controllers.sources.source import Source
from plugin_operator.controllers.workers.outcomes import Outcomes
from plugin_operator.errors import PluginOperatorError
from plugin_operator.hosting.loading.revision_modules import owner_of


class Host(Protocol):
    """The methods of ``hosting.PluginHost`` that its Runnables use."""

    async def start(self) -> None:
        """Load the plugins and watch the directory."""

    def lead(self) -> None:
        """Start reconciling."""

    async def stop(self, deadline_seconds: float) -> list[str]:
        """Stop all reconciles, then all other work; return the reconciles that still run."""


class HostRunnable:
    """Runnable of every replica; stops the host unless the leader's Runnable has stopped it."""

    name = "plugins"

    def __init__(self, host: Host) -> None:
        self._host = host
        self._stopped = False

    async def start(self) -> None:
        """Load the plugins and start their caches."""
        await self._host.start()

    async def stop(self, deadline_seconds: float) -> None:
        """Stop the host; does nothing if it is stopped.

        Raises:
            PluginOperatorError: reconciles still run, because they ignore cancellation.
        """
        if not self._stopped:
            self._stopped = True
            if stuck := await self._host.stop(deadline_seconds):
                raise PluginOperatorError(f"reconciles ignore their cancellation: {', '.join(stuck)}")


class LeaderRunnable:
    """Runnable of the leader: reconciles run between ``start`` and the return of ``stop``."""

    name = "reconciles"

    def __init__(self, host: Host, part: HostRunnable) -> None:
        self._host = host
        self._part = part

    async def start(self) -> None:
        """Start reconciling."""
        self._host.lead()

    async def stop(self, deadline_seconds: float) -> None:
        """Stop every reconcile, because the Lease is released next."""
        await self._part.stop(deadline_seconds)


class FactoryRunnable:
    """Runnable that stops the remaining informers after the plugins have stopped."""

    name = "caches"

    def __init__(self, factory: InformerFactory) -> None:
        self._factory = factory

    async def start(self) -> None:
        """Do nothing: an informer starts when a plugin acquires it."""

    async def stop(self, deadline_seconds: float) -> None:
        """Stop every informer, within the factory's own deadline."""
        del deadline_seconds
        await self._factory.stop()


def plugin_of(frame: FrameType) -> str | None:
    """Return the name of the plugin whose code a frame runs, or for which the operator works there; or None."""
    module = str(frame.f_globals.get("__name__", ""))
    if (owner := owner_of(module, frame.f_code.co_filename)) is not None:
        return owner.plugin
    guard = PluginGuard.running_in(frame) if module in _WORKS_FOR_PLUGINS else None
    return guard.plugin if guard is not None else None


#: Where the operator renders what a plugin raised, or queues what it mapped to: the plugin decides how long that takes.
_WORKS_FOR_PLUGINS = frozenset(each.__module__ for each in (PluginGuard, Outcomes, Source))
