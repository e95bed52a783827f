"""The rules of the plugins that a harness or scenario has loaded.

They come from the declarations of a plugin and from the calls in its source.
"""

from collections.abc import Sequence

from kube_apiserver.registry import Registry
from plugin_operator.hosting import Loader, PluginRevision, PluginSource
from plugin_operator.hosting.permissions.declared import DeclaredController
from plugin_operator.hosting.permissions.needs import Need
from plugin_operator.hosting.permissions.plugin_needs import PluginFacts
from plugin_operator.hosting.permissions.resources import ResourceTable
from plugin_operator.hosting.permissions.source.direct_analysis import needs_of
from plugin_operator.kube import GroupVersionKind, Resource


class LoadedRules(Loader):
    """A loader that notes what each revision needs.

    Args:
        registry: what the API server serves; kinds of CRDs have their resources from it.
    """

    def __init__(self, registry: Registry) -> None:
        super().__init__()
        self._registry = registry
        self._facts: dict[tuple[str, str], PluginFacts] = {}
        self._needs: dict[tuple[str, str], tuple[int, tuple[Need, ...]]] = {}

    async def load(self, source: PluginSource) -> PluginRevision:
        """Import a plugin; see ``Loader.load``."""
        revision = await super().load(source)
        controllers = tuple(DeclaredController.of(each) for each in revision.declarations)
        facts = PluginFacts(revision.plugin, revision.digest, controllers, source.files, source.root)
        self._facts[revision.plugin, revision.revision] = facts
        return revision

    def of(self, plugin: str, revision: str) -> Sequence[Need] | None:
        """Return the needs of a revision; None if it is not known."""
        key, served = (plugin, revision), self._registry.revision
        facts = self._facts.get(key)
        if facts is None:
            return None
        known = self._needs.get(key)
        if known is None or known[0] != served:
            needs = needs_of(facts, ResourceTable(_resources(self._registry)))
            known = self._needs[key] = served, tuple(needs)
        return known[1]


def _resources(registry: Registry) -> list[Resource]:
    return [
        Resource(GroupVersionKind(each.group, each.version, each.kind), each.plural, each.namespaced)
        for each in registry.all()
    ]
