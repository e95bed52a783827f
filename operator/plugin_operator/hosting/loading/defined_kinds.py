"""The custom kinds that the classes of a revision define.

Owns which classes count: those of the revision's own modules. A class of an installed package is the package's.
"""

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from plugin_operator.hosting.loading.revision_modules import RevisionModules

if TYPE_CHECKING:
    from plugin_operator.kube.definitions import VersionRecord

_DEFINITIONS = "plugin_operator.kube.definitions"


class DefinedKind(msgspec.Struct, frozen=True):
    """One kind that a plugin defines.

    Attributes:
        definition: the CustomResourceDefinition of its versions.
        path, line: place of its first class.
        versions: its versions, one for each class.
    """

    definition: Mapping[str, Any]
    path: str
    line: int | None
    versions: "tuple[VersionRecord, ...]" = ()

    @property
    def name(self) -> str:
        """Name of the CustomResourceDefinition."""
        return str(self.definition["metadata"]["name"])


def defined_kinds(modules: RevisionModules) -> tuple[DefinedKind, ...]:
    """Return the kinds that the imported modules of a revision define.

    Raises:
        PluginRejected: versions of a kind do not go together.
    """
    if _DEFINITIONS not in sys.modules:
        return ()
    # Imported on demand: most plugins define no kind.
    from plugin_operator.errors import joined
    from plugin_operator.kube.definitions import crds_of, find_definition, record_of

    prefix = f"{modules.package}."
    found = (find_definition(value) for value in _values_in(prefix))
    own = (each for each in found if each is not None and each.cls.__module__.startswith(prefix))
    records = [record_of(each) for each in dict.fromkeys(own)]
    made, rejections = crds_of(records)
    if rejections:
        raise joined(rejections)
    kinds: dict[tuple[str, str], list[VersionRecord]] = {}
    for each in records:
        kinds.setdefault((each.group, each.kind), []).append(each)
    versions = [tuple(kinds[crd["spec"]["group"], crd["spec"]["names"]["kind"]]) for crd in made]
    return tuple(DefinedKind(crd, each[0].path, each[0].line, each) for crd, each in zip(made, versions, strict=True))


def _values_in(prefix: str) -> Iterator[object]:
    """Yield what the modules of a revision name, in the order of their modules and lines."""
    for name, module in sorted(sys.modules.copy().items()):
        if name.startswith(prefix):
            yield from list(vars(module).values())
