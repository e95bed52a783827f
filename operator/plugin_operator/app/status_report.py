"""What ``/status`` says of the operator, and which caches are still to come.

Owns the shape of the status. It names objects but never shows what is in them. Of each controller's failures, the last
one is shown with its message, cut; an author who puts the content of a Secret into an exception shows it there. Of all
others only the type is given.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from plugin_operator.hosting import PluginState, PluginStatus

_MAX_TROUBLE = 300


class HostView(Protocol):
    """The part of ``hosting.PluginHost`` that tells what it does."""

    @property
    def directory_problem(self) -> str:
        """Why the plugins directory cannot be used; empty if it can."""

    @property
    def is_settled(self) -> bool:
        """Whether nothing that was found in the directory is still being worked on."""

    def status(self) -> Sequence[PluginStatus]:
        """Return a snapshot of every plugin."""


def status_of(
    host: HostView, *, version: str, server: str, plugins_dir: str, serial: int | None, leading: bool, leader: str
) -> Mapping[str, Any]:
    """Return the JSON-like status of the process.

    Args:
        host: the plugins.
        version: of the operator.
        server: URL of the API server.
        plugins_dir: where plugins come from.
        serial: of the signed manifest that was accepted last; None if no signature is asked for.
        leading: whether this process works.
        leader: who holds the Lease, if there is leader election.
    """
    return {
        "version": version,
        "server": server,
        "pluginsDir": plugins_dir,
        "pluginsDirProblem": host.directory_problem,
        "manifestSerial": serial,
        "leading": leading,
        "leader": leader,
        "plugins": [_plugin(plugin) for plugin in host.status()],
        # As they were called before everything else was; to go with 1.0.
        "plugins_dir": plugins_dir,
        "plugins_dir_problem": host.directory_problem,
        "manifest_serial": serial,
    }


def troubles(host: HostView) -> str:
    """Return in one line what is not as the plugins directory says, after how much it is; empty if all is.

    It begins with a count and not with an error: it stands behind the ``ok`` of a probe that passes.
    """
    found = [host.directory_problem] if host.directory_problem else []
    count = 0
    for plugin in host.status():
        count += any(_troubles_of(plugin))
        found += [f"{plugin.name}: {what}" for what in _troubles_of(plugin) if what]
    if not found:
        return ""
    counted = f"{count} not running as it should, see /status" if count else "see /status"
    return f"({counted}): {'; '.join(_cut(each) for each in found)}"


def _troubles_of(plugin: PluginStatus) -> tuple[str, ...]:
    return plugin.placed_reason, plugin.failure_summary, plugin.hanging


def _cut(text: str) -> str:
    """Return a long text in one line, cut between two words."""
    line = " ".join(text.split())
    if len(line) <= _MAX_TROUBLE:
        return line
    head = line[:_MAX_TROUBLE]
    words = head.rpartition(" ")[0]
    return f"{words if len(words) > _MAX_TROUBLE // 2 else head} …"


def _plugin(plugin: PluginStatus) -> dict[str, Any]:
    shown = plugin.as_dict()
    for controller, status in zip(shown["controllerStatus"], plugin.controllers, strict=True):
        controller["failing"] = {str(request): _type_of(key.error) for request, key in status.failing.items()}
    return shown


def _type_of(error: str) -> str:
    """Return the first word of "KeyError: 'password'"."""
    return error.partition(":")[0]


def not_synced(plugins: Iterable[PluginStatus]) -> list[str]:
    """Return the caches of working plugins that are not complete; one that waits for a CRD or a permission is excused.

    A controller whose kind does not exist yet is reported as waiting; it must not keep all others from being ready.
    """
    return sorted(
        {
            f"{informer.key} of {controller.name}"
            for plugin in plugins
            if plugin.state is PluginState.ACTIVE
            for controller in plugin.controllers
            for informer in controller.informers
            if not informer.has_synced
        }
    )
