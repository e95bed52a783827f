"""What declarations of controllers need: their caches, their ``permissions=`` and their schedules.

Owns the facts of declarations as plain values. They come from a loaded declaration, or from its summary, which a trial
import returns. Leaves calls in the source to ``source``.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from plugin_operator.hosting.permissions.needs import Need, Origin
from plugin_operator.hosting.permissions.resources import ResourceTable
from plugin_operator.kube import FieldSelector, GroupVersionKind
from plugin_operator.plugin import ControllerDeclaration, Permission, summary

#: Verbs of a cache: the reflector lists, then watches.
CACHE_VERBS = ("list", "watch")
#: Name of the Lease with the times of schedules, unless leader election has another name.
SCHEDULES_LEASE = "plugin-operator-schedules"

_NAME = "metadata.name"


class DeclaredCache(msgspec.Struct, frozen=True):
    """One cache of a controller.

    Attributes:
        kind: kind of its objects.
        name: name for ``lister_for``, or empty.
        namespaces: its namespaces; None for those that the operator watches.
        object_name: the only name that its field selector selects, or empty.
    """

    kind: GroupVersionKind
    name: str = ""
    namespaces: tuple[str, ...] | None = None
    object_name: str = ""


class DeclaredController(msgspec.Struct, frozen=True):
    """What permissions depend on in the declaration of a controller.

    Attributes:
        name: name of the controller.
        where: ``path:line`` of its declaration.
        line: that line, or None.
        for_: its kind; None for a controller without one.
        caches: its caches, that of ``for_`` first.
        permissions: its ``permissions=``.
        namespaces: its ``namespaces=``, or None.
        records_schedules: whether the operator stores the times of its schedules.
        owned: those of its caches that ``owns=`` declares.
        cleans_up: whether it has ``cleanup=``, so that the operator writes its finalizer.
        is_selected: whether a selector leaves objects of its kind out.
        is_renamed: whether it has ``renamed_from=``, so that an apply moves the fields of former ids.
    """

    name: str
    where: str = ""
    line: int | None = None
    for_: GroupVersionKind | None = None
    caches: tuple[DeclaredCache, ...] = ()
    permissions: tuple[Permission, ...] = ()
    namespaces: tuple[str, ...] | None = None
    records_schedules: bool = False
    owned: tuple[DeclaredCache, ...] = ()
    cleans_up: bool = False
    is_selected: bool = False
    is_renamed: bool = False

    @classmethod
    def of(cls, declaration: ControllerDeclaration) -> "DeclaredController":
        """Return the facts of a loaded declaration."""
        return cls.from_summary(summary(declaration))

    @classmethod
    def from_summary(cls, values: Mapping[str, Any]) -> "DeclaredController":
        """Return the facts in a ``summary`` of a declaration."""
        line, kind = values["line"], values["for"]
        caches = tuple(_cache(each) for each in values["caches"])
        first = 1 if kind else 0  # the caches begin with those of ``for_`` and ``owns``
        return cls(
            name=values["name"],
            where=f"{values['path']}:{line}" if line else values["path"],
            line=line,
            for_=GroupVersionKind.parse(kind) if kind else None,
            caches=caches,
            permissions=tuple(_permission(each) for each in values["permissions"]),
            namespaces=_texts(values["namespaces"]),
            records_schedules=values["recordsSchedules"],
            owned=caches[first : first + len(values["owns"])],
            cleans_up=values["cleansUp"],
            is_selected=values["isSelected"],
            is_renamed=bool(values["renamedFrom"]),
        )


def needs_of_declarations(
    plugin: str, controllers: Iterable[DeclaredController], table: ResourceTable, operator_namespace: str
) -> Iterator[Need]:
    """Yield what the declarations of a plugin need.

    Args:
        plugin: name of the plugin.
        controllers: its controllers.
        table: finds the resources of kinds.
        operator_namespace: namespace of the operator, which has the Lease of schedules.
    """
    for each in controllers:
        for cache in each.caches:
            yield _need_of_cache(plugin, each, cache, table)
        if each.cleans_up:
            yield _need_of_cleanup(plugin, each, table)
        for permission in each.permissions:
            yield from _needs_of_permission(plugin, each, permission, table)
        if each.records_schedules:
            yield from _needs_of_schedules(plugin, each, operator_namespace)


def _need_of_cache(plugin: str, controller: DeclaredController, cache: DeclaredCache, table: ResourceTable) -> Need:
    resource = table.resource_of(cache.kind)
    names = (cache.object_name,) if cache.object_name else ()
    rule = Permission((cache.kind.group,), (resource.plural,), CACHE_VERBS, names)
    namespaces = cache.namespaces if resource.namespaced else ()
    return Need(plugin, rule, Origin.CACHE, controller.where, f"caches {cache.kind}", namespaces, kind=cache.kind)


def _need_of_cleanup(plugin: str, controller: DeclaredController, table: ResourceTable) -> Need:
    cache = controller.caches[0]
    resource = table.resource_of(cache.kind)
    # An object that has left the selector is no longer in the cache, so the operator reads it.
    verbs = ("get", "patch") if controller.is_selected else ("patch",)
    names = (cache.object_name,) if cache.object_name else ()
    rule = Permission((cache.kind.group,), (resource.plural,), verbs, names)
    namespaces = cache.namespaces if resource.namespaced else ()
    why = "has cleanup=, whose finalizer the operator writes"
    return Need(plugin, rule, Origin.DECLARED, controller.where, why, namespaces, kind=cache.kind)


def _needs_of_permission(
    plugin: str, controller: DeclaredController, permission: Permission, table: ResourceTable
) -> Iterator[Need]:
    for group in permission.api_groups:
        for resource in permission.resources:
            rule = Permission((group,), (resource,), permission.verbs, permission.resource_names)
            is_namespaced = table.is_namespaced(group, resource.partition("/")[0])
            namespaces = controller.namespaces if is_namespaced else ()
            yield Need(plugin, rule, Origin.DECLARED, controller.where, "declares permission()", namespaces)


def _needs_of_schedules(plugin: str, controller: DeclaredController, namespace: str) -> Iterator[Need]:
    group, why = "coordination.k8s.io", "has schedules, whose times the operator stores"
    for verbs, names in ((("get", "update"), (SCHEDULES_LEASE,)), (("create",), ())):
        rule = Permission((group,), ("leases",), verbs, names)
        yield Need(plugin, rule, Origin.OPERATOR, controller.where, why, (namespace,))


def _cache(values: Mapping[str, Any]) -> DeclaredCache:
    selected = FieldSelector.parse(values["fieldSelector"]).requirements
    name = next((value for path, operator, value in selected if path == _NAME and operator == "="), "")
    return DeclaredCache(GroupVersionKind.parse(values["kind"]), values["name"], _texts(values["namespaces"]), name)


def _permission(rule: Mapping[str, Sequence[str]]) -> Permission:
    names = rule.get("resourceNames", ())
    return Permission(tuple(rule["apiGroups"]), tuple(rule["resources"]), tuple(rule["verbs"]), tuple(names))


def _texts(values: Sequence[str] | None) -> tuple[str, ...] | None:
    return tuple(values) if values is not None else None
