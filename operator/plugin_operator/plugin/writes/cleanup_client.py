"""The clients around a cleanup: that of the plugin's function, and that for the finalizer."""

from collections.abc import Awaitable
from typing import Any

from plugin_operator.plugin.writes.expectations import Target
from plugin_operator.plugin.writes.expecting_client import ExpectingClient


class CleanupClient(ExpectingClient):
    """An ``ExpectingClient`` whose ``delete`` has ``missing_ok=True``: what is gone needs no cleanup."""

    __slots__ = ()

    async def delete(
        self, kind: Any, name: Any = None, namespace: str | None = None, *, missing_ok: bool = True, **options: Any
    ) -> None:
        """See ``Client.delete``."""
        del missing_ok  # a cleanup runs again after a crash, and must get past what it has deleted
        await super().delete(kind, name, namespace, missing_ok=True, **options)


class FinalizerClient(ExpectingClient):
    """An ``ExpectingClient`` that expects nothing after a conflict: the retry after a few milliseconds is enough."""

    __slots__ = ()

    async def _attempt(self, attempt: Awaitable[Any], target: Target | None, sent: Any) -> Any:  # noqa: ARG002
        return await attempt
