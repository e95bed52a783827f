"""The needs of a plugin by an analysis in this process, for tests: see ``contained_analysis``."""

from plugin_operator.hosting.permissions.declared import needs_of_declarations
from plugin_operator.hosting.permissions.needs import Need
from plugin_operator.hosting.permissions.plugin_needs import PluginFacts, own_needs
from plugin_operator.hosting.permissions.resources import ResourceTable
from plugin_operator.hosting.permissions.source.analysis import needs_in_source


def needs_of(facts: PluginFacts, table: ResourceTable) -> list[Need]:
    """Return what the code of a plugin needs, without what the operator does on its behalf. It runs none of it."""
    source = needs_in_source(facts.plugin, facts.files, facts.root, facts.controllers, table)
    return own_needs([*needs_of_declarations(facts.plugin, facts.controllers, table, ""), *source.needs])
