"""The content of ``/status``, and the caches that are not synced.

Owns the structure of the status. It contains names of objects but not their data. For each controller it shows the
message of the last failure, truncated, and only the types of the others. A plugin that puts Secret data into an
exception exposes it there.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from plugin_operator.hosting import PluginState, PluginStatus

_MAX_TROUBLE = 300


class HostView(Protocol):
    """The status methods of ``hosting.PluginHost``."""

    @property
    def directory_problem(self) -> str:
        """Why the plugins directory is unusable; empty if it is usable."""

    @property
    def is_settled(self) -> bool:
        """Whether all files found in the directory have been processed."""

    def status(self) -> Sequence[PluginStatus]:
        """Return a snapshot of every plugin."""


def status_of(
    host: HostView, *, version: str, server: str, plugins_dir: str, serial: int | None, leading: bool, leader: str
) -> Mapping[str, Any]:
    """Return the JSON-like status of the process.

    Args:
        host: the plugin host.
        version: version of the operator.
        server: URL of the API server.
        plugins_dir: the plugins directory.
        serial: serial of the last accepted manifest; None without signatures.
        leading: whether this process is the leader.
        leader: identity of the Lease holder, if leader election is enabled.
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
        # Former names of these fields, to be removed in 1.0.
        "plugins_dir": plugins_dir,
        "plugins_dir_problem": host.directory_problem,
        "manifest_serial": serial,
    }


def degraded_plugins(host: HostView) -> str:
    """Return one line with the plugins that do not run as their files say, after their count; empty if all do.

    The line starts with the count because it follows the ``ok`` of a passing check.
    """
    found = [host.directory_problem] if host.directory_problem else []
    count = 0
    for plugin in host.status():
        count += any(_problems_of(plugin))
        found += [f"{plugin.name}: {what}" for what in _problems_of(plugin) if what]
    if not found:
        return ""
    counted = f"{count} not running as it should, see /status" if count else "see /status"
    return f"({counted}): {'; '.join(_cut(each) for each in found)}"


def _problems_of(plugin: PluginStatus) -> tuple[str, ...]:
    return plugin.placed_reason, plugin.failure_summary, plugin.hanging


def _cut(text: str) -> str:
    """Return ``text`` in one line, truncated at a word boundary."""
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
    """Return the type of an error text: "KeyError" of "KeyError: 'password'"."""
    return error.partition(":")[0]


def not_synced(plugins: Iterable[PluginStatus]) -> list[str]:
    """Return the caches of active plugins that are not synced, except those that wait for a CRD or a permission.

    The status of a controller shows that it waits for its kind; that must not make the whole process unready.
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
