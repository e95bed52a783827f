"""``PluginRevision``: one loaded version of a plugin."""

from dataclasses import dataclass, field
from types import ModuleType

from plugin_operator.hosting.loading.defined_kinds import DefinedKind
from plugin_operator.hosting.loading.revision_modules import RevisionModules
from plugin_operator.hosting.scan.snapshot import PluginSource
from plugin_operator.plugin import ControllerDeclaration


@dataclass(frozen=True, slots=True, eq=False)
class PluginRevision:
    """The result of ``Loader.load``.

    Attributes:
        plugin: name of the plugin.
        digest: digest of its files.
        revision: displayed name: a running number and a prefix of the digest.
        module: the private module with the declarations.
        declarations: declared controllers.
        modules: all private modules.
        leftovers: descriptions of the side effects of its import, most of which were reverted.
        kinds: the custom kinds that its classes define.
        source: its files.
    """

    plugin: str
    digest: str
    revision: str
    module: ModuleType
    declarations: tuple[ControllerDeclaration, ...]
    modules: RevisionModules
    leftovers: tuple[str, ...] = ()
    kinds: tuple[DefinedKind, ...] = ()
    source: PluginSource = field(kw_only=True)

    def purge(self) -> None:
        """Remove its modules; call it once, after all of its code has stopped."""
        self.modules.purge()
