"""Objects in memory that answer like an API server, for the client and the listers of a fake context.

Owns the rules that reconcilers meet: names, versions, conflicts, generations, finalizers, patches, status, and the
types of what is applied. Leaves other validation, defaults, selectors of fields, field ownership and garbage collection
to the embedded API server.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any, TypeAlias
from uuid import uuid4

import msgspec

from kube_apiserver.fieldmanagers import rooted, typed_patch_error
from kube_apiserver.patching import PatchError, json_patch, merge_patch
from kube_apiserver.registry import Registry
from kube_apiserver.registry.builtin_resources import served_builtin_resources
from plugin_operator.cache import Index, Lister
from plugin_operator.cache.objects import CachedObject
from plugin_operator.cache.store import Store
from plugin_operator.client import ApiRequest, ByteStream, Response, error_of
from plugin_operator.client.http.request_path import is_whole_object, kind_at, object_of
from plugin_operator.clock import Clock
from plugin_operator.errors import ApiError, api_error
from plugin_operator.kube import GroupVersionKind, LabelSelector, Object, Resource, guessed_resource
from plugin_operator.kube.timestamps import timestamp

#: Index functions by kind and name.
Indexes: TypeAlias = Mapping[str, Mapping[str, Callable[[Object], Iterable[str]]]]

_JSON_PATCH = "application/json-patch+json"
_KEPT = ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "generation")
_BUILTIN = Registry(served_builtin_resources())


class _Silence:
    """A sink for the changes of a store, which a fake has no handlers for."""

    def added(self, new: CachedObject) -> None:
        """Ignore an addition."""

    def updated(self, old: CachedObject, new: CachedObject) -> None:
        """Ignore a change."""

    def deleted(self, old: CachedObject) -> None:
        """Ignore a deletion."""


class FakeObjects:
    """A ``Transport`` to objects in memory.

    Args:
        objects: the objects that are there at the start.
        clock: for creation and deletion times.
        indexes: index functions by kind and name.
    """

    def __init__(self, objects: Iterable[Mapping[str, Any]], clock: Clock, indexes: Indexes | None = None) -> None:
        self._clock = clock
        self._stores: dict[GroupVersionKind, Store] = {}
        self._resources: dict[GroupVersionKind, Resource] = {}
        self._indexes: dict[GroupVersionKind, Mapping[str, Index]] = {}
        self._version = 0
        for kind, functions in (indexes or {}).items():
            gvk = GroupVersionKind.parse(kind)
            self._indexes[gvk] = {name: Index(partial(_values, function)) for name, function in functions.items()}
            for index in self._indexes[gvk].values():  # before the objects: a store indexes what it takes from then on
                self._store(gvk).add_index(index)
        self._is_dry_run = False
        for each in objects:
            obj: Object = msgspec.json.decode(msgspec.json.encode(each))
            gvk = GroupVersionKind.of(obj)
            self.resource(gvk, namespaced=bool(obj["metadata"].get("namespace")))
            self._put(gvk, self._born(obj))

    def resource(self, gvk: GroupVersionKind, *, namespaced: bool = True) -> Resource:
        """Return the resource of a kind; a custom kind is ``namespaced`` as its first object."""
        known = self._resources.get(gvk)
        if known is None:
            served = _BUILTIN.for_kind(gvk.api_version, gvk.kind)
            plural, scope = (served.plural, served.namespaced) if served else (guessed_resource(gvk).plural, namespaced)
            known = self._resources[gvk] = Resource(gvk, plural, scope)
        return known

    def resources_named(self, version: str, kind: str) -> list[Resource]:
        """Return the resources of any group that have ``kind`` in ``version``."""
        served = [each for each in _BUILTIN.all() if (each.version, each.kind) == (version, kind)]
        for each in served:
            self.resource(GroupVersionKind(each.group, version, kind))
        return [each for gvk, each in self._resources.items() if (gvk.version, gvk.kind) == (version, kind)]

    def resources(self) -> list[Resource]:
        """Return the resources that were asked for."""
        return list(self._resources.values())

    def lister(self, gvk: GroupVersionKind) -> Lister:
        """Return the lister of a kind, which shows every write at once."""
        return Lister(self._store(gvk), self._indexes.get(gvk, {}), kind=gvk)

    def kind_of(self, path: str) -> GroupVersionKind:
        """Return the kind that a request path is about.

        Raises:
            ApiError: 404, no such kind was asked for.
        """
        at, plural = kind_at(path), object_of(path).get("resource")
        for gvk, resource in self._resources.items():
            if (gvk.group, gvk.version, resource.plural) == (at.group, at.version, plural):
                return gvk
        raise api_error(404, "NotFound", "the server could not find the requested resource")

    async def send(self, request: ApiRequest) -> Response:
        """Answer a request; see ``Transport.send``."""
        place = object_of(request.path)
        gvk = self.kind_of(request.path)
        body = msgspec.json.decode(request.body) if request.body else None
        dry_runs = ("dryRun", "All") in request.query, isinstance(body, dict) and bool(body.get("dryRun"))
        self._is_dry_run = any(dry_runs)  # of this request: nothing below waits
        answer: Any
        if "name" not in place:
            answer = self._on_collection(request, gvk, place.get("namespace"), body)
            creates = request.method == "POST"
        else:
            key = (place.get("namespace", ""), place["name"])
            creates = self._store(gvk).get(*key) is None
            answer = self._on_object(request, gvk, key, body)
        return Response(201 if creates else 200, {}, msgspec.json.encode(answer))

    def stream(self, request: ApiRequest) -> AbstractAsyncContextManager[ByteStream]:
        """Refuse: a fake context has no watches."""
        raise NotImplementedError(f"a fake context has no watches: {request.path}")

    def _on_collection(self, request: ApiRequest, gvk: GroupVersionKind, namespace: str | None, body: Any) -> Object:
        if request.method == "POST":
            return self._create(gvk, body, namespace)
        if dict(request.query).get("fieldSelector"):
            raise api_error(400, "BadRequest", "a fake context has no field selectors: use plugin_harness")
        selector = LabelSelector.of(dict(request.query).get("labelSelector"))
        found = [
            each.decode()
            for each in self._store(gvk)
            if namespace in {None, each.namespace} and selector.matches(each.metadata().labels or {})
        ]
        if request.method == "DELETE":
            for each in found:
                self._delete(gvk, each, None)
        return {"apiVersion": gvk.api_version, "kind": f"{gvk.kind}List", "metadata": {}, "items": found}

    def _on_object(self, request: ApiRequest, gvk: GroupVersionKind, key: tuple[str, str], body: Any) -> Object:
        stored = self._store(gvk).get(*key)
        is_apply = request.content_type == "application/apply-patch+yaml"
        if is_apply:
            _check_types(gvk, body)
        if stored is None:
            if request.method == "PATCH" and is_apply and is_whole_object(request.path):
                return self._create(gvk, body, key[0])
            raise self._missing(gvk, key[1])
        obj = stored.decode()
        if request.method == "GET":
            return obj
        if request.method == "DELETE":
            return self._delete(gvk, obj, body)
        if request.path.endswith("/eviction"):
            return self._delete(gvk, obj, body.get("deleteOptions"))
        if request.path.endswith("/scale"):
            return self._scale(gvk, obj, body)
        wanted = body if request.method == "PUT" else _patched(obj, body, request.content_type)
        return self._replace(gvk, obj, wanted, is_status=request.path.endswith("/status"))

    def _create(self, gvk: GroupVersionKind, obj: Object, namespace: str | None) -> Object:
        metadata = obj.setdefault("metadata", {})
        if namespace:
            metadata["namespace"] = namespace
        if not metadata.get("name"):
            metadata["name"] = f"{metadata.get('generateName', '')}{uuid4().hex[:5]}"
        if self._store(gvk).get(namespace or "", metadata["name"]) is not None:
            plural = self.resource(gvk).plural
            raise api_error(409, "AlreadyExists", f'{plural} "{metadata["name"]}" already exists')
        obj.pop("status", None)
        return self._put(gvk, self._born(obj))

    def _replace(self, gvk: GroupVersionKind, old: Object, new: Object, *, is_status: bool) -> Object:
        asked, metadata = new["metadata"].get("resourceVersion"), old["metadata"]
        if asked and asked != metadata["resourceVersion"]:
            what = f'{self.resource(gvk).plural} "{metadata["name"]}"'
            raise api_error(409, "Conflict", f"Operation cannot be fulfilled on {what}: the object has been modified")
        if is_status:
            result = {**old, "status": new.get("status") or {}}
        else:
            kept = {name: metadata[name] for name in _KEPT if name in metadata}
            result = {**new, "metadata": {**new["metadata"], **kept}}
            result.pop("status", None)
            result |= {"status": old["status"]} if "status" in old else {}
        result["metadata"] = dict(result["metadata"])
        if _content(result) != _content(old):
            result["metadata"]["generation"] = metadata.get("generation", 1) + 1
        if metadata.get("deletionTimestamp") and not result["metadata"].get("finalizers"):
            self._remove(gvk, result)
            return result
        result["metadata"]["resourceVersion"] = metadata["resourceVersion"]
        return old if result == old else self._put(gvk, result)

    def _scale(self, gvk: GroupVersionKind, old: Object, patch: Object) -> Object:
        if "replicas" not in (old.get("spec") or {}):
            raise api_error(404, "NotFound", "the server could not find the requested resource")
        new = self._replace(gvk, old, merge_patch(old, patch), is_status=False)
        status = {"replicas": (new.get("status") or {}).get("replicas", 0)}
        scale = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": new["metadata"]}
        return {**scale, "spec": {"replicas": new["spec"]["replicas"]}, "status": status}

    def _delete(self, gvk: GroupVersionKind, obj: Object, options: Any) -> Object:
        metadata = obj["metadata"]
        for name, value in ((options or {}).get("preconditions") or {}).items():
            if metadata.get(name) != value:
                raise api_error(409, "Conflict", f"the {name} in the precondition does not match")
        if metadata.get("finalizers"):
            if not metadata.get("deletionTimestamp"):
                metadata["deletionTimestamp"] = self._stamp()
                self._put(gvk, obj)
        else:
            self._remove(gvk, obj)
        return obj

    def _born(self, obj: Object) -> Object:
        obj["metadata"] = {"uid": str(uuid4()), "creationTimestamp": self._stamp(), "generation": 1, **obj["metadata"]}
        return obj

    def _put(self, gvk: GroupVersionKind, obj: Object) -> Object:
        if self._is_dry_run:
            return obj
        self._version += 1
        metadata = obj["metadata"]
        metadata["resourceVersion"] = str(self._version)
        raw, namespace = msgspec.json.encode(obj), metadata.get("namespace", "")
        self._store(gvk).upsert(CachedObject(raw, namespace, metadata["name"], metadata["resourceVersion"]))
        return obj

    def _remove(self, gvk: GroupVersionKind, obj: Object) -> None:
        stored = self._store(gvk).get(obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
        if stored is not None and not self._is_dry_run:
            self._store(gvk).remove(stored)

    def _store(self, gvk: GroupVersionKind) -> Store:
        return self._stores.setdefault(gvk, Store(_Silence()))

    def _missing(self, gvk: GroupVersionKind, name: str) -> ApiError:
        return api_error(404, "NotFound", f'{self.resource(gvk).plural} "{name}" not found')

    def _stamp(self) -> str:
        return timestamp(self._clock.now())


def _check_types(gvk: GroupVersionKind, applied: Object) -> None:
    """Raise the error of an API server for an apply of a built-in kind with an unknown field or a wrong type."""
    served = _BUILTIN.for_kind(gvk.api_version, gvk.kind)
    if served is None:
        return
    kind = f"{gvk.group}/{gvk.version}, Kind={gvk.kind}"
    if error := typed_patch_error(applied, rooted(served.schema), kind):
        raise error_of(500, msgspec.json.encode({"message": error}))


def _patched(obj: Object, patch: Any, content_type: str) -> Object:
    try:
        # Strategic patches and apply merge lists by the kind's schema; a fake replaces lists.
        return json_patch(obj, patch) if content_type == _JSON_PATCH else merge_patch(obj, patch)
    except PatchError as error:
        raise api_error(error.code, error.reason, error.message) from error


def _content(obj: Object) -> Object:
    return {name: value for name, value in obj.items() if name not in {"metadata", "status"}}


def _values(function: Callable[[Object], Iterable[str]], obj: CachedObject) -> tuple[str, ...]:
    return tuple(function(obj.decode()))
