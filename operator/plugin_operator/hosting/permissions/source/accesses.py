"""From calls in the source to needs: the verbs of each method, its kinds, names and namespaces."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from plugin_operator.hosting.permissions.declared import DeclaredController
from plugin_operator.hosting.permissions.needs import Need, Origin, Unclear
from plugin_operator.hosting.permissions.resources import ResourceTable
from plugin_operator.hosting.permissions.source.calling import kinds_in
from plugin_operator.hosting.permissions.source.state import Access, State
from plugin_operator.hosting.permissions.source.values import NOTHING, Literal, Obj, Value, joined, texts_of
from plugin_operator.kube import GroupVersionKind, problem_of
from plugin_operator.plugin import Permission


@dataclass(frozen=True, slots=True)
class Method:
    """How a method of ``ctx.client`` or ``ctx`` maps to RBAC.

    Attributes:
        verbs: verbs of the request.
        subresource: its subresource; a keyword argument ``subresource`` comes before it.
        name_at: position of the name after a kind; None if authorization does not see a name.
        namespace_at: position of the namespace after a kind.
        is_of_all: whether a call without a namespace is about all namespaces.
    """

    verbs: tuple[str, ...]
    subresource: str = ""
    name_at: int | None = 1
    namespace_at: int | None = None
    is_of_all: bool = False


#: Server-side apply is a patch; the server also asks for "create", with the name, when the object does not exist.
METHODS: Mapping[str, Method] = {
    "get": Method(("get",), namespace_at=2),
    "list": Method(("list",), name_at=None, namespace_at=1, is_of_all=True),
    "create": Method(("create",), name_at=None),
    "update": Method(("update",)),
    "update_status": Method(("update",), "status"),
    "patch": Method(("patch",), namespace_at=3),
    "patch_status": Method(("patch",), "status", namespace_at=3),
    "scale": Method(("patch",), "scale", namespace_at=3),
    "apply": Method(("patch", "create")),
    "delete": Method(("delete",), namespace_at=2),
    "delete_collection": Method(("deletecollection",), name_at=None, namespace_at=1),
    "evict": Method(("create",), "eviction", name_at=0, namespace_at=1),
    "ensure_finalizer": Method(("patch",)),
    "remove_finalizer": Method(("patch",)),
    "set_owner": Method(("update",), "finalizers"),
}
_POD = GroupVersionKind("", "v1", "Pod")


class AccessReader:
    """Translates calls in the source of one plugin.

    Args:
        plugin: name of the plugin.
        state: the facts of its analysis.
        controllers: its controllers.
        table: finds the resources of kinds.
    """

    def __init__(
        self, plugin: str, state: State, controllers: tuple[DeclaredController, ...], table: ResourceTable
    ) -> None:
        self._plugin = plugin
        self._state = state
        self._controllers = controllers
        self._table = table

    def read(self, access: Access) -> Iterator[Need | Unclear]:
        """Yield the needs of a call, and what the source does not show."""
        if not access.method:
            yield self._unclear(access, "cannot tell the method of this call of ctx.client", ())
            return
        method = METHODS.get(access.method)
        if method is None or (access.method == "set_owner" and not _blocks(access)):
            return
        subresources = self._subresources(access, method)
        kinds, is_clear = self._kinds(access)
        if subresources is None or not is_clear:
            what = "subresource" if subresources is None else "kind"
            yield self._unclear(access, f"cannot tell the {what} of this call", method.verbs, method.subresource)
        for kind in sorted(kinds):
            if problem := problem_of(kind):
                reason = f"{_shown(access)} of {kind} fails: {problem}"
                yield Unclear(self._plugin, access.path, access.node.lineno, reason, is_mistake=True)
                continue
            for subresource in subresources or ():
                yield self._need(access, method, kind, subresource)

    def _need(self, access: Access, method: Method, kind: GroupVersionKind, subresource: str) -> Need:
        resource = self._table.resource_of(kind)
        verbs = tuple(
            verb for verb in method.verbs if not (subresource and verb == "create" and access.method == "apply")
        )
        plural = f"{resource.plural}/{subresource}" if subresource else resource.plural
        rule = Permission((kind.group,), (plural,), verbs, self._names(access, method, kind))
        namespaces, is_of_all = self._namespaces(access, method, kind) if resource.namespaced else ((), False)
        where = f"{access.path}:{access.node.lineno}"
        return Need(self._plugin, rule, Origin.SOURCE, where, _shown(access), namespaces, is_of_all)

    def _unclear(self, access: Access, what: str, verbs: tuple[str, ...], subresource: str = "") -> Unclear:
        below = f"/{subresource}" if subresource else ""
        example = f"permission('PLURAL{below}', {list(verbs) or ['VERB']!r}, api_groups='GROUP')"
        reason = f"{what} ({_shown(access)}): declare permissions=[{example}]"
        return Unclear(self._plugin, access.path, access.node.lineno, reason, verbs, subresource)

    def _kinds(self, access: Access) -> tuple[frozenset[GroupVersionKind], bool]:
        if access.method == "evict":
            return frozenset({_POD}), True
        found = access.argument(1, "owner") if access.method == "set_owner" else _subject(access)
        of_each = [kinds_in(each, self._state) for each in found]
        kinds = frozenset().union(*(each for each in of_each if each is not None))
        return kinds, bool(kinds) and None not in of_each

    def _subresources(self, access: Access, method: Method) -> tuple[str, ...] | None:
        given = dict(access.keywords).get("subresource", NOTHING)
        return texts_of(given) if given else (method.subresource,)

    def _names(self, access: Access, method: Method, kind: GroupVersionKind) -> tuple[str, ...]:
        """Return the only names that the call can have; none if it may have others."""
        if method.name_at is None or access.method == "set_owner" or access.is_open:
            return ()
        texts = (
            self._field(access, kind, "name")
            if _is_object(access)
            else texts_of(access.argument(method.name_at, "name"))
        )
        return texts or ()

    def _namespaces(
        self, access: Access, method: Method, kind: GroupVersionKind
    ) -> tuple[tuple[str, ...] | None, bool]:
        given = NOTHING
        if method.namespace_at is not None:
            given = access.argument(method.namespace_at, "namespace")
        if not given and method.is_of_all:
            return None, True
        texts = self._field(access, kind, "namespace") if _is_object(access) else texts_of(given)
        if texts:
            return texts, False
        chosen = self._controllers if access.controller is None else (self._controllers[access.controller],)
        declared = [each.namespaces for each in chosen]
        if not declared or any(each is None for each in declared):
            return None, False
        return tuple(sorted({name for each in declared for name in each or ()})), False

    def _field(self, access: Access, kind: GroupVersionKind, name: str) -> tuple[str, ...] | None:
        """Return the texts of a field of metadata in all objects of a kind; None if it may have others."""
        values: list[Value] = []
        for each in _subject(access):
            if isinstance(each, Obj) and each.kind == kind:
                return None
            if not isinstance(each, Literal) or kind not in (self._state.kinds_of(each) or {kind}):
                continue
            metadata = self._state.get(each, "metadata")
            if not metadata or not all(isinstance(inner, Literal) for inner in metadata):
                return None
            values += [self._state.get(inner, name) for inner in metadata if isinstance(inner, Literal)]
        return texts_of(joined(values)) if all(values) else None


def is_declared(unclear: Unclear, controllers: tuple[DeclaredController, ...]) -> bool:
    """Report whether ``permissions=`` may account for a call that the source does not show: it has the verbs."""
    if unclear.is_mistake:
        return False
    declared = [each for controller in controllers for each in controller.permissions]
    if not unclear.verbs:
        return bool(declared)
    return all(any(_has(each, verb, unclear.subresource) for each in declared) for verb in unclear.verbs)


def _has(rule: Permission, verb: str, subresource: str) -> bool:
    below = [each.partition("/")[2] for each in rule.resources]
    return ("*" in rule.verbs or verb in rule.verbs) and ("*" in rule.resources or subresource in below)


def _subject(access: Access) -> Value:
    return access.argument(0, "kind", "obj", "pod")


def _is_object(access: Access) -> bool:
    return any(isinstance(each, Literal | Obj) for each in _subject(access))


def _blocks(access: Access) -> bool:
    """Report whether ``set_owner`` may set ``blockOwnerDeletion``."""
    call = access.node
    keywords = {each.arg: each.value for each in call.keywords} if isinstance(call, ast.Call) else {}
    chosen = keywords.get("block_owner_deletion") or keywords.get("controller")
    return not (isinstance(chosen, ast.Constant) and chosen.value is False)


def _shown(access: Access) -> str:
    owner = "ctx" if access.method in {"ensure_finalizer", "remove_finalizer", "set_owner"} else "ctx.client"
    return f"{owner}.{access.method}" if access.method else "ctx.client"
