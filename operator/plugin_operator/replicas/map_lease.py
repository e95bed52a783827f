"""The Lease that holds the shard map, in an annotation.

Owns its form and its requests, and how a change by hand is detected. The server counts no changes of a Lease in
``metadata.generation``, but it notes in ``metadata.managedFields`` who wrote the annotation last. The coordinator
writes as a field manager of its own. So a map that another manager wrote is one that was edited or applied by hand.

A Lease, because the operator needs the right to Leases anyway, and because no other program follows Leases.
"""

from collections.abc import Mapping
from typing import Any

from plugin_operator.clock import Clock
from plugin_operator.errors import NotFoundError
from plugin_operator.replicas.lease_names import LEASE_TEXT, MAP_KEY, LeaseNames
from plugin_operator.replicas.store_answers import (
    LeaseClient,
    annotation_of,
    answered,
    is_absence,
    metadata_of,
    state_of,
)
from plugin_operator.sharding import MembershipTiming, ShardMap, StoredMap

#: Field manager of the annotation with the map.
MAP_MANAGER = "plugin-operator-shard-map"


def stored_map(lease: Any) -> StoredMap:
    """Return the state of the object that holds the map.

    Raises:
        ApiConnectionError: the answer is no versioned object.
    """
    state = state_of(lease)
    try:
        content = ShardMap.decode(annotation_of(lease, MAP_KEY).encode())
    except ValueError:
        return StoredMap(state.uid, state.resource_version, 0, None)
    # An edit by hand counts as a change after the coordinator's.
    generation = content.version if _is_ours(lease) else content.version + 1
    return StoredMap(state.uid, state.resource_version, generation, content)


def _is_ours(lease: Any) -> bool:
    """Report whether the coordinator wrote the map that the object holds."""
    entries = metadata_of(lease).get("managedFields")
    return any(
        isinstance(each, Mapping) and each.get("manager") == MAP_MANAGER and _owns_map(each.get("fieldsV1"))
        for each in (entries if isinstance(entries, list) else ())
    )


def _owns_map(fields: Any) -> bool:
    for key in ("f:metadata", "f:annotations", f"f:{MAP_KEY}"):
        if not isinstance(fields, Mapping) or key not in fields:
            return False
        fields = fields[key]
    return True


class MapLease:
    """Requests about the map. Each asks the store, and has a deadline.

    Args:
        client: sends the requests.
        names: of the Lease.
        timing: of membership; half of the deadline of a member is that of each request.
        clock: measures the deadline.
    """

    def __init__(self, client: LeaseClient, names: LeaseNames, *, timing: MembershipTiming, clock: Clock) -> None:
        self._client = client
        self.names = names
        self.timing = timing
        self._clock = clock

    async def read(self) -> StoredMap | None:
        """Return the map; None if the store has no such object.

        Raises:
            FAILURES: there is no answer.
        """
        try:
            found = await self._within(self._client.get(LEASE_TEXT, self.names.map, self.names.namespace))
        except NotFoundError as error:
            if not is_absence(error):
                raise
            return None
        return stored_map(found)

    async def write(self, content: ShardMap, resource_version: str) -> StoredMap:
        """Write the map if the object has the version, and the uid in the map; without a version, create the object.

        Raises:
            ConflictError: the object has others, or exists, or does not.
            FAILURES: the map may have been written.
        """
        metadata: dict[str, Any] = {
            "name": self.names.map,
            "namespace": self.names.namespace,
            "annotations": {MAP_KEY: content.encode().decode()},
        }
        if resource_version:
            # The uid too: a Lease that does not exist would be created by its update.
            metadata |= {"uid": content.object_uid, "resourceVersion": resource_version}
        lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": {}}
        write = self._client.update if resource_version else self._client.create
        return stored_map(await self._within(write(lease, field_manager=MAP_MANAGER)))

    async def _within(self, request: Any) -> Any:
        return await answered(self._clock, self.timing.deadline_seconds / 2, request)
