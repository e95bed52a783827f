"""Ownership of the custom kinds that plugins define: two plugins may define one kind only in the same way."""

from collections.abc import Callable, Iterable

from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.loading.defined_kinds import DefinedKind


class DefinitionOwners:
    """The kinds that the plugins of one operator define.

    Args:
        on_released: called when a plugin no longer defines a kind, so that a rejected one can be retried.
    """

    def __init__(self, on_released: Callable[[], None]) -> None:
        self._kinds: dict[str, dict[str, DefinedKind]] = {}
        self._on_released = on_released

    def claim(self, plugin: str, kinds: Iterable[DefinedKind]) -> None:
        """Note what a revision of a plugin defines, all or nothing.

        The class of a file that several plugins import is one definition: while they are reloaded one after the other,
        it may differ from what another still has.

        Raises:
            PluginRejected: another plugin defines one of the kinds differently in another file.
        """
        wanted = list(kinds)
        for each in wanted:
            for other, known in self._kinds.items():
                theirs = known.get(each.name)
                if other == plugin or theirs is None or theirs.path == each.path:
                    continue
                if theirs.definition != each.definition:
                    raise PluginRejected(
                        f"the definition {each.name} differs from that of plugin {other!r} in "
                        f"{theirs.path}:{theirs.line}: define the kind once, in a file that both import",
                        path=each.path,
                        line=each.line,
                    )
        self._kinds[plugin] = self._kinds.get(plugin, {}) | {each.name: each for each in wanted}

    def keep_only(self, plugin: str, kinds: Iterable[DefinedKind]) -> None:
        """Forget all that a plugin has defined but ``kinds``, those of its active revision."""
        kept = {each.name: each for each in kinds}
        before = self._kinds.pop(plugin, {})
        if kept:
            self._kinds[plugin] = kept
        if before != kept:
            self._on_released()
