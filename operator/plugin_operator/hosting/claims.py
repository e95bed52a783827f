"""Which plugin owns which controller name: names are labels of metrics and parts of finalizers, so they are unique."""

from collections.abc import Callable, Iterable

from plugin_operator.errors import PluginRejected
from plugin_operator.plugin import ControllerDeclaration


class Claims:
    """Names and their owners, for one operator.

    Args:
        on_released: told when a name has become free, so that whoever was refused can try again.
    """

    def __init__(self, on_released: Callable[[], None]) -> None:
        self._owners: dict[str, str] = {}
        self._on_released = on_released

    def claim(self, plugin: str, declarations: Iterable[ControllerDeclaration]) -> None:
        """Take the names of a plugin's controllers, all of them or none.

        Raises:
            PluginRejected: another plugin has one of them.
        """
        wanted = list(declarations)
        for each in wanted:
            owner = self._owners.get(each.name, plugin)
            if owner != plugin:
                raise PluginRejected(
                    f"name: {each.name!r} is the name of a controller of plugin {owner!r}: choose another with name=",
                    path=each.path,
                    line=each.line,
                )
        self._owners.update(dict.fromkeys((each.name for each in wanted), plugin))

    def keep_only(self, plugin: str, names: frozenset[str]) -> None:
        """Give back what a plugin holds beyond ``names``."""
        freed = [name for name, owner in self._owners.items() if owner == plugin and name not in names]
        for name in freed:
            del self._owners[name]
        if freed:
            self._on_released()
