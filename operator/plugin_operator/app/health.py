"""When this process is alive, and when it is ready.

Owns the checks behind ``/healthz`` and ``/readyz``. A plugin that was refused is no reason to be unready: its last good
revision works on, and restarting or unrouting the pod would mend nothing.
"""

from collections.abc import Callable

from plugin_operator.app.managed_connection import ManagedConnection
from plugin_operator.serving.checks import Check, Probe


def probes(
    link: ManagedConnection,
    not_loaded: Callable[[], str],
    troubles: Callable[[], str],
    not_synced: Callable[[], list[str]],
    silent: Callable[[], list[str]] = list,
    down: Callable[[], list[str]] = list,
) -> list[Probe]:
    """Return the two probes.

    Args:
        link: ready once it is open.
        not_loaded: why what was in the plugins directory at the start has not been tried.
        troubles: what does not run as its file says, which makes nothing unready.
        not_synced: the caches of active controllers that are not complete.
        silent: the streams that brought nothing for longer than their deadline, not even by being opened again.
        down: the background tasks that ended unasked and do not work again.
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
        return troubles()

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
    """Return a check that fails with the names that ``found`` returns."""

    async def check() -> None:
        if names := found():
            raise RuntimeError(prefix + ", ".join(names))

    return check
