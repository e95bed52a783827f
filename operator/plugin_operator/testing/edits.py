"""Detection that the host has processed an edit of the plugins directory, in every affected plugin.

Leaves making edits, and waiting, to the harness.
"""

from collections.abc import Iterable

from plugin_operator.hosting import PluginHost, PluginSource, PluginState, PluginStatus, Rejection, Role

#: States in which the host still works on a plugin.
AT_WORK = frozenset({PluginState.DISCOVERED, PluginState.VALIDATING, PluginState.WARMING, PluginState.DRAINING})
_WORKS = frozenset({PluginState.ACTIVE, PluginState.WAITING, PluginState.STUCK})


class Edit:
    """One edit of a file at the top level of the plugins directory.

    Create it after a write and before a removal, so that it records the importers of the file.

    Args:
        host: the plugin host.
        name: the file without ``.py``.
        content: content of the file; None for a removal.
    """

    def __init__(self, host: PluginHost, name: str, content: bytes | None) -> None:
        self._host = host
        self._name = name
        self._content = content
        self._looks = host.looks
        self._users = self._importers()

    def is_followed(self) -> bool:
        """Report whether the host has seen the edit, and loaded or rejected it in each affected plugin."""
        return self._is_seen() and all(
            map(self._follows, {self._name, *self._users, *self._importers(), *self._helpers()})
        )

    def _is_seen(self) -> bool:
        seen = self._host.seen
        if seen is None or self._content is None:
            return seen is not None and self._name not in {*seen.sources, *seen.rejections, *seen.vanishing}
        source = seen.sources.get(self._name)
        if source is not None:
            return source.files.get(f"{self._name}.py") == self._content
        # A rejection has no digest; wait for the second scan, because the first may have started before the edit.
        self._host.hint()
        return self._name in seen.rejections and self._host.looks > self._looks + 1

    def _follows(self, name: str) -> bool:
        """Report whether the current content of ``name`` has been loaded or rejected."""
        seen = self._host.seen
        if seen is None:
            return False
        plugin = next((each for each in self._host.status() if each.name == name), None)
        wanted = seen.rejections.get(name) or seen.sources.get(name)
        if wanted is None:
            # Held by finalizers, the plugin stays until no object has them.
            return plugin is None or plugin.state is PluginState.HELD
        if isinstance(wanted, Rejection):
            return plugin is not None and (plugin.state, plugin.reason) == (PluginState.REJECTED, wanted.reason)
        return wanted.is_settled and _is_tried(wanted, plugin)

    def _importers(self) -> frozenset[str]:
        path = f"{self._name}.py"
        return frozenset(name for name, source in self._sources() if path in source.files)

    def _helpers(self) -> frozenset[str]:
        """Names that the file imports: a file that is newly imported becomes a helper."""
        return frozenset(
            path.partition("/")[0].removesuffix(".py")
            for name, source in self._sources()
            if name == self._name
            for path in source.files
        )

    def _sources(self) -> Iterable[tuple[str, PluginSource]]:
        return self._host.seen.sources.items() if self._host.seen is not None else ()


def _is_tried(source: PluginSource, plugin: PluginStatus | None) -> bool:
    if plugin is None:
        return source.role is not Role.PLUGIN
    if source.role is Role.HELPER or plugin.state in AT_WORK:
        return False
    if plugin.digest == source.digest:
        return not plugin.candidate and plugin.state in _WORKS
    return plugin.candidate == source.digest
