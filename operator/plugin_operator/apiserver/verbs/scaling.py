"""The scale subresource: an ``autoscaling/v1`` view of how many replicas an object wants and has."""

from collections.abc import Mapping
from typing import Any

from plugin_operator.apiserver import codec
from plugin_operator.apiserver.call import Call
from plugin_operator.apiserver.registry.resource import ScalePaths
from plugin_operator.apiserver.schema import Cause, Schema
from plugin_operator.apiserver.storage import Item
from plugin_operator.apiserver.verbs.conversion import to_served
from plugin_operator.apiserver.verbs.options import write_options
from plugin_operator.apiserver.verbs.patching import patch_document, read_patch
from plugin_operator.apiserver.verbs.reading import find
from plugin_operator.apiserver.verbs.updating import replace
from plugin_operator.apiserver.wire.body import media_type, parse, read_bytes
from plugin_operator.apiserver.wire.failure import bad_request, invalid
from plugin_operator.apiserver.wire.reply import Reply

_BUILTIN = ScalePaths(".spec.replicas", ".status.replicas", ".spec.selector")
_SHOWN_METADATA = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")


async def get_scale(call: Call) -> Reply:
    """Answer with the scale of an object."""
    return Reply(codec.encode(_scale(call, find(call))))


async def update_scale(call: Call) -> Reply:
    """Set the wanted replicas by the Scale in the body."""
    scale = parse(await read_bytes(call.http), media_type(call.http))
    return await _write(call, scale, "UpdateOptions")


async def patch_scale(call: Call) -> Reply:
    """Set the wanted replicas by a patch of the Scale."""
    media, change = await read_patch(call)
    scale = patch_document(_scale(call, find(call)), media, change, Schema(type="object", preserve_unknown=True))
    return await _write(call, scale, "PatchOptions")


async def _write(call: Call, scale: Any, options_kind: str) -> Reply:
    options = write_options(call, options_kind)
    current = find(call)
    replicas = _wanted(call, scale)
    obj = to_served(call.resource, current)
    version = (scale.get("metadata") or {}).get("resourceVersion")
    if version:
        obj["metadata"]["resourceVersion"] = version
    _put(obj, _paths(call).spec_replicas, replicas)
    item = replace(call, current, obj, options)
    if not options.dry_run:
        await call.cluster.store.durable(item.revision)
    return Reply(codec.encode(_scale(call, item)))


def _wanted(call: Call, scale: Any) -> int:
    if not isinstance(scale, dict) or not isinstance(scale.get("spec", {}), dict):
        raise bad_request("a Scale with a spec is expected")
    if scale.get("kind", "Scale") != "Scale":
        raise bad_request(f"the kind in the data ({scale['kind']}) does not match the expected kind (Scale)")
    replicas = (scale.get("spec") or {}).get("replicas", 0)
    if not isinstance(replicas, int) or isinstance(replicas, bool):
        raise bad_request("spec.replicas must be a whole number")
    if replicas < 0:
        message = f"Invalid value: {replicas}: must be greater than or equal to 0"
        cause = Cause("spec.replicas", "FieldValueInvalid", message)
        raise invalid("Scale", "autoscaling", call.target.name, [cause])
    return replicas


def _paths(call: Call) -> ScalePaths:
    custom = call.resource.custom
    return (custom and custom.scale) or _BUILTIN


def _scale(call: Call, item: Item) -> dict[str, Any]:
    obj, paths = to_served(call.resource, item), _paths(call)
    metadata = {name: obj["metadata"][name] for name in _SHOWN_METADATA if name in obj["metadata"]}
    wanted = _get(obj, paths.spec_replicas)
    spec = {"replicas": wanted} if wanted else {}
    status: dict[str, Any] = {"replicas": _get(obj, paths.status_replicas) or 0}
    selector = _get(obj, paths.label_selector) if paths.label_selector else None
    if selector:
        status["selector"] = selector_text(selector)
    head = {"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata}
    return {**head, "spec": spec, "status": status}


def selector_text(selector: Any) -> str:
    """Return a label selector, written as text or as an object, as text."""
    if not isinstance(selector, Mapping):
        return str(selector)
    if "matchLabels" not in selector and "matchExpressions" not in selector:
        return ",".join(f"{key}={value}" for key, value in sorted(selector.items()))
    terms = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    terms.extend(_expression(entry) for entry in selector.get("matchExpressions") or ())
    return ",".join(terms)


def _expression(entry: Mapping[str, Any]) -> str:
    key, operator, values = entry["key"], entry["operator"], ",".join(sorted(entry.get("values") or ()))
    match operator:
        case "Exists":
            return str(key)
        case "DoesNotExist":
            return f"!{key}"
    return f"{key} {operator.lower()} ({values})"


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
