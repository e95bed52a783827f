"""The CustomResourceDefinition controllers: name conditions, serving, and deletion of instances."""

from functools import partial
from typing import Any

from kube_apiserver import codec
from kube_apiserver.cluster import Cluster
from kube_apiserver.controllers.coalescer import Coalescer
from kube_apiserver.conversion.versions import to_served
from kube_apiserver.decoding.pruning import prune
from kube_apiserver.defaulting.defaults import apply_defaults
from kube_apiserver.registry import ServedResource
from kube_apiserver.registry.custom_resources import bucket_of, served_custom_resources, storage_version
from kube_apiserver.registry.resource import CRDS
from kube_apiserver.requests.options import DeleteOptions
from kube_apiserver.schema import Schema
from kube_apiserver.storage import Change, Item
from kube_apiserver.storage.records import item_of
from kube_apiserver.strategies.conditions import condition, set_condition
from kube_apiserver.wire.times import timestamp
from kube_apiserver.writes.deletion import CRD_FINALIZER, delete_item, is_removable
from kube_apiserver.writes.write_pipeline import remove, store, store_as

_MANAGER = "kube-apiserver"
_BACKGROUND = DeleteOptions(propagation="Background")


def _reshaped(schema: Schema, item: Item) -> Item:
    obj = item.decode()
    known = apply_defaults(prune(obj, schema)[0], schema)
    if known == obj:
        return item
    return item_of(known, item.revision, codec.encode_object(known, obj["apiVersion"], obj["kind"]))


class CrdController:
    """Keeps the resource registry up to date with the stored definitions."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._served: dict[str, list[ServedResource]] = {}
        self._terminating: dict[str, str] = {}
        self._coalescer = Coalescer(self._check)

    def stop(self) -> None:
        """Stop reacting to writes. The registry keeps its state."""
        self._coalescer.stop()

    def restore(self, bucket: str, item: Item) -> None:
        """Serve a definition that is in the store at startup."""
        if bucket == CRDS:
            self._check(item.name)

    def observe(self, bucket: str, change: Change) -> None:
        """Enqueue the definition that a write affects."""
        if bucket == CRDS:
            self._coalescer.add(change.item.name)
        elif change.type == "DELETED" and bucket in self._terminating:
            self._coalescer.add(self._terminating[bucket])

    def _check(self, name: str) -> None:
        item = self._cluster.store.get(CRDS, name)
        resource = self._cluster.registry.for_bucket(CRDS)
        if item is None or resource is None:
            self._serve(name, [])
            return
        crd = to_served(resource, item)
        if crd["metadata"].get("deletionTimestamp"):
            self._clean_up(resource, crd)
            return
        changed = self._establish(crd)
        if changed:
            store_as(self._cluster, resource, crd, _MANAGER, "status")
        accepted = condition(crd, "NamesAccepted")
        if accepted is not None and accepted["status"] == "True":
            self._serve(name, served_custom_resources(crd))

    def _serve(self, name: str, resources: list[ServedResource]) -> None:
        before = self._served.get(name, [])
        if before == resources:
            return
        for resource in before:
            self._cluster.registry.remove(resource)
        for resource in resources:
            self._cluster.registry.add(resource)
        if resources:
            self._served[name] = resources
        else:
            self._served.pop(name, None)
        self._reshape(resources)
        for bucket in {resource.bucket for resource in before}:
            self._cluster.store.bucket(bucket).publish()  # watchers end if it is no longer served

    def _reshape(self, resources: list[ServedResource]) -> None:
        """Prune and default the stored objects by a new schema, so that reads return them in its shape."""
        for resource in resources:
            schema = resource.schema
            if schema is not None and resource.api_version == resource.storage_version:
                self._cluster.store.bucket(resource.bucket).reshape(partial(_reshaped, schema))

    def _establish(self, crd: dict[str, Any]) -> bool:
        """Set the conditions and stored versions of a definition. Return whether its status changed."""
        now = timestamp(self._cluster.clock.now())
        status = crd.setdefault("status", {})
        before = repr(status)
        conflict = self._name_conflict(crd)
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

    def _name_conflict(self, crd: dict[str, Any]) -> tuple[str, str] | None:
        """Return reason and message of a name conflict with another resource of the group, None without one."""
        group, names, name = crd["spec"]["group"], crd["spec"]["names"], crd["metadata"]["name"]
        wanted = {names["plural"], names.get("singular", ""), *(names.get("shortNames") or ())} - {""}
        for other in self._cluster.registry.all():
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

    def _clean_up(self, resource: ServedResource, crd: dict[str, Any]) -> None:
        """Delete all instances of a definition, then remove its finalizer."""
        name, bucket = crd["metadata"]["name"], bucket_of(crd)
        if CRD_FINALIZER not in (crd["metadata"].get("finalizers") or ()):
            return
        self._terminating[bucket] = name
        served = self._cluster.registry.for_bucket(bucket)
        left = list(self._cluster.store.bucket(bucket).page("", "")) if served is not None else []
        gone = [delete_item(self._cluster, served, item, _BACKGROUND)[1] for item in left if served is not None]
        now = timestamp(self._cluster.clock.now())
        if not all(gone):
            before = repr(crd.get("status"))
            message = "CustomResource deletion is in progress"
            set_condition(crd, "Terminating", "True", "InstanceDeletionInProgress", message, now)
            if repr(crd.get("status")) != before:
                store(self._cluster, resource, crd)
            return
        del self._terminating[bucket]
        set_condition(crd, "Terminating", "False", "InstanceDeletionCompleted", "removed all instances", now)
        crd["metadata"]["finalizers"] = [entry for entry in crd["metadata"]["finalizers"] if entry != CRD_FINALIZER]
        if is_removable(resource, crd):
            remove(self._cluster, resource, crd)
        else:
            store(self._cluster, resource, crd)
