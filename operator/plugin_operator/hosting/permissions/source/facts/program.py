"""The program of a plugin: its modules, scopes, functions and classes."""

import ast
from collections.abc import Iterator, Mapping

import msgspec

from plugin_operator.hosting.permissions.source.facts.bindings import Targets, separate
from plugin_operator.hosting.permissions.source.facts.values import NOTHING, Class, External, Text, Value

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Scope(msgspec.Struct, eq=False):
    """Names of a module, class or function, with all values that they ever get."""

    parent: "Scope | None" = None
    names: dict[str, Value] = msgspec.field(default_factory=dict)
    aliases: dict[str, "Scope"] = msgspec.field(default_factory=dict)
    stars: list["ModuleInfo"] = msgspec.field(default_factory=list)
    is_class: bool = False


class ModuleInfo(msgspec.Struct, eq=False):
    """A module.

    Attributes:
        name: dotted name below the plugins directory.
        path: path for messages.
        tree: its syntax tree.
        scope: its names.
        is_package: whether it is an ``__init__.py``.
        targets: further targets of assignments and loops, by their target; see ``bindings``.
    """

    name: str
    path: str
    tree: ast.Module
    is_package: bool
    targets: Targets
    scope: Scope = msgspec.field(default_factory=Scope)


class ClassInfo(msgspec.Struct, eq=False):
    """A class, and the attributes of its instances; ``is_made`` if there may be instances of just this class."""

    node: ast.ClassDef
    module: ModuleInfo
    scope: Scope
    attributes: dict[str, Value] = msgspec.field(default_factory=dict)
    bases: Value = NOTHING
    is_made: bool = False

    def lineage(self) -> "list[ClassInfo]":
        """Return the class and its bases that are classes of the plugin, from the nearest to the farthest."""
        found = [self]
        for each in found:
            found += [base.info for base in each.bases if isinstance(base, Class) and base.info not in found]
        return found

    def fields(self) -> list[str]:
        """Return the annotated names of the class, those of its bases first, as a dataclass has them."""
        bodies = [each.node.body for each in reversed(self.lineage())]
        return list(
            dict.fromkeys(
                each.target.id
                for body in bodies
                for each in body
                if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
            )
        )

    @property
    def is_enum(self) -> bool:
        """Whether the class is an enumeration."""
        bases = [base for each in self.lineage() for base in each.bases]
        return any(isinstance(base, External) and base.name.startswith("enum.") for base in bases)

    def members(self) -> dict[str, Value]:
        """Return the members of an enumeration that are texts; none for another class."""
        if not self.is_enum:
            return {}
        texts = {
            name: frozenset(each for each in found if isinstance(each, Text))
            for name, found in self.scope.names.items()
        }
        return {name: found for name, found in texts.items() if found}


class FunctionInfo(msgspec.Struct, eq=False):
    """A function or lambda.

    Attributes:
        node: its syntax tree.
        module: its module.
        scope: its names.
        owner: its class, for a method.
        returns: all values that it returns.
        is_called: whether a call in the program reaches it.
        is_escaped: whether other code may call it with any arguments.
        omitted: parameters that a call leaves to their defaults.
        variants: functions that ``functools.singledispatch`` calls in its place.
    """

    node: FunctionNode
    module: ModuleInfo
    scope: Scope
    owner: ClassInfo | None = None
    returns: Value = NOTHING
    is_called: bool = False
    is_escaped: bool = False
    omitted: set[str] = msgspec.field(default_factory=set)
    variants: "list[FunctionInfo]" = msgspec.field(default_factory=list)

    @property
    def name(self) -> str:
        """Its name; empty for a lambda."""
        return "" if isinstance(self.node, ast.Lambda) else self.node.name

    @property
    def positional(self) -> list[ast.arg]:
        """Its positional parameters, ``self`` included."""
        return [*self.node.args.posonlyargs, *self.node.args.args]

    @property
    def parameters(self) -> list[ast.arg]:
        """All its parameters but ``*args`` and ``**kwargs``."""
        return [*self.positional, *self.node.args.kwonlyargs]

    def decorators(self) -> Iterator[str]:
        """Yield the last part of the name of each decorator."""
        for each in () if isinstance(self.node, ast.Lambda) else self.node.decorator_list:
            target = each.func if isinstance(each, ast.Call) else each
            yield target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")


class BadFile(msgspec.Struct, frozen=True):
    """A file that cannot be analysed."""

    path: str
    reason: str


def parse(files: Mapping[str, bytes], root: str) -> tuple[dict[str, ModuleInfo], list[BadFile]]:
    """Return the modules by dotted name, and the files that cannot be parsed.

    Args:
        files: content by POSIX path below ``root``.
        root: folder of the files, as messages show it.
    """
    modules: dict[str, ModuleInfo] = {}
    bad: list[BadFile] = []
    for path, content in sorted(files.items()):
        if not path.endswith(".py"):
            continue
        shown = f"{root}/{path}" if root else path
        try:
            tree = ast.parse(content, shown)
            targets = separate(tree)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            bad.append(BadFile(shown, f"cannot be parsed: {type(error).__name__}"))
            continue
        name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        modules[name] = ModuleInfo(name, shown, tree, path.endswith("/__init__.py"), targets)
    return modules, bad


def exported(module: ModuleInfo, name: str) -> Value:
    """Return what a name of a module may hold, also by an import of ``*``; nothing if it has no such name."""
    open_modules, seen = [module], set()
    while open_modules:
        each = open_modules.pop(0)
        if each in seen:
            continue
        seen.add(each)
        if name in each.scope.names:
            return each.scope.names[name]
        open_modules += each.scope.stars
    return NOTHING


def lookup(scope: Scope | None, name: str) -> Value:
    """Return what a name may hold, from the innermost scope that has it; nothing for a builtin."""
    is_inner = False
    while scope is not None:
        home = scope.aliases.get(name, scope)
        if name in home.names and not (is_inner and scope.is_class):
            return home.names[name]
        for module in scope.stars:
            if found := exported(module, name):
                return found
        scope, is_inner = scope.parent, True
    return NOTHING
