"""``SharedRollbacks``: which contents were rolled back, in this process and in the other workers of the operator."""

from collections.abc import Callable

#: Contents remembered for each plugin.
_MAX_REMEMBERED = 100


class SharedRollbacks:
    """Tells the plugins of this process what other workers have rolled back, and reports what is rolled back here.

    Args:
        report: called with plugin, digest and reason of a content that was rolled back here, and the source that
            runs again.
    """

    def __init__(self, report: Callable[[str, str, str, bytes], None]) -> None:
        self.report = report
        self._known: dict[str, dict[str, tuple[str, bytes]]] = {}
        self._listeners: dict[str, Callable[[str, str, bytes], None]] = {}

    def learn(self, plugin: str, digest: str, reason: str, restored: bytes) -> None:
        """Note that another worker has rolled a content back."""
        known = self._known.setdefault(plugin, {})
        while len(known) >= _MAX_REMEMBERED:
            del known[next(iter(known))]
        known[digest] = reason, restored
        if (listener := self._listeners.get(plugin)) is not None:
            listener(digest, reason, restored)

    def listen(self, plugin: str, listener: Callable[[str, str, bytes], None]) -> None:
        """Call ``listener`` with digest, reason and restored source of each rollback of other workers."""
        self._listeners[plugin] = listener
        for digest, (reason, restored) in self._known.get(plugin, {}).items():
            listener(digest, reason, restored)
