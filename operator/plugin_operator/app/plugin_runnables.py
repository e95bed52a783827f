"""The plugin host as two parts of the process: one on every replica, one only on the leader.

Caches and queues fill everywhere, so that a standby takes over warm; reconciling begins with leadership and ends before
the Lease is given back.
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
    """What the manager needs of ``hosting.PluginHost``."""

    async def start(self) -> None:
        """Load what is there and follow the directory."""

    def lead(self) -> None:
        """Begin to reconcile."""

    async def stop(self, deadline_seconds: float) -> list[str]:
        """End all reconciles, then everything else; return the reconciles that still run."""


class HostRunnable:
    """The Runnable of every replica; ends what the leader's part has not ended already."""

    name = "plugins"

    def __init__(self, host: Host) -> None:
        self._host = host
        self._stopped = False

    async def start(self) -> None:
        """Load the plugins and fill their caches."""
        await self._host.start()

    async def stop(self, deadline_seconds: float) -> None:
        """Stop the host; harmless if it is stopped.

        Raises:
            PluginOperatorError: reconciles still run, because they ignore their cancellation.
        """
        if not self._stopped:
            self._stopped = True
            if stuck := await self._host.stop(deadline_seconds):
                raise PluginOperatorError(f"reconciles ignore their cancellation: {', '.join(stuck)}")


class LeaderRunnable:
    """The Runnable of the leader: work begins with its start, and has ended when its stop returns."""

    name = "reconciles"

    def __init__(self, host: Host, part: HostRunnable) -> None:
        self._host = host
        self._part = part

    async def start(self) -> None:
        """Begin to reconcile."""
        self._host.lead()

    async def stop(self, deadline_seconds: float) -> None:
        """End every reconcile, for the Lease is given back next."""
        await self._part.stop(deadline_seconds)


class FactoryRunnable:
    """The Runnable that closes what caches are still open once the plugins are gone."""

    name = "caches"

    def __init__(self, factory: InformerFactory) -> None:
        self._factory = factory

    async def start(self) -> None:
        """Caches start when a plugin asks for them."""

    async def stop(self, deadline_seconds: float) -> None:
        """Close every cache; the factory keeps to a deadline of its own."""
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
