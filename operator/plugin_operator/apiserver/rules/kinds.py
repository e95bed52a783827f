"""Which rule applies to which kind."""

from typing import Any

from plugin_operator.apiserver.call import Call
from plugin_operator.apiserver.rules import cores


def prepare_create(call: Call, obj: dict[str, Any]) -> dict[str, Any]:
    """Return a new object with everything the server itself decides."""
    resource = call.resource
    if resource.has_status and not call.target.subresource:
        obj.pop("status", None)
    rule = cores.CREATE.get(resource.bucket)
    if rule is not None:
        rule(obj)
    return obj


def prepare_update(call: Call, old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Return the new state with those parts put back that this path may not write."""
    resource, subresource = call.resource, call.target.subresource
    if subresource == "status":
        metadata = {**old["metadata"], "managedFields": new["metadata"].get("managedFields")}
        if metadata["managedFields"] is None:
            del metadata["managedFields"]
        new = {**old, "metadata": metadata, "status": new.get("status", {})}
    elif resource.has_status:
        new.pop("status", None)
        if "status" in old:
            new["status"] = old["status"]
    rule = cores.UPDATE.get(resource.bucket)
    if rule is not None:
        rule(old, new)
    return new
