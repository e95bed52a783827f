"""The system's certificate authorities, loaded by the first handshake that needs them instead of by an import.

aiohttp makes two contexts when it is imported, and loads the authorities into each: 40 ms and 2 MiB. An operator that
needs aiohttp passes a context of its own with each request, so they serve only plugins that use aiohttp themselves.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class _WithoutAuthorities(ssl.SSLContext):
    """A context that becomes a plain one at its first handshake. asyncio and uvloop begin each with ``wrap_bio``."""

    __slots__ = ()

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        """Load the authorities, which blocks for 20 ms once, and begin a handshake."""
        return self._plain().wrap_bio(*args, **kwargs)

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """Load the authorities, and begin a handshake on a socket."""
        return self._plain().wrap_socket(*args, **kwargs)

    def _plain(self) -> ssl.SSLContext:
        # Loaded first: meanwhile other threads run, and their handshakes need the authorities too.
        ssl.SSLContext.set_default_verify_paths(self)
        self.__class__ = ssl.SSLContext  # type: ignore[assignment] # a class of the same layout
        return self


@contextmanager
def authorities_on_demand() -> Iterator[None]:
    """Let contexts that load the system's authorities meanwhile load them at their first handshake.

    Use it around imports, before other threads make contexts.
    """

    def postpone(context: ssl.SSLContext) -> None:
        context.__class__ = _WithoutAuthorities

    ssl.SSLContext.set_default_verify_paths = postpone  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        del ssl.SSLContext.set_default_verify_paths  # the method of the base class is back
