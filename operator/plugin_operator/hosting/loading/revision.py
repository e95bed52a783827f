"""One loaded version of one plugin."""

from dataclasses import dataclass
from types import ModuleType

from plugin_operator.hosting.loading.revision_modules import RevisionModules
from plugin_operator.plugin import ControllerDeclaration


@dataclass(frozen=True, slots=True, eq=False)
class PluginRevision:
    """What ``Loader.load`` makes of a ``PluginSource``.

    Attributes:
        plugin: its name.
        digest: of all files it was made from.
        revision: how people tell it from the others: a running number and the start of the digest.
        module: the private module that declares.
        declarations: its controllers.
        modules: all its private modules.
        leftovers: what its import changed in the process, most of it put back, in words.
    """

    plugin: str
    digest: str
    revision: str
    module: ModuleType
    declarations: tuple[ControllerDeclaration, ...]
    modules: RevisionModules
    leftovers: tuple[str, ...] = ()

    def purge(self) -> None:
        """Forget its modules; to be called once, when none of its code runs any more."""
        self.modules.purge()
