"""Detection of an idle operator: all caches equal the server, and no work is due.

Leaves waiting to the harness.
"""

from collections.abc import Callable, Iterable

from plugin_operator.app import App
from plugin_operator.cache import Informer, InformerKey
from plugin_operator.client import ApiClient
from plugin_operator.controllers import ControllerStatus
from plugin_operator.errors import ApiError
from plugin_operator.hosting import PluginState, PluginStatus
from plugin_operator.kube import NamespacedName
from plugin_operator.testing.edits import AT_WORK


class Quiescence:
    """Detects whether one operator is idle.

    A plugin that waits for a kind counts as idle only while the server does not serve it. Delayed keys do not count,
    because they are not due.

    Args:
        app: the operator.
        looker: client that reads the server's objects, with a mapper that has no cache.
        unmet_waits: returns how many running reconciles wait for what no cache shows yet. If the caches equal the
            server, these wait for a deadline, as delayed keys do: a test has planned a conflict that no write caused.
    """

    def __init__(self, app: App, looker: ApiClient, unmet_waits: Callable[[], int] = lambda: 0) -> None:
        self._app = app
        self._looker = looker
        self._unmet_waits = unmet_waits

    async def is_reached(self) -> bool:
        """Report whether every cache equals the server, no plugin is loading, and no key is queued or in process.

        Call it twice, because an event between cache and queue is not visible. If the server fails, it returns False.
        """
        before = self._progress()
        if before is None or await self._can_continue():
            return False
        for informer in self._app.factory.informers():
            if not await self._equals_server(informer):
                return False
        # Each comparison awaits a list; a reconcile meanwhile may have written objects compared before.
        return self._progress() == before

    @property
    def has_work(self) -> bool:
        """Whether a plugin is loading, or a key is queued or in process."""
        return self._progress() is None

    def _progress(self) -> tuple[object, ...] | None:
        """Return progress counters of all plugins and controllers, or None while one has work."""
        plugins = self._app.host.status()
        controllers = [controller for plugin in plugins for controller in plugin.controllers]
        if any(plugin.state in AT_WORK for plugin in plugins) or any(map(_is_busy, controllers)):
            return None
        if sum(len(each.in_flight) for each in controllers) > self._unmet_waits():
            return None
        ended = [(each.name, each.revision, sum(each.reconciles.values())) for each in controllers]
        return (*ended, *((plugin.name, plugin.state) for plugin in plugins))

    async def _can_continue(self) -> bool:
        """Report whether a waiting plugin could proceed or must stop by now; if so, trigger a check by the host."""
        host, states = self._app.host, {PluginState.ACTIVE, PluginState.WAITING}
        plugins = [plugin for plugin in host.status() if plugin.state in states]
        if any((plugin.state is PluginState.WAITING) != bool(plugin.awaits) for plugin in plugins):
            host.hint()
            return True
        for plugin in plugins:
            # A pending edit has no caches that would notice that its kind is served.
            if (
                plugin.candidate
                and plugin.awaits
                and all([await self._versions(key) is not None for key in plugin.awaits])
            ):
                host.retry()
                return True
        return False

    async def _equals_server(self, informer: Informer) -> bool:
        there = await self._versions(informer.key)
        if there is None:
            return informer.is_waiting
        names = informer.lister.keys()
        here = {name: cached.resource_version for name in names if (cached := informer.lister.cached(name)) is not None}
        return informer.has_synced and not informer.is_waiting and there == here

    async def _versions(self, key: InformerKey) -> dict[NamespacedName, str] | None:
        """Return the server's resource versions of the objects in a cache; None if the list fails."""
        try:
            objects = await self._looker.list(key.gvk, key.namespace, key.label_selector, key.field_selector)
        except ApiError:
            return None
        return {NamespacedName.of(obj): obj["metadata"]["resourceVersion"] for obj in objects}


def report_of(plugins: Iterable[PluginStatus]) -> str:
    """Return the state and work of all plugins, for the message of a timeout; empty without plugins."""
    return "; ".join(
        f"{plugin.name} is {plugin.state} {plugin.reason}".strip()
        + "".join(
            f", {each.name}: {each.queue_depth} queued, {len(each.in_flight)} running, failing {dict(each.failing)}"
            for each in plugin.controllers
        )
        for plugin in plugins
    )


def _waits(controller: ControllerStatus) -> bool:
    return any(informer.is_waiting for informer in controller.informers)


def _is_busy(controller: ControllerStatus) -> bool:
    """Report whether a controller has queued work, or will start once it notices that its caches have synced."""
    warms = not controller.has_synced and not _waits(controller)
    return bool(warms or controller.queue_depth)
