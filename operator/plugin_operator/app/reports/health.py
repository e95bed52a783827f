"""Liveness and readiness of this process.

Owns the checks of ``/healthz`` and ``/readyz``. A rejected plugin does not make the process unready: its last good
revision keeps running, and a restart would not help.
"""

from collections.abc import Callable

from plugin_operator.app.managed_connection import ManagedConnection
from plugin_operator.serving.checks import Check, Probe


def probes(
    link: ManagedConnection,
    not_loaded: Callable[[], str],
    degraded_plugins: Callable[[], str],
    not_synced: Callable[[], list[str]],
    silent: Callable[[], list[str]] = list,
    down: Callable[[], list[str]] = list,
) -> list[Probe]:
    """Return the probes ``healthz`` and ``readyz``.

    Args:
        link: connection to the API server; ready once it is open.
        not_loaded: returns why the plugins found at start were not all tried yet.
        degraded_plugins: returns the plugins that do not run as their files say; they do not affect readiness.
        not_synced: returns the caches of active controllers that are not synced.
        silent: returns the streams without events for longer than their timeout, despite reconnects.
        down: returns the background tasks that ended unexpectedly and do not work yet.
    """

    async def ping() -> None:
        return

    async def api_server() -> None:
        if not link.is_open:
            raise RuntimeError(f"{link.host} has not answered yet")

    async def plugins() -> str:
        problem = not_loaded()
        if problem:
            raise RuntimeError(problem)
        return degraded_plugins()

    ready: dict[str, Check] = {
        "ping": ping,
        "api-server": api_server,
        "plugins": plugins,
        "caches": _none("not synced: ", not_synced),
        "streams": _none("nothing heard: ", silent),
        "tasks": _none("", down),
    }
    return [Probe("healthz", {"ping": ping}), Probe("readyz", ready)]


def _none(prefix: str, found: Callable[[], list[str]]) -> Check:
    """Return a check that fails if ``found`` returns names."""

    async def check() -> None:
        if names := found():
            raise RuntimeError(prefix + ", ".join(names))

    return check
