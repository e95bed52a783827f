"""What people do to the Leases of replicas that share objects: they delete them and edit them."""

import json
from typing import Any

from plugin_operator.replicas.lease_names import GROUP_LABEL, MAP_KEY, RECORD_KEY
from tests.soak.objects import Api

_LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
_MAP = "plugin-operator-shards"
_ELECTION = "plugin-operator-leader-election"


async def meddle(api: Api, what: str, which: float) -> bool:
    """Do what a step of the plan says; return False if there is no such Lease.

    Args:
        api: calls of an administrator.
        what: one of the plan's steps.
        which: from 0 to 1, the Lease among those of members.
    """
    verb, _, target = what.partition(" ")
    name = {"the map": _MAP, "the election": _ELECTION}.get(target) or await _member(api, which)
    if not name:
        return False
    if verb == "delete":
        status, _ = await api.call("DELETE", f"{_LEASES}/{name}")
        return status == 200
    status, found = await api.call("GET", f"{_LEASES}/{name}")
    if status != 200:
        return False
    status, _ = await api.call("PATCH", f"{_LEASES}/{name}", _edit(name, found))
    return status == 200


async def _member(api: Api, which: float) -> str:
    status, listed = await api.call("GET", f"{_LEASES}?labelSelector={GROUP_LABEL}")
    names = sorted(each["metadata"]["name"] for each in listed["items"]) if status == 200 else []
    return names[int(which * len(names))] if names else ""


def _edit(name: str, found: dict[str, Any]) -> dict[str, Any]:
    """Return the patch of a person who does not know what the object is for."""
    annotations = found["metadata"].get("annotations") or {}
    if name == _MAP:
        return {"metadata": {"annotations": {MAP_KEY: _swapped(annotations.get(MAP_KEY, ""))}}}
    spec = {"holderIdentity": "a person", "leaseDurationSeconds": 1}
    return {"spec": spec, "metadata": {"annotations": {RECORD_KEY: "{}"} if RECORD_KEY in annotations else {}}}


def _swapped(text: str) -> str:
    """Return a map in which two owners have each other's shards; nonsense if there are no two."""
    try:
        content = json.loads(text)
        owners = sorted({each.get("owner", "") for each in content["shards"].values()} - {""})
        one, other = owners[0], owners[-1]
    except (ValueError, LookupError, AttributeError):
        return "{"
    for shard in content["shards"].values():
        shard["owner"] = {one: other, other: one}.get(shard.get("owner", ""), shard.get("owner", ""))
    return json.dumps(content)
