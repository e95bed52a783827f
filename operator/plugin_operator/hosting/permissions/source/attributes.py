"""Attributes of abstract values: those of a context, of classes of the plugin, of objects and of modules."""

import re

from plugin_operator.client.models import version_and_kind
from plugin_operator.hosting.permissions.declared import DeclaredController
from plugin_operator.hosting.permissions.source.program import ClassInfo, exported
from plugin_operator.hosting.permissions.source.state import State, field_of
from plugin_operator.hosting.permissions.source.values import (
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
        if isinstance(atom, ClientValue | Recorder | Lister | Many | Text | Literal | KindValue):
            return value(Bound(atom, name))
        match atom:
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
                return external_value(f"{module}.{name}")
        return _of_data(atom, name)

    def store(self, atom: Atom, name: str, found: Value) -> None:
        """Add to what an attribute of an atom may hold."""
        match atom:
            case Instance(info=info):
                self._state.set_attribute(info, name, found)
            case Class(info=info):
                self._state.bind(info.scope, name, found)
            case Module(info=info):
                self._state.bind(info.scope, name, found)

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

    def _of_instance(self, info: ClassInfo, name: str) -> Value:
        found = info.attributes.get(name, NOTHING)
        return found | self._of_class(info, name, Instance(info), is_known=bool(found))

    def _of_class(self, info: ClassInfo, name: str, instance: Instance | None, *, is_known: bool = False) -> Value:
        if name in info.scope.names:
            return joined(self._bound(each, instance) for each in info.scope.names[name])
        parts = []
        for base in info.bases:
            if isinstance(base, Class) and base.info is not info:
                inherited = base.info.attributes.get(name, NOTHING) if instance is not None else NOTHING
                parts += [inherited, self._of_class(base.info, name, instance, is_known=bool(inherited))]
        found = joined(parts)
        return found or (NOTHING if is_known else ANYTHING)

    def _bound(self, atom: Atom, instance: Instance | None) -> Value:
        if not isinstance(atom, Function) or instance is None:
            return value(atom)
        kinds = set(atom.info.decorators())
        if kinds & {"property", "cached_property"}:
            self._state.called(atom.info)
            return atom.info.returns
        return value(atom) if "staticmethod" in kinds or not atom.info.name else value(Bound(instance, atom.info.name))


def _of_data(atom: Atom, name: str) -> Value:
    if isinstance(atom, Obj):
        found = field_of(atom.kind, name)
        return found if found != ANYTHING else value(Bound(atom, name), UNKNOWN)
    if not isinstance(atom, Unknown):
        return ANYTHING
    return value(ClientValue()) if name == "client" and not atom.is_foreign else value(atom)


def external_value(name: str) -> Value:
    """Return the value of a name of another package: a model class of kubernetes-asyncio, or an external value."""
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
