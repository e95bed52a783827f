"""Whether an operator has nothing left to do: caches as the server is, and no work that is due.

Owns the judgement. Waiting for it is the harness's.
"""

from collections.abc import Iterable

from plugin_operator.app import App
from plugin_operator.cache import Informer, InformerKey, State
from plugin_operator.client import Client
from plugin_operator.controllers import ControllerStatus
from plugin_operator.errors import ApiError, NoMatchError
from plugin_operator.hosting import PluginState, PluginStatus
from plugin_operator.kube import NamespacedName
from plugin_operator.testing.edits import AT_WORK


class Quiescence:
    """Judges whether one operator is at rest.

    A plugin that waits for a kind counts as calm only while the server does not serve it. Keys that wait for a time do
    not count: they are not due.

    Args:
        app: the operator.
        looker: reads what the server has. Its mapper believes no answer for any time.
    """

    def __init__(self, app: App, looker: Client) -> None:
        self._app = app
        self._looker = looker

    async def is_reached(self) -> bool:
        """Tell whether every cache equals the server, and nothing is being loaded, queued or running.

        Ask twice: between cache and queue, an event that is on its way is not seen. Raises nothing of a server that
        fails; its caches are then not equal.
        """
        before = self._progress()
        if before is None or await self._can_go_on():
            return False
        for informer in self._app.factory.informers():
            if not await self._equals_server(informer):
                return False
        # Each look awaits a list, and a reconcile that ran meanwhile may have written what was looked at before.
        return self._progress() == before

    def _progress(self) -> tuple[object, ...] | None:
        """How far each plugin and controller has come; None while one is at work."""
        plugins = self._app.host.status()
        controllers = [controller for plugin in plugins for controller in plugin.controllers]
        if any(plugin.state in AT_WORK for plugin in plugins) or any(map(_is_busy, controllers)):
            return None
        ended = [(each.name, each.revision, sum(each.reconciles.values())) for each in controllers]
        return (*ended, *((plugin.name, plugin.state) for plugin in plugins))

    async def _can_go_on(self) -> bool:
        """Tell whether a plugin's state is behind what is there or gone by now; the host is asked to look at once."""
        host, states = self._app.host, {PluginState.ACTIVE, PluginState.WAITING}
        plugins = [plugin for plugin in host.status() if plugin.state in states]
        if any((plugin.state is PluginState.WAITING) != bool(plugin.awaits) for plugin in plugins):
            host.hint()
            return True
        for plugin in plugins:
            # An edit is kept back without caches of its own that would notice.
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
            return informer.state is State.WAITING
        names = informer.lister.keys()
        here = {name: cached.resource_version for name in names if (cached := informer.lister.raw(name)) is not None}
        return informer.has_synced and informer.state is not State.WAITING and there == here

    async def _versions(self, key: InformerKey) -> dict[NamespacedName, str] | None:
        """Return what the server has of a cache's objects; None if it does not give it."""
        try:
            objects = await self._looker.list(key.gvk, key.namespace, key.label_selector, key.field_selector)
        except (ApiError, NoMatchError):
            return None
        return {NamespacedName.of(obj): obj["metadata"]["resourceVersion"] for obj in objects}


def report_of(plugins: Iterable[PluginStatus]) -> str:
    """Return what is going on in plugins, for a message about a wait that took too long."""
    return "; ".join(
        f"{plugin.name} is {plugin.state} {plugin.reason}".strip()
        + "".join(
            f", {each.name}: {each.queue_depth} queued, {len(each.in_flight)} running, failing {dict(each.failing)}"
            for each in plugin.controllers
        )
        for plugin in plugins
    )


def _waits(controller: ControllerStatus) -> bool:
    return any(informer.state == State.WAITING.name for informer in controller.informers)


def _is_busy(controller: ControllerStatus) -> bool:
    """Whether it has work, or will begin to work as soon as it notices that its caches are complete."""
    warms = not controller.has_synced and not _waits(controller)
    return bool(warms or controller.queue_depth or controller.in_flight)
