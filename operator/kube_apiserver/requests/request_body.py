"""Decoding of the object in a request body, and its checks against the request path."""

from typing import Any

from kube_apiserver import codec
from kube_apiserver.decoding.decoder import decode_error, value_error
from kube_apiserver.decoding.pruning import prune
from kube_apiserver.decoding.repeated_members import errors_in_order
from kube_apiserver.requests.request import Request
from kube_apiserver.requests.type_mismatch import type_mismatch
from kube_apiserver.schema import messages
from kube_apiserver.schema.builtin_schemas import from_definition
from kube_apiserver.schema.go_format import json_type
from kube_apiserver.threads import off_loop
from kube_apiserver.wire.body import JSON, is_long, media_type, parse_json, parse_long, parse_strictly, read_bytes
from kube_apiserver.wire.status_error import StatusError, bad_request, invalid

# kube-apiserver's messages name the source line of its scheme.
SCHEME = "pkg/runtime/scheme.go:111"
APPLY_PATCH = "application/apply-patch+yaml"


async def read_object(request: Request) -> dict[str, Any]:
    """Return the object in the body, with kind and namespace set from the path. Record its strict errors.

    Raises:
        StatusError: 400, 413 or 415.
    """
    raw, media = await read_bytes(request.http), media_type(request.http)
    return await off_loop(is_long(raw, media), _decoded, request, raw, media)


def _decoded(request: Request, raw: bytes, media: str) -> dict[str, Any]:
    resource = request.resource
    if media == JSON and resource.custom is None and resource.schema is not None:
        obj = parse_json(raw)
        request.duplicates[:] = errors_in_order(raw, obj, resource.schema)
    else:
        obj, request.duplicates[:] = parse_strictly(raw, media)
    return check_object(request, obj)


async def read_as(request: Request, definition: str, kind: str = "") -> dict[str, Any]:
    """Return a body of another kind than the path's, such as a Binding or DeleteOptions; {} if the body is empty.

    Error messages name ``kind``, if it is set.

    Raises:
        StatusError: 400, 413 or 415.
    """
    raw, media = await read_bytes(request.http), media_type(request.http)
    body = await parse_long(raw, media) if raw.strip() else {}
    return {} if body is None else await off_loop(is_long(raw, media), _checked, body, definition, kind)


def note_unknown_fields(request: Request, body: dict[str, Any], definition: str, kind: str, validation: str) -> None:
    """Warn of the unknown fields of a body of another kind than the path's, as ``fieldValidation`` asks.

    Raises:
        StatusError: 400, the validation is strict.
    """
    schema = from_definition(definition)
    unknown = [f'unknown field "{path}"' for path in prune(body, schema)[1]] if schema is not None else []
    if not unknown or validation == "Ignore":
        return
    if validation == "Strict":
        why = f"strict decoding error: {', '.join(unknown)}"
        raise bad_request(f'{kind} in version "v1" cannot be handled as a {kind}: {why}')
    request.warnings.extend(unknown)


def _checked(body: Any, definition: str, kind: str) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise bad_request(f"couldn't get version/kind; json parse error: expected an object, found {json_type(body)}")
    schema = from_definition(definition)
    error = decode_error(body, schema) if schema is not None else None
    if error is not None:
        raise bad_request(f'{kind} in version "v1" cannot be handled as a {kind}: {error}' if kind else error)
    return body


def check_object(request: Request, obj: Any, *, applied: bool = False) -> dict[str, Any]:
    """Return ``obj`` if its kind, version and namespace match the request path.

    Like kube-apiserver, it drops times and numbers that it cannot read from the metadata of an applied custom object.

    Raises:
        StatusError: 400, ``obj`` does not match the path or is not an object.
    """
    resource = request.resource
    if obj is None:
        obj = {}
    if not isinstance(obj, dict):
        raise bad_request(f"couldn't get version/kind; json parse error: expected an object, found {json_type(obj)}")
    _check_kind(request, obj)
    metadata = obj.setdefault("metadata", {})
    if metadata is None:
        metadata = obj["metadata"] = {}
    if not isinstance(metadata, dict):
        raise bad_request(
            f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: '
            f"json: cannot unmarshal {json_type(metadata)} into Go struct field {resource.kind}.metadata of type "
            "v1.ObjectMeta"
        )
    _check_metadata_types(request, obj, metadata)
    if resource.custom is not None:
        _check_decoded(request, obj, metadata, applied=applied)
    if resource.namespaced:
        namespace = metadata.get("namespace") or request.target.namespace
        if namespace != request.target.namespace:
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
        metadata["namespace"] = namespace
    else:
        metadata.pop("namespace", None)
    return obj


def named_object(request: Request, patched: Any, *, applied: bool = False) -> dict[str, Any]:
    """Return a patched object if its name still matches the path. Raise 400 if not."""
    obj = check_object(request, patched, applied=applied)
    name = obj["metadata"].get("name", "")
    if not name:
        raise undeterminable(request)
    if name != request.target.name:
        raise bad_request(f"the name of the object ({name}) does not match the name on the URL ({request.target.name})")
    return obj


def undeterminable(request: Request) -> StatusError:
    """Return the 400 for an object without a name."""
    url = f"the name of the object ({request.target.name} based on URL)"
    return bad_request(f"{url} was undeterminable: name must be provided")


def _check_kind(request: Request, obj: dict[str, Any]) -> None:
    resource = request.resource
    api_version, kind = obj.get("apiVersion"), obj.get("kind")
    if resource.custom is not None:
        _check_custom_kind(request, obj)
    if api_version and api_version != resource.api_version:
        raise _other_version(request, api_version)
    if kind and kind != resource.kind:
        raise bad_request(
            f'{kind} in version "{resource.version}" cannot be handled as a {resource.kind}: '
            f'no kind "{kind}" is registered for version "{resource.api_version}" in scheme "{SCHEME}"'
        )
    obj["apiVersion"], obj["kind"] = resource.api_version, resource.kind


def _check_custom_kind(request: Request, obj: dict[str, Any]) -> None:
    resource, kind, version = request.resource, obj.get("kind"), obj.get("apiVersion") or ""
    if not kind:
        missing = f"Object 'Kind' is missing in '{codec.encode(obj).decode()}'"
        raise bad_request(f"the object provided is unrecognized (must be of type {resource.kind}): {missing}")
    patched = request.http.method == "PATCH"
    if version != resource.api_version and not patched:
        raise _other_version(request, version)
    causes = [
        messages.invalid(field, found, f"must be {wanted}")
        for field, found, wanted in (("kind", kind, resource.kind), ("apiVersion", version, resource.api_version))
        if found != wanted
    ]
    if causes:
        # Like kube-apiserver, the error names the kind in the body.
        metadata = obj.get("metadata")
        name = request.target.name or (metadata.get("name", "") if isinstance(metadata, dict) else "")
        raise invalid(str(kind), resource.group, str(name), causes)


def _other_version(request: Request, found: str) -> StatusError:
    expected = request.resource.api_version
    return bad_request(f"the API version in the data ({found}) does not match the expected API version ({expected})")


_OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_DECODED = (
    *("creationTimestamp", "deletionTimestamp", "generation", "deletionGracePeriodSeconds"),
    *("ownerReferences", "managedFields"),
)
_TYPES: tuple[tuple[str, type, str], ...] = (
    ("name", str, "string"),
    ("generateName", str, "string"),
    ("namespace", str, "string"),
    ("uid", str, "types.UID"),
    ("resourceVersion", str, "string"),
    ("labels", dict, "map[string]string"),
    ("annotations", dict, "map[string]string"),
    ("finalizers", list, "[]string"),
    ("ownerReferences", list, "[]v1.OwnerReference"),
    ("managedFields", list, "[]v1.ManagedFieldsEntry"),
)


def _check_metadata_types(request: Request, obj: dict[str, Any], metadata: dict[str, Any]) -> None:
    for name, wanted, go_type in _TYPES:
        if name not in metadata:
            continue
        value = metadata[name]
        if value is None:
            del metadata[name]
        elif not isinstance(value, wanted):
            raise _type_error(request, obj, value, (name, go_type))
    for name in ("labels", "annotations"):
        if name in metadata:
            _check_strings(request, obj, name)
    for name, wanted, go_type in (("finalizers", str, "string"), ("ownerReferences", dict, "v1.OwnerReference")):
        for value in metadata.get(name, ()):
            if not isinstance(value, wanted):
                raise _type_error(request, obj, value, (name, go_type))


def _check_decoded(request: Request, obj: dict[str, Any], metadata: dict[str, Any], *, applied: bool) -> None:
    """Raise the error of a time or number of a custom object that Go cannot read."""
    schema = from_definition(_OBJECT_META)
    for name in _DECODED:
        known = schema.child(name) if schema is not None and metadata.get(name) is not None else None
        if known is not None and (why := value_error(metadata[name], known, "ObjectMeta", name)):
            if not applied:
                raise _undecodable(request, obj, why)
            if name != "deletionTimestamp":  # which the validation of an update refuses
                del metadata[name]


def _check_strings(request: Request, obj: dict[str, Any], name: str) -> None:
    texts = obj["metadata"].get(name) or {}
    for key, value in texts.items():
        if value is None:
            texts[key] = ""
        elif not isinstance(value, str):
            raise _type_error(request, obj, value, (name, "string"))


def _type_error(request: Request, obj: dict[str, Any], value: Any, field: tuple[str, str]) -> StatusError:
    """Return the error of a value of metadata, given the name of its field and the Go type of that."""
    name, go_type = field
    path = name if request.resource.custom is not None else f"metadata.{name}"
    why = f"json: cannot unmarshal {json_type(value)} into Go struct field ObjectMeta.{path} of type {go_type}"
    return _undecodable(request, obj, why)


def _undecodable(request: Request, obj: dict[str, Any], why: str) -> StatusError:
    """Return the error of an object that Go cannot decode."""
    kind = request.resource.kind
    if request.http.method == "PATCH" and media_type(request.http) != APPLY_PATCH:
        return type_mismatch(request, obj, why)
    return bad_request(f'{kind} in version "{request.resource.version}" cannot be handled as a {kind}: {why}')
