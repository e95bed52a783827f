"""Orphans: children that no plugin looks after any more, and why."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from plugin_operator.cli.leftovers.loaded_controllers import LoadedController
from plugin_operator.cli.leftovers.marked_objects import MarkedObject, find_marked, listed
from plugin_operator.client import ApiClient, Connection, ConnectionConfig, RESTMapper
from plugin_operator.errors import NotFoundError, PluginOperatorError
from plugin_operator.kube import GroupVersionKind, Resource
from plugin_operator.kube.ownership import CONTROLLER_LABEL, OWNER_ANNOTATION, OWNER_UID_LABEL
from plugin_operator.metrics import Metrics
from plugin_operator.plugin.identity import SIGNATURE_PREFIX

_LEFT = "it has no owner any more: delete it, or take it over with Child(obj, adopt=True)"

#: Group and kind of an object: its version may be any.
GroupKind = tuple[str, str]


class Orphan(msgspec.Struct, frozen=True):
    """One child that no plugin looks after.

    Attributes:
        kind, namespace, name, uid: its identity; the namespace is empty for a cluster-scoped object.
        controller: the id of the controller that made it.
        owner: its owner, as ``Kind.group/namespace/name`` or ``Kind.group/name``; empty if its metadata names none.
        reason: why nothing looks after it.
    """

    kind: GroupVersionKind
    namespace: str
    name: str
    uid: str
    controller: str
    owner: str
    reason: str


class Orphans(msgspec.Struct, frozen=True):
    """What was found.

    Attributes:
        found: the orphans.
        unread: kinds or owners that could not be read, with the reason.
    """

    found: tuple[Orphan, ...]
    unread: tuple[tuple[str, str], ...]


def find_orphans(
    config: ConnectionConfig, controllers: Iterable[LoadedController], namespaces: tuple[str, ...]
) -> Orphans:
    """Return the children in a cluster that no controller looks after.

    Args:
        config: the cluster.
        controllers: the controllers of all plugins.
        namespaces: where to look; empty for everywhere.

    Raises:
        PluginOperatorError: the cluster cannot be reached, or shows no kinds.
    """
    owned = {
        known: frozenset((kind.group, kind.kind) for kind in each.owns) for each in controllers for known in each.ids
    }
    return asyncio.run(_find(config, owned, namespaces))


async def _find(
    config: ConnectionConfig, owned: Mapping[str, frozenset[GroupKind]], namespaces: tuple[str, ...]
) -> Orphans:
    async with Connection.open(config, Metrics(), user_agent="plugin-operator/orphans") as link:
        mapper = RESTMapper(link)
        client = ApiClient(link, mapper, field_manager="plugin-operator")
        resources = await mapper.resources()
        if not resources:
            raise PluginOperatorError(f"{config.host} does not show which kinds it serves: the user may lack discovery")
        marked = await find_marked(client, resources, CONTROLLER_LABEL, namespaces)
        judge = _Judge(
            owned, client, {(each.gvk.group, each.gvk.kind): each for each in reversed([*listed(resources)])}
        )
        children = children_in(marked.objects)
        orphans = [orphan for each in children if (orphan := await judge.orphan(each)) is not None]
    unread = (*((str(kind), reason) for kind, reason in marked.unread), *judge.unread.items())
    return Orphans(tuple(orphans), unread)


def children_in(objects: Sequence[MarkedObject]) -> list[MarkedObject]:
    """Return the children among marked objects.

    Others have copied the labels of a child: Endpoints and EndpointSlices have those of their Service. Their owner is a
    child of the same controller; or they have no mark of an owner, and the controller has not applied them.
    """
    controllers = {each.metadata.uid: (each.metadata.labels or {})[CONTROLLER_LABEL] for each in objects}
    found = []
    for each in objects:
        owner = each.metadata.controller_of()
        is_owned = owner is not None and controllers.get(owner.uid) != controllers[each.metadata.uid]
        if is_owned or is_far(each) or is_left(each):
            found.append(each)
    return found


def is_far(child: MarkedObject) -> bool:
    """Report whether a child has the uid of its owner, because no owner reference reaches it."""
    return bool((child.metadata.labels or {}).get(OWNER_UID_LABEL))


def is_left(child: MarkedObject) -> bool:
    """Report whether a child has lost its owner reference, as after ``kubectl delete --cascade=orphan``."""
    if is_far(child) or child.metadata.controller_of() is not None:
        return False
    return f"{SIGNATURE_PREFIX}{(child.metadata.labels or {})[CONTROLLER_LABEL]}" in child.appliers


class _Judge:
    """Decides which children are orphans.

    Attributes:
        unread: owners that could not be read, with the reason.
    """

    def __init__(
        self, owned: Mapping[str, frozenset[GroupKind]], client: ApiClient, resources: Mapping[GroupKind, Resource]
    ) -> None:
        self._owned = owned
        self._client = client
        self._resources = resources
        self._owners: dict[str, str] = {}
        self.unread: dict[str, str] = {}

    async def orphan(self, child: MarkedObject) -> Orphan | None:
        """Return a child with the reason why it is one, or None."""
        metadata = child.metadata
        if metadata.deletion_timestamp is not None:
            return None
        controller = (metadata.labels or {})[CONTROLLER_LABEL]
        owner = (metadata.annotations or {}).get(OWNER_ANNOTATION, "")
        if controller not in self._owned:
            reason = f"no plugin has a controller with the id {controller}, or with renamed_from={controller!r}"
        elif (child.kind.group, child.kind.kind) not in self._owned[controller]:
            reason = f"the controller does not own {child.kind}"
        elif is_left(child):
            reason = _LEFT
        else:
            reason = await self._without_owner(metadata.labels or {}, owner)
        if not reason:
            return None
        reference = metadata.controller_of()
        if reference is not None:
            group = reference.api_version.rpartition("/")[0]
            owner = f"{_dotted(reference.kind, group)}/{metadata.namespace}/{reference.name}"
        shown = "/".join(filter(None, owner.split("/")))
        return Orphan(child.kind, metadata.namespace, metadata.name, metadata.uid, controller, shown, reason)

    async def _without_owner(self, labels: Mapping[str, str], owner: str) -> str:
        """Return why an owner does not exist; empty if it does, or if the garbage collector looks after the child."""
        if not (uid := labels.get(OWNER_UID_LABEL)) or owner.count("/") != 2:
            return ""
        if owner not in self._owners:
            self._owners[owner] = await self._uid_of(owner)
        known = self._owners[owner]
        if owner in self.unread or known == uid:
            return ""
        return "its owner does not exist" if not known else "its owner was deleted, and another has its name"

    async def _uid_of(self, owner: str) -> str:
        """Return the uid of an owner; empty if there is none, or if it cannot be read."""
        kind, namespace, name = owner.split("/")
        resource = self._resources.get((kind.partition(".")[2], kind.partition(".")[0]))
        if resource is None:
            return ""
        try:
            found = await self._client.get(resource.gvk, name, namespace or None)
        except NotFoundError:
            return ""
        except (PluginOperatorError, ValueError) as error:
            self.unread[owner] = str(error)
            return ""
        return str(found["metadata"].get("uid") or "")


def _dotted(kind: str, group: str) -> str:
    return f"{kind}.{group}" if group else kind
