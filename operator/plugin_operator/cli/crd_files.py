"""CustomResourceDefinitions in files: those that the user names, and those beside the plugins.

Owns which files are read, and what commands need to know of a definition. Leaves YAML to ``manifest_files``.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from plugin_operator.cli.manifest_files import SUFFIXES
from plugin_operator.cli.plugin_paths import directory_of, plugin_of
from plugin_operator.kube import GroupVersionKind, Resource

FOLDER = "crds"
_KIND = "CustomResourceDefinition"


class CrdVersion(msgspec.Struct, frozen=True):
    """One version of a custom kind.

    Attributes:
        name: such as ``v1``.
        is_served: whether the API server serves it.
        subresources: ``status`` and ``scale``, as far as it has them.
        selectable: paths of fields that a field selector can name.
    """

    name: str
    is_served: bool
    subresources: frozenset[str] = frozenset()
    selectable: frozenset[str] = frozenset()


class Crd(msgspec.Struct, frozen=True):
    """A CustomResourceDefinition.

    Attributes:
        group, kind, plural: names.
        others: singular, list kind and short names.
        namespaced: whether its objects have namespaces.
        versions: its versions.
        where: file and document.
    """

    group: str
    kind: str
    plural: str
    where: str
    others: frozenset[str] = frozenset()
    namespaced: bool = True
    versions: tuple[CrdVersion, ...] = msgspec.field(default=())

    def resources(self) -> Iterator[Resource]:
        """Yield the resource of each version."""
        for each in self.versions:
            yield Resource(GroupVersionKind(self.group, each.name, self.kind), self.plural, self.namespaced)


class _Names(msgspec.Struct, rename="camel"):
    kind: str
    plural: str
    singular: str = ""
    list_kind: str = ""
    short_names: list[str] = []


class _Selectable(msgspec.Struct, rename="camel"):
    json_path: str


class _Version(msgspec.Struct, rename="camel"):
    name: str
    served: bool = False
    subresources: dict[str, Any] | None = None
    selectable_fields: list[_Selectable] | None = None


class _Spec(msgspec.Struct, rename="camel"):
    group: str
    names: _Names
    versions: list[_Version]
    scope: str = "Namespaced"


def folders_beside(paths: Iterable[Path]) -> Sequence[Path]:
    """Return the folders ``crds`` in and beside the directories of plugins that have YAML or JSON files."""
    directories = {directory_of(plugin_of(path)) for path in paths}
    folders = {folder / FOLDER for each in directories for folder in (each, each.parent)}
    return sorted(each for each in folders if each.is_dir() and any(file.suffix in SUFFIXES for file in each.iterdir()))


def crd_of(document: Mapping[str, Any], where: str = "") -> Crd | None:
    """Return the definition that a document is; None if it is another object.

    Args:
        document: the object.
        where: file and document, for messages.

    Raises:
        ValueError: a field is missing or has another type; the message names it.
    """
    if document["kind"] != _KIND:
        return None
    try:
        spec = msgspec.convert(document.get("spec"), _Spec)
    except msgspec.ValidationError as error:
        raise ValueError(f"the {_KIND} is not valid: spec: {error}") from error
    names = spec.names
    others = frozenset({names.singular or names.kind.lower(), names.list_kind, *names.short_names}) - {"", names.plural}
    versions = tuple(_version(each) for each in spec.versions)
    return Crd(spec.group, names.kind, names.plural, where, others, spec.scope != "Cluster", versions)


def _version(given: _Version) -> CrdVersion:
    paths = (each.json_path.removeprefix(".") for each in given.selectable_fields or ())
    present = frozenset(name for name, value in (given.subresources or {}).items() if isinstance(value, Mapping))
    return CrdVersion(given.name, given.served, present, frozenset(paths))
