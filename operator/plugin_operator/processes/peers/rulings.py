"""Whether the custom kinds of a content may be installed: the worker that leads decides, and the others follow."""

from collections.abc import Callable

from plugin_operator.processes.messages import Ruling

#: Contents remembered for each plugin.
_MAX_REMEMBERED = 100


class Rulings:
    """The latest decision about each content.

    Only the content that was installed last counts as installed: another one has to be decided again.
    """

    def __init__(self) -> None:
        self._known: dict[str, dict[str, Ruling]] = {}

    def note(self, ruling: Ruling) -> bool:
        """Note a decision, and return whether it differs from the one before."""
        known = self._known.setdefault(ruling.plugin, {})
        before = known.pop(ruling.digest, None)
        if ruling.is_installed:
            for digest in [digest for digest, each in known.items() if each.is_installed]:
                del known[digest]
        while len(known) >= _MAX_REMEMBERED:
            del known[next(iter(known))]
        known[ruling.digest] = ruling
        return before != ruling

    def of(self, plugin: str, digest: str) -> Ruling | None:
        """Return the decision about a content; None if there is none."""
        return self._known.get(plugin, {}).get(digest)

    def all(self) -> tuple[Ruling, ...]:
        """Return all decisions, the oldest first."""
        return tuple(each for known in self._known.values() for each in known.values())

    def forget(self, plugin: str) -> None:
        """Forget a plugin that was unloaded."""
        self._known.pop(plugin, None)


class SharedRulings:
    """Tells the plugins of a worker what the one that leads has decided, and reports what is decided here.

    Args:
        report: called with each decision of this worker.
    """

    def __init__(self, report: Callable[[Ruling], None]) -> None:
        self._report = report
        self._rulings = Rulings()
        self._listeners: dict[str, Callable[[], None]] = {}

    def rule(self, ruling: Ruling) -> None:
        """Decide, because this worker leads."""
        if self._rulings.note(ruling):
            self._report(ruling)

    def learn(self, ruling: Ruling) -> None:
        """Note a decision of the worker that leads."""
        if self._rulings.note(ruling) and (listener := self._listeners.get(ruling.plugin)) is not None:
            listener()

    def listen(self, plugin: str, listener: Callable[[], None]) -> None:
        """Call ``listener`` after each new decision about the plugin."""
        self._listeners[plugin] = listener

    def of(self, plugin: str, digest: str) -> Ruling | None:
        """Return the decision about a content; None if there is none yet."""
        return self._rulings.of(plugin, digest)
