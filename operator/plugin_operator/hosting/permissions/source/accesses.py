"""From calls in the source to needs: the verbs of each method, its kinds, names and namespaces."""

import ast
from collections.abc import Iterator

from plugin_operator.hosting.permissions.declared import DeclaredController
from plugin_operator.hosting.permissions.needs import Need, Origin, Unclear
from plugin_operator.hosting.permissions.resources import ResourceTable
from plugin_operator.hosting.permissions.source.argument_order import misplaced_argument
from plugin_operator.hosting.permissions.source.facts.arguments import lacks_namespace
from plugin_operator.hosting.permissions.source.facts.kinds import kinds_in
from plugin_operator.hosting.permissions.source.facts.methods import CONTEXT_WRITES, METHODS, Access, Method
from plugin_operator.hosting.permissions.source.facts.places import place_of, subject_of
from plugin_operator.hosting.permissions.source.facts.state import State
from plugin_operator.hosting.permissions.source.facts.typed_objects import DictSigns
from plugin_operator.hosting.permissions.source.facts.values import NOTHING, texts_of
from plugin_operator.kube import GroupVersionKind, problem_of, status_problem
from plugin_operator.plugin import Permission

_POD = GroupVersionKind("", "v1", "Pod")
_APPLYING = frozenset({"apply", "status"})
#: With ``renamed_from=``, the operator moves the fields of former ids before an apply.
_MOVE = Method(("get", "patch"))


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
        self._signs = DictSigns(each.tree for each in state.modules.values())

    def read(self, access: Access) -> Iterator[Need | Unclear]:
        """Yield the needs of a call, and what the source does not show."""
        if not access.method:
            yield self._unclear(access, "cannot tell the method of this call of ctx.client", ())
            return
        method = METHODS.get(access.method)
        if method is None or (access.method == "set_owner" and not _blocks(access)):
            return
        if access.method == "sync_children":
            yield from self._of_children(access, method)
            return
        if problem := misplaced_argument(access):
            yield self._mistake(access, f"fails: {problem}")
            return
        subresources = self._subresources(access, method)
        kinds, is_clear = self._kinds(access)
        if subresources is None or not is_clear:
            what = "subresource" if subresources is None else "kind"
            yield self._unclear(access, f"cannot tell the {what} of this call", method.verbs, method.subresource)
        for kind in sorted(kinds):
            yield from self._of_kind(access, method, kind, subresources or ())

    def _of_kind(
        self, access: Access, method: Method, kind: GroupVersionKind, subresources: tuple[str, ...]
    ) -> Iterator[Need | Unclear]:
        """Yield the needs of a call for one kind; the mistake, if there is no such kind or it has no status."""
        if problem := problem_of(kind):
            yield self._mistake(access, f"of {kind} fails: {problem}")
            return
        if "status" in subresources and (problem := status_problem(kind)):
            yield self._mistake(access, f"fails: {problem}")
            return
        for subresource in subresources:
            yield from self._needs(access, method, kind, subresource)
        if method.also:
            yield from self._needs(access, METHODS[method.also], kind, "")
        if access.method in _APPLYING and any(each.is_renamed for each in self._chosen(access)):
            yield from self._needs(access, _MOVE, kind, "")

    def _of_children(self, access: Access, method: Method) -> Iterator[Need | Unclear]:
        """Yield the needs of ``sync_children``: all kinds in ``owns``, and the owner for ``blockOwnerDeletion``."""
        where, shown = f"{access.path}:{access.node.lineno}", _shown(access)
        for controller in self._chosen(access):
            for cache in controller.owned:
                resource = self._table.resource_of(cache.kind)
                rule = Permission((cache.kind.group,), (resource.plural,), method.verbs)
                namespaces = cache.namespaces if resource.namespaced else ()
                yield Need(self._plugin, rule, Origin.SOURCE, where, shown, namespaces, kind=cache.kind)
            if controller.for_ is not None:
                yield from self._needs(access, METHODS["set_owner"], controller.for_, "finalizers")

    def _chosen(self, access: Access) -> tuple[DeclaredController, ...]:
        """Return the controllers that a call may belong to."""
        return self._controllers if access.controller is None else (self._controllers[access.controller],)

    def _needs(
        self, access: Access, method: Method, kind: GroupVersionKind, subresource: str
    ) -> Iterator[Need | Unclear]:
        """Yield the need for a kind, and the names and namespaces that cannot exist."""
        resource = self._table.resource_of(kind)
        place = place_of(access, method, kind, self._state)
        for problem in place.problems(kind, is_namespaced=resource.namespaced):
            yield self._mistake(access, f"fails: {problem}")
        if resource.namespaced and self._table.is_known(kind) and lacks_namespace(access, method):
            yield self._mistake(access, f"fails: a {kind.kind} has a namespace: pass one, such as request.namespace")
        names, namespaces = place.names(kind), place.namespaces()
        if names == () or (resource.namespaced and namespaces == ()):
            return
        verbs = tuple(
            verb
            for verb in self._verbs(method, kind)
            if not (subresource and verb == "create" and access.method == "apply")
        )
        plural = f"{resource.plural}/{subresource}" if subresource else resource.plural
        rule = Permission((kind.group,), (plural,), verbs, names or ())
        where = f"{access.path}:{access.node.lineno}"
        is_of_all = resource.namespaced and place.is_of_all
        if not resource.namespaced:
            namespaces = ()
        elif namespaces is None and not is_of_all:
            namespaces = self._declared_namespaces(access)
        yield Need(self._plugin, rule, Origin.SOURCE, where, _shown(access), namespaces, is_of_all, kind)
        if resource.namespaced and (others := place.some_namespaces()):
            yield Need(self._plugin, rule, Origin.SOURCE, where, _shown(access), others, kind=kind)

    def _verbs(self, method: Method, kind: GroupVersionKind) -> tuple[str, ...]:
        """Return the verbs of a method; ``update`` of a typed object sends a patch, of a dict it replaces."""
        if kind not in self._state.typed_kinds or method.verbs != ("update",) or method.subresource == "finalizers":
            return method.verbs
        return ("update", "patch") if self._signs.may_be_dict(kind) else ("patch",)

    def _declared_namespaces(self, access: Access) -> tuple[str, ...] | None:
        """Return the namespaces of the controller of a call, or of all; None for those that the operator watches."""
        declared = [each.namespaces for each in self._chosen(access)]
        if not declared or any(each is None for each in declared):
            return None
        return tuple(sorted({name for each in declared for name in each or ()}))

    def _mistake(self, access: Access, what: str) -> Unclear:
        reason = f"{_shown(access)} {what}"
        return Unclear(self._plugin, access.path, access.node.lineno, reason, is_mistake=True)

    def _unclear(self, access: Access, what: str, verbs: tuple[str, ...], subresource: str = "") -> Unclear:
        below = f"/{subresource}" if subresource else ""
        example = f"permission('PLURAL{below}', {list(verbs) or ['VERB']!r}, api_groups='GROUP')"
        reason = f"{what} ({_shown(access)}): declare permissions=[{example}]"
        return Unclear(self._plugin, access.path, access.node.lineno, reason, verbs, subresource)

    def _kinds(self, access: Access) -> tuple[frozenset[GroupVersionKind], bool]:
        if access.method == "evict":
            return frozenset({_POD}), True
        found = access.argument(1, "owner") if access.method == "set_owner" else subject_of(access)
        of_each = [kinds_in(each, self._state) for each in found]
        kinds = frozenset().union(*(each for each in of_each if each is not None))
        return kinds, bool(kinds) and None not in of_each

    def _subresources(self, access: Access, method: Method) -> tuple[str, ...] | None:
        given = dict(access.keywords).get("subresource", NOTHING)
        return texts_of(given) if given else (method.subresource,)


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


def _blocks(access: Access) -> bool:
    """Report whether ``set_owner`` may set ``blockOwnerDeletion``."""
    call = access.node
    keywords = {each.arg: each.value for each in call.keywords} if isinstance(call, ast.Call) else {}
    chosen = keywords.get("block_owner_deletion") or keywords.get("controller")
    return not (isinstance(chosen, ast.Constant) and chosen.value is False)


def _shown(access: Access) -> str:
    owner = "ctx" if access.method in CONTEXT_WRITES else "ctx.client"
    return f"{owner}.{access.method}" if access.method else "ctx.client"
