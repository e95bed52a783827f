"""``Contents``: which content of each plugin runs, since when, and what a rollback restores."""

import msgspec

from plugin_operator.clock import Clock
from plugin_operator.processes.messages import Runs

_MAX_SEEN = 100


class Content(msgspec.Struct, frozen=True):
    """The content of a plugin that runs.

    Attributes:
        digest, source: the content.
        since: second at which a worker reported it first.
        previous: source of the content before it, which a rollback restores; empty if there is none.
    """

    digest: str
    source: bytes
    since: float
    previous: bytes = b""


class Contents:
    """The contents of all plugins, as workers report them.

    Args:
        clock: measures how long a content runs.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._current: dict[str, Content] = {}
        self._seen: dict[str, dict[str, None]] = {}
        self._bad: dict[str, dict[str, None]] = {}

    def runs(self, what: Runs) -> None:
        """Note what a worker runs."""
        if not what.digest:
            self._current.pop(what.plugin, None)
            self._seen.pop(what.plugin, None)
            return
        before = self._current.get(what.plugin)
        if before is not None and before.digest == what.digest:
            return
        is_good = before is not None and not self.is_bad(what.plugin, before.digest)
        previous = before.source if before is not None and is_good else b""
        self._current[what.plugin] = Content(what.digest, what.source, self._clock.monotonic(), previous)
        _remember(self._seen, what.plugin, what.digest)

    def rolled_back(self, plugin: str, digest: str) -> None:
        """Note that a content was rolled back or stopped."""
        _remember(self._bad, plugin, digest)

    def is_bad(self, plugin: str, digest: str) -> bool:
        """Report whether a content was rolled back or stopped."""
        return digest in self._bad.get(plugin, ())

    def of(self, plugin: str) -> Content | None:
        """Return the content of a plugin that runs; None if there is none."""
        return self._current.get(plugin)

    def good_source(self, plugin: str) -> bytes:
        """Return the source of the content that runs; empty if there is none, or if it was stopped."""
        current = self._current.get(plugin)
        return b"" if current is None or self.is_bad(plugin, current.digest) else current.source

    def has_run(self, plugin: str, digest: str) -> bool:
        """Report whether a content has run in a worker."""
        return digest in self._seen.get(plugin, ())


def _remember(known: dict[str, dict[str, None]], plugin: str, digest: str) -> None:
    digests = known.setdefault(plugin, {})
    while len(digests) >= _MAX_SEEN:
        del digests[next(iter(digests))]
    digests[digest] = None
