"""The scale subresource: the ``autoscaling/v1`` Scale of an object."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from msgspec import structs

from kube_apiserver import codec, fieldmanagers
from kube_apiserver.controllers.label_selectors import selector_text
from kube_apiserver.conversion.versions import to_served
from kube_apiserver.registry import ServedResource
from kube_apiserver.registry.resource import ScalePaths
from kube_apiserver.requests.options import WriteOptions, write_options
from kube_apiserver.requests.request import Request
from kube_apiserver.requests.request_body import APPLY_PATCH, named_object, read_object
from kube_apiserver.schema import Cause, Schema
from kube_apiserver.storage import Item
from kube_apiserver.strategies import Strategy
from kube_apiserver.verbs.applying import applied_object, configuration
from kube_apiserver.verbs.patching import patch_document, read_patch
from kube_apiserver.verbs.reading import find, find_shown
from kube_apiserver.verbs.updating import check_name, replace
from kube_apiserver.wire.response import Response
from kube_apiserver.wire.status_error import bad_request, internal, invalid
from kube_apiserver.writes.write_pipeline import complete, tracked

_SCALE = ServedResource(
    group="autoscaling",
    version="v1",
    kind="Scale",
    plural="scales",
    singular="scale",
    namespaced=True,
    bucket="scales.autoscaling",
    storage_version="autoscaling/v1",
    verbs=frozenset(),
    strategy=Strategy(),
)
# A custom object without replicas has this value in its Scale.
_NEVER_SET = -(2**31)
_PRECONDITIONS = ("uid", "resourceVersion")

_BUILTIN = ScalePaths(".spec.replicas", ".status.replicas", ".spec.selector")
_SHOWN_METADATA = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")


async def get_scale(request: Request) -> Response:
    """Answer with the Scale of an object."""
    item = find_shown(request)
    if request.resource.custom is not None and not _has_replicas(request, item):
        raise internal(f'the spec replicas field "{_paths(request).spec_replicas}" does not exist')
    return Response(codec.encode(_scale(request, item)))


async def update_scale(request: Request) -> Response:
    """Set the replicas of an object to those of the Scale in the body."""
    options, view = write_options(request, "UpdateOptions"), _view(request)
    scale = await read_object(view)
    check_name(view, scale)
    return await _write(request, _tracked(view, _owned_scale(request), scale, options), options)


async def patch_scale(request: Request) -> Response:
    """Set the replicas of an object by a patch of its Scale."""
    media, change = await read_patch(request)
    options, view = write_options(request, "PatchOptions"), _view(request)
    before = _owned_scale(request)
    if media == APPLY_PATCH:
        scale = applied_object(view, before, configuration(view, change), options)
    else:
        patched = patch_document(before, media, change, view.resource.schema or Schema())
        scale = _tracked(view, before, named_object(view, patched), options)
    return await _write(request, scale, options)


def _view(request: Request) -> Request:
    """Return the request as one for a Scale."""
    return structs.replace(request, resource=_SCALE)


def _tracked(view: Request, before: dict[str, Any], scale: dict[str, Any], options: WriteOptions) -> dict[str, Any]:
    return tracked(view, before, complete(view, scale, options), options)


async def _write(request: Request, scale: dict[str, Any], options: WriteOptions) -> Response:
    replicas, where = _wanted(request, scale), _paths(request).spec_replicas
    request.duplicates.clear()  # they were those of the scale

    def scaled(current: Item) -> dict[str, Any]:
        parent = to_served(request.resource, current)
        obj = fieldmanagers.parent_entries(parent, scale, where, request.resource.api_version)
        obj["metadata"] |= {name: scale["metadata"][name] for name in _PRECONDITIONS if scale["metadata"].get(name)}
        _put(obj, where, replicas)
        return complete(request, obj, options, applied=True)

    shown = partial(_scale_of, request)
    item = await replace(request, scaled, options, applied=True, shown=shown)
    if not options.dry_run:
        await request.cluster.store.durable(item.revision)
    return Response(codec.encode(_scale(request, item)))


def _wanted(request: Request, scale: dict[str, Any]) -> int:
    replicas = int((scale.get("spec") or {}).get("replicas") or 0)
    if replicas == _NEVER_SET:
        raise bad_request(f'the spec replicas field "{_paths(request).spec_replicas}" cannot be empty')
    if replicas < 0:
        message = f"Invalid value: {replicas}: must be greater than or equal to 0"
        cause = Cause("spec.replicas", "FieldValueInvalid", message)
        raise invalid("Scale", "autoscaling", request.target.name, [cause])
    return replicas


def _owned_scale(request: Request) -> dict[str, Any]:
    """Return the current Scale with managedFields, for a write to build on."""
    current = find(request)
    parent, scale = to_served(request.resource, current), _scale(request, current)
    if request.resource.custom is not None and not _has_replicas(request, current):
        scale["spec"] = {"replicas": _NEVER_SET}
    return fieldmanagers.scale_entries(scale, parent, _paths(request).spec_replicas)


def _has_replicas(request: Request, item: Item) -> bool:
    return _get(to_served(request.resource, item), _paths(request).spec_replicas) is not None


def _paths(request: Request) -> ScalePaths:
    custom = request.resource.custom
    return (custom and custom.scale) or _BUILTIN


def _scale(request: Request, item: Item) -> dict[str, Any]:
    return _scale_of(request, to_served(request.resource, item))


def _scale_of(request: Request, obj: dict[str, Any]) -> dict[str, Any]:
    paths = _paths(request)
    metadata = {name: obj["metadata"][name] for name in _SHOWN_METADATA if name in obj["metadata"]}
    wanted = _get(obj, paths.spec_replicas)
    spec = {"replicas": wanted} if wanted else {}
    status: dict[str, Any] = {"replicas": _get(obj, paths.status_replicas) or 0}
    selector = _get(obj, paths.label_selector) if paths.label_selector else None
    if selector:
        status["selector"] = selector_text(selector)
    head = {"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata}
    return {**head, "spec": spec, "status": status}


def _get(obj: Mapping[str, Any], path: str) -> Any:
    value: Any = obj
    for name in path.strip(".").split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _put(obj: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.strip(".").split(".")
    for name in parents:
        obj = obj.setdefault(name, {})
    obj[last] = value
