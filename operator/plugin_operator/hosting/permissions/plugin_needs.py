"""Everything that a plugin needs: what its declarations say, and the calls in its source."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from plugin_operator.hosting.permissions.declared import DeclaredController, needs_of_declarations
from plugin_operator.hosting.permissions.needs import Need, Origin
from plugin_operator.hosting.permissions.resources import ResourceTable
from plugin_operator.hosting.permissions.source.analysis import needs_in_source


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


def needs_of(facts: PluginFacts, table: ResourceTable) -> list[Need]:
    """Return what the code of a plugin needs, without what the operator does on its behalf.

    It runs none of the code. It parses the files in this process, so it is for tests: see
    ``source.contained_analysis``.
    """
    source = needs_in_source(facts.plugin, facts.files, facts.root, facts.controllers, table)
    return own_needs([*needs_of_declarations(facts.plugin, facts.controllers, table, ""), *source.needs])


def own_needs(needs: Iterable[Need]) -> list[Need]:
    """Return the needs of the plugin itself: not those of the operator, which has rights of its own."""
    return [need for need in needs if need.origin is not Origin.OPERATOR]
