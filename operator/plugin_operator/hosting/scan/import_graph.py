"""From files to plugins: which files belong together, and what a plugin pulls in by importing.

A unit is what lies directly in the plugins directory under one name: ``x.py`` or the folder ``x``. A plugin's digest
covers its own unit and every unit it imports, through any number of others.
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
        name: what an import statement calls it.
        files: their POSIX paths below the plugins directory.
        main: the file to name to a person.
        imports: names of other units that it imports itself.
        declares, is_parsed, is_dynamic: as in ``FileFacts``, of all files together.
        is_importable_only: a folder without ``__init__.py``: only good for being imported from.
        rejection: it cannot be loaded.
        is_shadow: refused for a name that hides an installed module, which is what imports of that name get.
        is_code: it is named like code, or is a folder: not just an odd entry.
        is_pending: what is in its files is still being found out; ``imports`` and all that follows may be incomplete.
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
        """The files that are looked into; none of what is refused anyway."""
        return tuple(path for path in self.files if path.endswith(".py")) if self.rejection is None else ()


class Facts(Protocol):
    """Tells what is in files; see ``inspector.Inspector``."""

    def facts(self, wanted: Mapping[Key, bytes], patience_seconds: float) -> Mapping[Key, FileFacts]:
        """Return what is known by then."""


def find_units(
    tree: Tree, root: str, known: Facts, patience_seconds: float, originals: Collection[str] = ()
) -> dict[str, Unit]:
    """Return the units of a tree by name, refused ones included.

    Args:
        tree: what was read.
        root: the plugins directory, as the user knows it.
        known: tells what is in its files.
        patience_seconds: how long to wait for that; a unit whose facts are not there by then is pending.
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
    """Return the names of all units that ``name`` pulls in, itself first."""
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
    """Judge whether a unit is a plugin; ``imported`` are the names that other units import."""
    if unit.is_importable_only:
        return Role.HELPER
    if unit.declares or unit.name not in imported:
        return Role.PLUGIN
    return Role.HELPER if unit.is_parsed else Role.BROKEN


def imported_names(units: Iterable[Unit]) -> frozenset[str]:
    """Return every name that some other unit imports."""
    return frozenset(name for unit in units for name in unit.imports if name != unit.name)


def _unit_name(path: str) -> str:
    first, slash, _ = path.partition("/")
    if slash:
        return first
    if first.endswith(".py"):
        return first.removesuffix(".py")
    # CPython writes the ABI into the name of an extension: helper.cpython-311-x86_64-linux-gnu.so
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
    """Return a unit with what is known of its files."""
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
    """Return why a unit cannot be loaded; a name that hides a module comes first, for it decides what imports get."""
    first = min(paths)
    if hidden:
        return Rejection(f"{root}/{first}", f"would hide {hidden}: rename it")
    for path in sorted(paths):
        if path == name and path not in tree.folders and f"{name}.py" in tree.files:
            continue  # nothing that was ever code: it cannot be what the name stands for
        if path in tree.refused:
            return Rejection(f"{root}/{path}", tree.refused[path])
        if path.endswith(_EXTENSIONS):
            return Rejection(f"{root}/{path}", _NO_EXTENSIONS)
    if "." in name:
        return Rejection(f"{root}/{first}", "has a dot in its name: no import could ever reach it, so rename it")
    return None


def _is_code(path: str) -> bool:
    return path.endswith((".py", *_EXTENSIONS))


def _key(path: str, tree: Tree) -> Key:
    return tree.files[path].digest, path.count("/")
