"""The import graph of the plugins directory: which files form a plugin, and which others it imports.

A unit is one name at the top level of the plugins directory: ``x.py`` or the folder ``x``. The digest of a plugin
covers its unit and all units that it imports, directly or indirectly.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from plugin_operator.hosting.inspection.imports import FileFacts
from plugin_operator.hosting.inspection.inspector import Key
from plugin_operator.hosting.scan.names import shadowed_by
from plugin_operator.hosting.scan.snapshot import Rejection, Role
from plugin_operator.hosting.scan.tree import Tree

_EXTENSIONS = (".so", ".pyd")
_NO_EXTENSIONS = "is a C extension, which cannot be loaded twice: install it in the image instead"


@dataclass(frozen=True, slots=True)
class Unit:
    """One name in the plugins directory.

    Attributes:
        name: module name of the unit.
        files: POSIX paths of its files below the plugins directory.
        main: the file to show in messages.
        imports: names of other units that it imports directly.
        declares, is_parsed, is_dynamic: as in ``FileFacts``, over all files.
        is_importable_only: whether it is a folder without ``__init__.py``, which cannot be a plugin.
        rejection: why it cannot be loaded, or None.
        is_shadow: whether it is rejected because its name hides an installed module; imports get the installed one.
        is_code: whether it is a folder or has the name of a code file.
        is_pending: whether its files are still being parsed; ``imports`` and the fields after it may be incomplete.
        code: the compiled files, by path.
    """

    name: str
    files: tuple[str, ...]
    main: str
    imports: frozenset[str] = frozenset()
    declares: bool = False
    is_parsed: bool = True
    is_dynamic: bool = False
    is_importable_only: bool = False
    rejection: Rejection | None = None
    is_shadow: bool = False
    is_code: bool = True
    is_pending: bool = False
    code: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def sources(self) -> tuple[str, ...]:
        """The files to parse; none if the unit is rejected."""
        return tuple(path for path in self.files if path.endswith(".py")) if self.rejection is None else ()


class Facts(Protocol):
    """Source of facts about files; see ``inspector.Inspector``."""

    def facts(self, wanted: Mapping[Key, bytes], patience_seconds: float) -> Mapping[Key, FileFacts]:
        """Return the facts that are known after at most ``patience_seconds``."""


def find_units(
    tree: Tree, root: str, known: Facts, patience_seconds: float, originals: Collection[str] = ()
) -> dict[str, Unit]:
    """Return the units of a tree by name, including rejected ones.

    Args:
        tree: the content of the directory.
        root: path of the plugins directory as shown to users.
        known: source of facts about the files.
        patience_seconds: how long to wait for facts; units without facts are pending after that.
        originals: see ``names.shadowed_by``.
    """
    members: dict[str, list[str]] = {}
    for path in (*tree.files, *tree.refused, *tree.folders):
        members.setdefault(_unit_name(path), []).append(path)
    found = (_unit(name, paths, tree, root, originals) for name, paths in sorted(members.items()))
    units = {unit.name: unit for unit in found if unit is not None}
    keys = {path: _key(path, tree) for unit in units.values() for path in unit.sources}
    facts = known.facts({key: tree.files[path].content for path, key in keys.items()}, patience_seconds)
    of_files = {path: facts.get(key) for path, key in keys.items()}
    return {name: _informed(unit, of_files, root) for name, unit in units.items()}


def closure(units: Mapping[str, Unit], name: str) -> tuple[str, ...]:
    """Return the names of all units that ``name`` imports, directly or indirectly, itself first."""
    reached: dict[str, None] = {}
    open_names = [name]
    while open_names:
        each = open_names.pop()
        unit = units.get(each)
        if unit is None or unit.is_shadow or each in reached:
            continue
        reached[each] = None
        open_names.extend(sorted(unit.imports, reverse=True))
        if unit.is_dynamic:
            open_names.extend(other for other, found in units.items() if found.rejection is None)
    return tuple(reached)


def role_of(unit: Unit, imported: frozenset[str]) -> Role:
    """Return the role of a unit; ``imported`` are the names that other units import."""
    if unit.is_importable_only:
        return Role.HELPER
    if unit.declares or unit.name not in imported:
        return Role.PLUGIN
    return Role.HELPER if unit.is_parsed else Role.BROKEN


def imported_names(units: Iterable[Unit]) -> frozenset[str]:
    """Return the names that other units import."""
    return frozenset(name for unit in units for name in unit.imports if name != unit.name)


def _unit_name(path: str) -> str:
    first, slash, _ = path.partition("/")
    if slash:
        return first
    if first.endswith(".py"):
        return first.removesuffix(".py")
    # The file name of a CPython extension contains the ABI: helper.cpython-311-x86_64-linux-gnu.so
    return first.partition(".")[0] if first.endswith(_EXTENSIONS) else first


def _unit(name: str, paths: list[str], tree: Tree, root: str, originals: Collection[str]) -> Unit | None:
    files = tuple(sorted(path for path in paths if path in tree.files))
    single = f"{name}.py" in paths
    is_package = f"{name}/__init__.py" in paths
    is_code = single or is_package or any(_is_code(path) for path in paths if path not in tree.folders)
    if name == "__init__" or not (is_code or not tree.refused.keys().isdisjoint(paths)):
        return None
    main = f"{name}.py" if single else f"{name}/__init__.py" if is_package else next(iter(files or paths))
    hidden = shadowed_by(name, root, originals)
    rejection = _rejection(name, paths, tree, root, hidden)
    if rejection is None and single and any("/" in path for path in files):
        other = f"{root}/{name}/"
        rejection = Rejection(f"{root}/{main}", f"has the same name as the folder {other}: rename one of them")
    if rejection is not None:
        is_code = is_code or name in tree.folders
        return Unit(name, files, main, rejection=rejection, is_shadow=bool(hidden), is_code=is_code)
    return Unit(name, files, main, is_importable_only=not is_package and not single)


def _informed(unit: Unit, facts: Mapping[str, FileFacts | None], root: str) -> Unit:
    """Return the unit with the facts about its files."""
    found = {path: each for path in unit.sources if (each := facts[path]) is not None}
    for path, each in sorted(found.items()):
        if each.rejection:
            return replace(unit, rejection=Rejection(f"{root}/{path}", each.rejection))
    return replace(
        unit,
        imports=frozenset(name for each in found.values() for name in each.top_level) - {unit.name},
        declares=any(each.declares for each in found.values()),
        is_parsed=all(each.is_parsed for each in found.values()),
        is_dynamic=any(each.is_dynamic for each in found.values()),
        is_pending=len(found) < len(unit.sources),
        code={path: each.code for path, each in found.items()},
    )


def _rejection(name: str, paths: list[str], tree: Tree, root: str, hidden: str) -> Rejection | None:
    """Return why a unit cannot be loaded; a hidden module comes first, because it decides what imports resolve to."""
    first = min(paths)
    if hidden:
        return Rejection(f"{root}/{first}", f"would hide {hidden}: rename it")
    for path in sorted(paths):
        if path == name and path not in tree.folders and f"{name}.py" in tree.files:
            continue  # the file is not code, so it does not define the unit
        if path in tree.refused:
            return Rejection(f"{root}/{path}", tree.refused[path])
        if path.endswith(_EXTENSIONS):
            return Rejection(f"{root}/{path}", _NO_EXTENSIONS)
    if "." in name:
        return Rejection(f"{root}/{first}", "has a dot in its name, so that no import can find it: rename it")
    return None


def _is_code(path: str) -> bool:
    return path.endswith((".py", *_EXTENSIONS))


def _key(path: str, tree: Tree) -> Key:
    return tree.files[path].digest, path.count("/")
