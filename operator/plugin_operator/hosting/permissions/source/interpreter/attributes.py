"""Attributes of abstract values: those of a context, of classes of the plugin, of objects and of modules."""

import ast
import re

from plugin_operator.client.models import version_and_kind
from plugin_operator.error_hints import kind_of_class
from plugin_operator.hosting.permissions.declared import DeclaredController
from plugin_operator.hosting.permissions.source.facts.methods import METHODS
from plugin_operator.hosting.permissions.source.facts.program import ClassInfo, exported
from plugin_operator.hosting.permissions.source.facts.state import State, field_of
from plugin_operator.hosting.permissions.source.facts.values import (
    ANYTHING,
    ELSEWHERE,
    NOTHING,
    UNKNOWN,
    Atom,
    Bound,
    Class,
    ClientValue,
    Ctx,
    External,
    Function,
    Instance,
    KindValue,
    Lister,
    Literal,
    Many,
    Module,
    Null,
    Obj,
    Recorder,
    Text,
    Unknown,
    Value,
    joined,
    value,
)
from plugin_operator.kube import GroupVersionKind, builtin_groups_of

_MODEL_GROUPS = {"Core": "", "Events": "events.k8s.io", "Discovery": "discovery.k8s.io"}
_MODEL = re.compile(r"kubernetes_asyncio\.client(?:\.models)?(?:\.\w+)?\.(\w+)")
#: Stands for all attributes of a class that gets some by names that are not in the source.
ANY_NAME = "*"
_KEY = ("namespace", "name")
_METADATA = "metadata"
_KIND_FIELDS = frozenset({"group", "version", "kind", "api_version"})
#: Attributes of the members of enumerations that are the text of the member.
_VALUE = frozenset({"value", "_value_"})


class Attributes:
    """Finds and stores attributes.

    Args:
        state: the facts.
        controllers: the controllers of the plugin.
    """

    def __init__(self, state: State, controllers: tuple[DeclaredController, ...]) -> None:
        self._state = state
        self._controllers = controllers

    def get(self, atom: Atom, name: str) -> Value:
        """Return what an attribute of an atom may hold."""
        match atom:
            case Text():
                return self._of_text(atom, name)
            case Literal():
                return self._of_literal(atom, name)
            case Obj(node=ast.Call()) if name == _METADATA:
                return self._state.metadata_of(atom)
            case KindValue(kind=kind) if not atom.is_model and name in _KIND_FIELDS:
                return value(Text(getattr(kind, name)))
            case Ctx(controller=controller):
                return self._of_context(atom, controller, name)
            case Instance(info=info):
                return self._of_instance(info, name)
            case Class(info=info):
                return self._of_class(info, name, None)
            case Module(info=info):
                below = self._state.modules.get(f"{info.name}.{name}")
                return exported(info, name) or (value(Module(below)) if below is not None else NOTHING)
            case External(name=module):
                return external_value(f"{module}.{name}", self._state)
        return _of_data(atom, name)

    def store(self, atom: Atom, name: str, found: Value) -> bool:
        """Add to what an attribute of an atom may hold; return whether the analysis keeps it."""
        match atom:
            case Instance(info=info):
                self._state.set_attribute(info, name, found)
            case Class(info=info):
                self._state.bind(info.scope, name, found)
            case Null():
                pass
            case Module(info=info):
                self._state.bind(info.scope, name, found)
            case Obj(node=ast.Call() as node) if name == _METADATA:
                self._state.put(node, name, found)
            case Literal(node=ast.Call() as node) if name in _KEY:
                self._state.put(node, name, found)
            case _:
                return False
        return True

    def store_any(self, atom: Atom) -> None:
        """Note that any attribute of an atom may get any value."""
        match atom:
            case Instance(info=info) | Class(info=info):
                self._state.set_attribute(info, ANY_NAME, ANYTHING)
            case Obj(node=ast.Call() as node):
                self._state.put(node, _METADATA, ANYTHING)
            case Literal(node=ast.Call() as node):
                for name in _KEY:
                    self._state.put(node, name, ANYTHING)

    def kinds_reconciled(self, controller: int | None) -> list[GroupVersionKind]:
        """Return the kind of a controller, or those of all."""
        chosen = self._controllers if controller is None else (self._controllers[controller],)
        return list(dict.fromkeys(each.for_ for each in chosen if each.for_ is not None))

    def kinds_named(self, cache: str) -> list[GroupVersionKind]:
        """Return the kinds of the caches with a name."""
        found = (each for controller in self._controllers for each in controller.caches)
        return list(dict.fromkeys(each.kind for each in found if each.name == cache))

    def _of_context(self, atom: Ctx, controller: int | None, name: str) -> Value:
        match name:
            case "client":
                return value(ClientValue(controller))
            case "recorder":
                return value(Recorder())
            case "lister":
                return value(*(Lister(kind) for kind in self.kinds_reconciled(controller)))
            case "request" | "log" | "finalizer" | "reconcile_id":
                return ELSEWHERE
        return ANYTHING if name.startswith("_") else value(Bound(atom, name))

    def _of_text(self, text: Text, name: str) -> Value:
        """Return the attribute of a text, which may be the member of an enumeration."""
        if name in _VALUE:
            return value(text)
        owners = [each for each in self._state.classes.values() if name in each.scope.names and each.is_enum]
        return joined(self._of_instance(each, name) for each in owners) or value(Bound(text, name))

    def _of_literal(self, literal: Literal, name: str) -> Value:
        """Return an attribute of a request, or of the metadata of a typed object; else a method of a dict or list."""
        pair = self._state.sequence(literal) if name in _KEY else None
        if pair is not None and len(pair) == 2:
            return pair[_KEY.index(name)]
        if name in _KEY and isinstance(literal.node, ast.Call):
            return self._state.get(literal, name) or self._state.unknown
        return value(Bound(literal, name))

    def _of_instance(self, info: ClassInfo, name: str) -> Value:
        if name in _VALUE and (members := info.members()):
            return joined(members.values())
        if name == "__dict__":
            self.store_any(Instance(info))
            return ANYTHING
        stored = joined(each.attributes.get(of, NOTHING) for each in info.lineage() for of in (name, ANY_NAME))
        return stored | self._of_class(info, name, Instance(info), is_known=bool(stored))

    def _of_class(self, info: ClassInfo, name: str, instance: Instance | None, *, is_known: bool = False) -> Value:
        owners = _owners(info, name, set())
        if not owners and not is_known:
            return self._fallback(info, name) if instance is not None else self._state.unknown
        return joined(self._bound(atom, instance) for owner in owners for atom in owner.scope.names[name])

    def _fallback(self, info: ClassInfo, name: str) -> Value:
        """Return what ``__getattr__`` returns for a name; unknown without one."""
        found = joined(owner.scope.names["__getattr__"] for owner in _owners(info, "__getattr__", set()))
        methods = [each.info for each in found if isinstance(each, Function) and len(each.info.positional) > 1]
        for each in methods:
            self._state.called(each)
            self._state.bind(each.scope, each.positional[1].arg, value(Text(name)))
        return joined(each.returns for each in methods) if methods else self._state.unknown

    def _bound(self, atom: Atom, instance: Instance | None) -> Value:
        if not isinstance(atom, Function) or instance is None:
            return value(atom)
        kinds = set(atom.info.decorators())
        if kinds & {"property", "cached_property"}:
            self._state.called(atom.info)
            return atom.info.returns
        return value(atom) if "staticmethod" in kinds or not atom.info.name else value(Bound(instance, atom.info.name))


def _owners(info: ClassInfo, name: str, seen: set[ClassInfo]) -> list[ClassInfo]:
    """Return the classes that may give a class an attribute: itself, else the nearest of each of its bases."""
    seen.add(info)
    if name in info.scope.names:
        return [info]
    bases = [base.info for base in info.bases if isinstance(base, Class) and base.info not in seen]
    return [owner for base in bases for owner in _owners(base, name, seen)]


def _of_data(atom: Atom, name: str) -> Value:
    if isinstance(atom, Null):
        return NOTHING
    if isinstance(atom, ClientValue | Recorder | Lister | Many | KindValue):
        return value(Bound(atom, name))
    if isinstance(atom, Obj):
        found = field_of(atom.kind, name)
        return found if found != ANYTHING else value(Bound(atom, name), UNKNOWN)
    if not isinstance(atom, Unknown):
        return ANYTHING
    if atom.is_foreign:
        return value(atom)
    return value(ClientValue()) if name == "client" else value(Bound(atom, name)) if name in METHODS else value(atom)


def external_value(name: str, state: State) -> Value:
    """Return the value of a name of another package: a class of built-in objects, or an external value."""
    if text := kind_of_class(name):
        typed = GroupVersionKind.parse(text)
        state.typed_kinds.add(typed)
        return value(KindValue(typed, is_model=True))
    match = _MODEL.fullmatch(name)
    if match is not None:
        kinds = _kinds_of_model(match[1])
        if kinds:
            return value(*(KindValue(kind, is_model=True) for kind in kinds))
    return value(External(name))


def _kinds_of_model(name: str) -> list[GroupVersionKind]:
    try:
        version, kind = version_and_kind(type(name, (), {}))
    except ValueError:
        return []
    known = builtin_groups_of(kind)
    prefixed = next((group for prefix, group in _MODEL_GROUPS.items() if name.startswith(prefix)), None)
    groups = [prefixed] if prefixed in known and prefixed is not None else known
    return [GroupVersionKind(group, version, kind) for group in groups]
