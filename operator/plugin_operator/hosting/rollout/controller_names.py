"""Ownership of controller names and ids, which are metric labels, field managers and finalizers."""

from collections.abc import Callable, Container, Iterable, Mapping
from typing import NamedTuple

from plugin_operator.errors import PluginRejected
from plugin_operator.plugin import ControllerDeclaration, ControllerIdentity


class _Owner(NamedTuple):
    plugin: str
    controller: str


class ControllerNames:
    """The owners of controller names and ids in one operator.

    Args:
        on_released: called when a name or id becomes free, so that a rejected plugin can be retried.
    """

    def __init__(self, on_released: Callable[[], None]) -> None:
        self._names: dict[str, str] = {}
        self._ids: dict[str, _Owner] = {}
        self._on_released = on_released

    def claim(
        self,
        plugin: str,
        declarations: Iterable[ControllerDeclaration],
        identities: Mapping[str, ControllerIdentity] | None = None,
    ) -> None:
        """Claim the names and ids of a plugin's controllers, all or none; former ids count as ids.

        Args:
            plugin: name of the plugin.
            declarations: its controllers.
            identities: their current and former ids, by name; None for those in the declarations.

        Raises:
            PluginRejected: another plugin owns one of them.
        """
        wanted = list(declarations)
        former = {
            each.name: identities[each.name].former if identities is not None else each.renamed_from for each in wanted
        }
        for each in wanted:
            owner = self._names.get(each.name, plugin)
            if owner != plugin:
                raise PluginRejected(
                    f"name: {each.name!r} is the name of a controller of plugin {owner!r}: choose another with name=",
                    path=each.path,
                    line=each.line,
                )
            holder = self._ids.get(each.id)
            if holder is not None and holder.plugin != plugin:
                raise PluginRejected(
                    f"id: {each.id!r} of controller {each.name!r} is the id of controller {holder.controller!r} of "
                    f"plugin {holder.plugin!r}: both would take each other's fields; choose another "
                    "with id=",
                    path=each.path,
                    line=each.line,
                )
            for old in former[each.name]:
                holder = self._ids.get(old)
                if holder is not None and holder.plugin != plugin:
                    raise PluginRejected(
                        f"renamed_from: {old!r} belongs to controller {holder.controller!r} of plugin "
                        f"{holder.plugin!r}: delete it there, or leave it out of renamed_from",
                        path=each.path,
                        line=each.line,
                    )
        self._names.update(dict.fromkeys((each.name for each in wanted), plugin))
        self._ids.update(
            {known: _Owner(plugin, each.name) for each in wanted for known in (*former[each.name], each.id)}
        )

    def keep_only(self, plugin: str, names: Container[str], ids: Container[str]) -> None:
        """Release the names and ids of a plugin that are not in ``names`` and ``ids``."""
        freed = [name for name, owner in self._names.items() if owner == plugin and name not in names]
        lost = [each for each, owner in self._ids.items() if owner.plugin == plugin and each not in ids]
        for name in freed:
            del self._names[name]
        for each in lost:
            del self._ids[each]
        if freed or lost:
            self._on_released()
