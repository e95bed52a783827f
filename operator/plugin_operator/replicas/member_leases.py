"""The Leases of members: one each, with its record as an annotation.

Owns their form and their requests. A Lease with a record of another name, or with one that cannot be read, has none.
"""

import math
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from plugin_operator.clock import Clock
from plugin_operator.errors import NotFoundError
from plugin_operator.kube.timestamps import micro_time
from plugin_operator.replicas.lease_names import GROUP_LABEL, LEASE_TEXT, RECORD_KEY, LeaseNames
from plugin_operator.replicas.store_answers import (
    LeaseClient,
    annotation_of,
    answered,
    is_absence,
    metadata_of,
    state_of,
)
from plugin_operator.sharding import MemberRecord, MembershipTiming
from plugin_operator.sharding.lease_writer import LeaseState

_NAME_BYTES = 5


def record_in(lease: Any) -> MemberRecord | None:
    """Return the record in a Lease; None if it has none of its own.

    Raises:
        ApiConnectionError: the answer is no versioned object.
    """
    return named_record(annotation_of(lease, RECORD_KEY), state_of(lease).member)


def named_record(text: str, member: str) -> MemberRecord | None:
    """Return a record from its JSON; None if it is none, or if it has another name than its member."""
    try:
        record = MemberRecord.decode(text.encode())
    except ValueError:
        return None
    return record if record.name == member else None


class MemberLeases:
    """Requests about the Leases of members. Each asks the store, and has a deadline.

    Args:
        client: sends the requests.
        names: of the Leases.
        identity: ``holderIdentity`` that this process writes, for people.
        timing: of membership; half of the deadline of a member is that of each request.
        clock: measures the deadline, and tells the time that is written.
    """

    def __init__(
        self,
        client: LeaseClient,
        names: LeaseNames,
        *,
        identity: str,
        timing: MembershipTiming,
        clock: Clock,
    ) -> None:
        self._client = client
        self.names = names
        self._identity = identity
        self.timing = timing
        self._clock = clock

    async def create(self) -> LeaseState:
        """Create a Lease without a record under a new name.

        Raises:
            FAILURES: it may have been created all the same; forget it.
        """
        name = f"{self.names.member_prefix}{secrets.token_hex(_NAME_BYTES)}"
        return state_of(await self._within(self._client.create(self._lease({"name": name}))))

    async def write(self, record: MemberRecord, known: LeaseState) -> LeaseState:
        """Write a record if the Lease has the uid and the version.

        Raises:
            ConflictError: it has others, or does not exist.
            FAILURES: the record may have been written.
        """
        metadata = {
            "name": known.name,
            "uid": known.uid,
            "resourceVersion": known.resource_version,
            "annotations": {RECORD_KEY: record.encode().decode()},
        }
        return state_of(await self._within(self._client.update(self._lease(metadata))))

    async def read(self, name: str) -> tuple[LeaseState, MemberRecord | None] | None:
        """Return a Lease and its record; None if the store has no Lease with this name.

        One that was deleted and that a finalizer keeps counts as gone: its shards may have other owners.

        Raises:
            FAILURES: there is no answer.
        """
        try:
            found = await self._within(self._client.get(LEASE_TEXT, name, self.names.namespace))
        except NotFoundError as error:
            if not is_absence(error):
                raise
            return None
        return None if metadata_of(found).get("deletionTimestamp") else (state_of(found), record_in(found))

    async def list(self) -> Sequence[tuple[LeaseState, MemberRecord | None]]:
        """Return all Leases of members with their records.

        Raises:
            FAILURES: there is no answer.
        """
        selector = {GROUP_LABEL: self.names.group}
        found = await self._within(self._client.list(LEASE_TEXT, self.names.namespace, selector))
        return [(state_of(each), record_in(each)) for each in found]

    async def delete(self, known: LeaseState) -> None:
        """Delete a Lease if it has the uid and the version.

        Raises:
            ConflictError, NotFoundError: it has others, or does not exist.
            FAILURES: it may have been deleted.
        """
        await self._within(
            self._client.delete(
                LEASE_TEXT,
                known.name,
                self.names.namespace,
                uid=known.uid,
                resource_version=known.resource_version,
            )
        )

    async def _within(self, request: Any) -> Any:
        return await answered(self._clock, self.timing.deadline_seconds / 2, request)

    def _lease(self, metadata: Mapping[str, Any]) -> dict[str, Any]:
        now = micro_time(self._clock.now())
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {**metadata, "namespace": self.names.namespace, "labels": {GROUP_LABEL: self.names.group}},
            "spec": {
                "holderIdentity": self._identity,
                "leaseDurationSeconds": math.ceil(self.timing.lease_seconds),
                "renewTime": now,
            },
        }
