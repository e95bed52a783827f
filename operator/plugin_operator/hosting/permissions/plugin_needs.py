"""What the permissions of a plugin depend on, and which needs are its own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from plugin_operator.hosting.permissions.declared import DeclaredController
from plugin_operator.hosting.permissions.needs import Need, Origin


@dataclass(frozen=True, slots=True)
class PluginFacts:
    """What the permissions of a plugin depend on.

    Attributes:
        plugin: name of the plugin.
        digest: digest of its files.
        controllers: its declarations.
        files: content of its files, by POSIX path below ``root``.
        root: path of the plugins directory as shown to users.
    """

    plugin: str
    digest: str
    controllers: tuple[DeclaredController, ...] = field(compare=False)
    files: Mapping[str, bytes] = field(compare=False, repr=False)
    root: str = field(compare=False)


def own_needs(needs: Iterable[Need]) -> list[Need]:
    """Return the needs of the plugin itself: not those of the operator, which has rights of its own."""
    return [need for need in needs if need.origin is not Origin.OPERATOR]
