"""The CustomResourceDefinition controllers: name conditions, serving, and deletion of instances."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from kube_apiserver import codec
from kube_apiserver.cluster import Cluster
from kube_apiserver.controllers.coalescer import Coalescer, Work
from kube_apiserver.conversion.versions import to_served
from kube_apiserver.crds.approval import approval_condition
from kube_apiserver.decoding.pruning import prune
from kube_apiserver.defaulting.defaults import apply_defaults
from kube_apiserver.kinds.apiextensions import FINALIZER
from kube_apiserver.registry import ServedResource
from kube_apiserver.registry.custom_resources import served_custom_resources, storage_version
from kube_apiserver.registry.resource import CRDS
from kube_apiserver.requests.options import DeleteOptions
from kube_apiserver.schema import Schema
from kube_apiserver.storage import Change, Item
from kube_apiserver.storage.records import item_of
from kube_apiserver.threads import LONG_BYTES, LONG_ITEMS, Pause, off_loop
from kube_apiserver.validation.conditions import condition, set_condition
from kube_apiserver.wire.times import timestamp
from kube_apiserver.writes.deletion import delete_item, is_removable
from kube_apiserver.writes.write_pipeline import remove, store, tracked_as

_MANAGER = "kube-apiserver"
_BACKGROUND = DeleteOptions(propagation="Background")
#: Instances by their key, before and after a new schema.
_Reshaped = Mapping[str, tuple[Item, Item]]


def _reshaped(schema: Schema, item: Item) -> Item:
    obj = item.decode()
    known = apply_defaults(prune(obj, schema)[0], schema)
    if known == obj:
        return item
    return item_of(known, item.revision, codec.encode_object(known, obj["apiVersion"], obj["kind"]))


def _known_or_reshaped(known: _Reshaped, schema: Schema, item: Item) -> Item:
    before, after = known.get(item.key, (None, item))
    return after if before is item else _reshaped(schema, item)


class _Plan(msgspec.Struct, frozen=True):
    """What follows from a definition.

    Attributes:
        stored: the definition with its new status, None if that stays.
        spec: identifies the spec that was served last.
        served: the resources to serve, None if they stay.
        reshaped: the instances in the shape of the new schema.
    """

    stored: dict[str, Any] | None
    spec: tuple[str, int]
    served: list[ServedResource] | None
    reshaped: _Reshaped


class ServedDefinitions(msgspec.Struct, frozen=True):
    """The definitions that are served, by name: their resources, and what identifies the spec of each."""

    resources: Mapping[str, list[ServedResource]]
    specs: Mapping[str, tuple[str, int]]


class CrdController:
    """Keeps the resource registry up to date with the stored definitions.

    Args:
        cluster: the cluster with the registry.
        changed: called with a group when its served resources change.
    """

    def __init__(self, cluster: Cluster, changed: Callable[[str], None]) -> None:
        self._cluster = cluster
        self._changed = changed
        self._served: dict[str, list[ServedResource]] = {}
        self._specs: dict[str, tuple[str, int]] = {}
        self._terminating: dict[str, str] = {}
        self._coalescer = Coalescer(self._check)

    def stop(self) -> None:
        """Stop reacting to writes. The registry keeps its state."""
        self._coalescer.stop()

    def interrupt(self) -> None:
        """Begin the work in progress again."""
        self._coalescer.interrupt()

    def restore(self, bucket: str, item: Item) -> None:
        """Serve a definition that is in the store at startup."""
        resource = self._cluster.registry.for_bucket(CRDS)
        if bucket != CRDS or resource is None:
            return
        if item.decode()["metadata"].get("deletionTimestamp"):
            self._coalescer.add(item.name)
        else:
            self._commit(resource, item, self._plan(resource, item, self._cluster.registry.all(), ()))

    def served(self) -> ServedDefinitions:
        """Return what is served now."""
        return ServedDefinitions(dict(self._served), dict(self._specs))

    def return_to(self, earlier: ServedDefinitions) -> None:
        """Serve what was served earlier, after the store has returned to the objects of that time."""
        for name in list(self._served.keys() | earlier.resources.keys()):
            before, after = self._served.get(name, []), earlier.resources.get(name, [])
            if before is not after:
                self._register(name, before, after)
                self._end_watches(before)
        self._specs = dict(earlier.specs)

    def observe(self, bucket: str, change: Change) -> None:
        """Enqueue the definition that a write affects."""
        if bucket == CRDS:
            self._coalescer.add(change.item.name)
        elif change.type == "DELETED" and bucket in self._terminating:
            self._coalescer.add(self._terminating[bucket])

    def _check(self, name: str) -> Work | None:
        item = self._cluster.store.get(CRDS, name)
        resource = self._cluster.registry.for_bucket(CRDS)
        if item is None or resource is None:
            self._serve(name, [], {})
            return None
        if b'"deletionTimestamp"' in item.raw and item.decode()["metadata"].get("deletionTimestamp"):
            return self._clean_up(name)
        instances = list(self._cluster.store.bucket(name).items.values())
        is_long = len(item.raw) > LONG_BYTES or len(instances) > LONG_ITEMS
        others = self._cluster.registry.all()
        if is_long:
            return self._check_long(resource, item, others, instances)
        self._commit(resource, item, self._plan(resource, item, others, instances))
        return None

    async def _check_long(
        self, resource: ServedResource, item: Item, others: list[ServedResource], instances: Sequence[Item]
    ) -> None:
        plan = await off_loop(True, self._plan, resource, item, others, instances)
        if self._cluster.store.get(CRDS, item.name) is item:
            self._commit(resource, item, plan)
        else:
            self._coalescer.add(item.name)

    def _plan(
        self, resource: ServedResource, item: Item, others: list[ServedResource], instances: Sequence[Item]
    ) -> _Plan:
        """Return what follows from a definition. It reads nothing that the event loop changes."""
        crd = to_served(resource, item)
        changed = self._establish(crd, others)
        accepted = condition(crd, "NamesAccepted")
        # The generation changes with the spec. Most writes, such as that of the status, leave it.
        spec = (crd["metadata"]["uid"], crd["metadata"].get("generation", 0))
        served = None
        if accepted is not None and accepted["status"] == "True" and self._specs.get(item.name) != spec:
            served = served_custom_resources(crd)
        schema = next((one.schema for one in served or () if one.api_version == one.storage_version), None)
        return _Plan(
            stored=tracked_as(self._cluster, resource, item, crd, _MANAGER, "status") if changed else None,
            spec=spec,
            served=served,
            reshaped={one.key: (one, _reshaped(schema, one)) for one in instances} if schema is not None else {},
        )

    def _commit(self, resource: ServedResource, item: Item, plan: _Plan) -> None:
        if plan.stored is not None:
            store(self._cluster, resource, plan.stored)
        if plan.served is not None:
            self._serve(item.name, plan.served, plan.reshaped)
            self._specs[item.name] = plan.spec

    def _serve(self, name: str, resources: list[ServedResource], reshaped: _Reshaped) -> None:
        before = self._served.get(name, [])
        self._specs.pop(name, None)
        if before == resources:
            return
        self._register(name, before, resources)
        self._reshape(resources, reshaped)
        if before:
            self._check_refused()
        self._end_watches(before)

    def _register(self, name: str, before: list[ServedResource], resources: list[ServedResource]) -> None:
        for resource in before:
            self._cluster.registry.remove(resource)
        for resource in resources:
            self._cluster.registry.add(resource)
        if resources:
            self._served[name] = resources
        else:
            self._served.pop(name, None)
        for group in {resource.group for resource in (*before, *resources)}:
            self._changed(group)

    def _end_watches(self, resources: list[ServedResource]) -> None:
        """Wake the watchers of resources, which end if a resource is no longer served."""
        for bucket in {resource.bucket for resource in resources}:
            self._cluster.store.bucket(bucket).publish()

    def _check_refused(self) -> None:
        """Check the definitions that are not served again: names that one of them wants may have become free."""
        for item in self._cluster.store.bucket(CRDS).items.values():
            if item.name not in self._served:
                self._coalescer.add(item.name)

    def _reshape(self, resources: list[ServedResource], reshaped: _Reshaped) -> None:
        """Prune and default the stored objects by a new schema, so that reads return them in its shape."""
        for resource in resources:
            schema = resource.schema
            if schema is not None and resource.api_version == resource.storage_version:
                self._cluster.store.bucket(resource.bucket).reshape(partial(_known_or_reshaped, reshaped, schema))

    def _establish(self, crd: dict[str, Any], others: list[ServedResource]) -> bool:
        """Set the conditions and stored versions of a definition. Return whether its status changed."""
        now = timestamp(self._cluster.clock.now())
        status = crd.setdefault("status", {})
        before = repr(status)
        approval = approval_condition(crd)
        if approval is not None:
            set_condition(crd, "KubernetesAPIApprovalPolicyConformant", *approval, now)
        conflict = _name_conflict(crd, others)
        if conflict:
            set_condition(crd, "NamesAccepted", "False", *conflict, now)
            if condition(crd, "Established") is None:
                set_condition(crd, "Established", "False", "NotAccepted", "not all names are accepted", now)
        else:
            set_condition(crd, "NamesAccepted", "True", "NoConflicts", "no conflicts found", now)
            set_condition(
                crd, "Established", "True", "InitialNamesAccepted", "the initial names have been accepted", now
            )
            status["acceptedNames"] = dict(crd["spec"]["names"])
        stored = storage_version(crd).rpartition("/")[2]
        versions = status.get("storedVersions") or []
        status["storedVersions"] = versions if stored in versions else [*versions, stored]
        return repr(status) != before

    async def _clean_up(self, name: str) -> None:
        """Delete all instances of a definition, then remove its finalizer."""
        item, served = self._cluster.store.get(CRDS, name), self._cluster.registry.for_bucket(name)
        if item is None or FINALIZER not in (item.decode()["metadata"].get("finalizers") or ()):
            return
        self._terminating[name] = name
        are_gone = served is None or await self._delete_instances(served)
        if are_gone and self._cluster.store.bucket(name).items and served is not None:
            self._coalescer.add(name)  # another was created meanwhile
            return
        item, resource = self._cluster.store.get(CRDS, name), self._cluster.registry.for_bucket(CRDS)
        if item is None or resource is None:
            return
        crd, now = to_served(resource, item), timestamp(self._cluster.clock.now())
        if not are_gone:
            before = repr(crd.get("status"))
            message = "CustomResource deletion is in progress"
            set_condition(crd, "Terminating", "True", "InstanceDeletionInProgress", message, now)
            if repr(crd.get("status")) != before:
                store(self._cluster, resource, crd)
            return
        self._terminating.pop(name, None)
        set_condition(crd, "Terminating", "False", "InstanceDeletionCompleted", "removed all instances", now)
        crd["metadata"]["finalizers"] = [
            entry for entry in crd["metadata"].get("finalizers") or () if entry != FINALIZER
        ]
        if is_removable(resource, crd):
            remove(self._cluster, resource, crd)
        else:
            store(self._cluster, resource, crd)

    async def _delete_instances(self, served: ServedResource) -> bool:
        """Delete the instances of a definition. Return whether all are gone."""
        bucket, pause, are_gone = self._cluster.store.bucket(served.bucket), Pause(), True
        for item in list(bucket.page("", "")):
            await pause.if_due()
            current = bucket.items.get(item.key)
            if current is not None:
                are_gone = delete_item(self._cluster, served, current, _BACKGROUND)[1] and are_gone
        return are_gone


def _name_conflict(crd: dict[str, Any], others: list[ServedResource]) -> tuple[str, str] | None:
    """Return reason and message of a name conflict with another resource of the group, None without one."""
    group, names, name = crd["spec"]["group"], crd["spec"]["names"], crd["metadata"]["name"]
    wanted = {names["plural"], names.get("singular", ""), *(names.get("shortNames") or ())} - {""}
    for other in others:
        if other.group != group or (other.custom is not None and other.custom.crd_name == name):
            continue
        taken = wanted & {other.plural, other.singular, *other.short_names}
        if taken:
            return "PluralConflict" if names[
                "plural"
            ] in taken else "ShortNamesConflict", f'"{min(taken)}" is already in use'
        if names["kind"] in {other.kind, other.list_kind}:
            return "KindConflict", f'"{names["kind"]}" is already in use'
    return None
