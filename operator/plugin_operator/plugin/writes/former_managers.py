"""``FormerManagers``: moves the fields of former field managers to the current one.

Without it, an apply under the new name would leave the old name a second owner: a field that the controller does not
state any more would stay. The way is that of client-go's ``csaupgrade``: ``metadata.managedFields`` is written, with
the resource version as precondition, before the first apply.
"""

from collections.abc import Mapping
from typing import Any

from plugin_operator.client import Client
from plugin_operator.client.models import to_dict
from plugin_operator.errors import ConflictError, NotFoundError
from plugin_operator.kube import Object
from plugin_operator.plugin.identity import ControllerIdentity
from plugin_operator.plugin.writes.expectations import Target

_ATTEMPTS = 3
_MAX_REMEMBERED = 10_000

Entry = Mapping[str, Any]


class FormerManagers:
    """The field managers that one controller had before.

    Args:
        manager: the current field manager.
        identity: knows the former ones.
    """

    def __init__(self, manager: str, identity: ControllerIdentity) -> None:
        self._manager = manager
        self._identity = identity
        #: Objects whose fields have been moved, with the former managers of that time.
        self._moved: dict[Target, tuple[str, ...]] = {}

    async def move(self, client: Client, target: Target) -> None:
        """Move the fields of an object, unless it was done before in this revision; an absent object has none.

        Raises:
            ConflictError: the object keeps changing; let the reconcile fail and be retried.
            ApiError: the object cannot be read or written.
        """
        former = self._identity.former_managers
        if not former or self._moved.get(target) == former:
            return
        kind, (namespace, name) = target.kind, target.key
        for attempt in range(_ATTEMPTS):
            try:
                live = to_dict(await client.get(kind, name, namespace or None))
                if (patch := moved(live, self._manager, former)) is not None:
                    await client.patch(str(kind), name, patch, namespace or None)
                break
            except NotFoundError:
                break
            except ConflictError:
                if attempt == _ATTEMPTS - 1:
                    raise
        if len(self._moved) >= _MAX_REMEMBERED:
            del self._moved[next(iter(self._moved))]
        self._moved[target] = former


def moved(live: Object, manager: str, former: tuple[str, ...]) -> Object | None:
    """Return a merge patch that gives ``manager`` the fields of ``former`` managers; None if they have none."""
    metadata = live["metadata"]
    entries: list[Entry] = metadata.get("managedFields") or []
    if not any(each.get("manager") in former for each in entries):
        return None
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for entry in entries:
        each = {**entry, "manager": manager} if entry.get("manager") in former else dict(entry)
        # What tells two entries apart; several former managers may have one each.
        place = tuple(each.get(key) for key in ("manager", "operation", "apiVersion", "subresource"))
        if (known := found.get(place)) is not None and each["manager"] == manager:
            each["fieldsV1"] = _union(known.get("fieldsV1") or {}, each.get("fieldsV1") or {})
        found[place if each["manager"] == manager else (*place, len(found))] = each
    precondition = {"resourceVersion": metadata["resourceVersion"], "uid": metadata["uid"]}
    return {"metadata": {"managedFields": list(found.values()), **precondition}}


def _union(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of both; in this form an empty map is a field, and every other key a level below it."""
    return {key: _union(one.get(key, {}), other.get(key, {})) for key in (*one, *(set(other) - set(one)))}
