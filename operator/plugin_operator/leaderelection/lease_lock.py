"""The Lease object as a lock.

Owns reading, creating and updating one Lease under its ``resourceVersion``, so that one of two concurrent writers
fails. Leaves the decision to acquire it to ``elector``.
"""

import socket
import uuid
from collections.abc import Mapping
from typing import Any, Protocol

from plugin_operator.errors import ApiConnectionError, NotFoundError
from plugin_operator.leaderelection.lease_record import LeaderRecord

_KIND = "coordination.k8s.io/v1/Lease"


class LeaseClient(Protocol):
    """The requests of a lock; ``plugin_operator.client.Client`` implements them."""

    async def get(self, kind: str, name: str, namespace: str | None = None) -> Any:
        """Return the object, or raise ``NotFoundError``."""

    async def create(self, obj: Any) -> Any:
        """Create the object and return it, or raise ``AlreadyExistsError``."""

    async def update(self, obj: Any) -> Any:
        """Update the object and return it, or raise ``ConflictError`` if its ``resourceVersion`` is outdated."""


def new_identity() -> str:
    """Return ``<hostname>_<uuid>``, the usual form of identities with client-go."""
    return f"{socket.gethostname()}_{uuid.uuid4()}"


class LeaseLock:
    """One Lease and the identity of this process, as client-go's ``LeaseLock``.

    Attributes:
        name: name of the Lease.
        namespace: namespace of the Lease.
        identity: ``holderIdentity`` that this process writes.
    """

    def __init__(self, client: LeaseClient, namespace: str, name: str, identity: str) -> None:
        self._client = client
        self.namespace = namespace
        self.name = name
        self.identity = identity
        self._lease: dict[str, Any] | None = None

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"

    @property
    def uid(self) -> str:
        """``metadata.uid`` of the Lease at the last read or write; empty if it has none."""
        return self._metadata("uid")

    @property
    def resource_version(self) -> str:
        """``metadata.resourceVersion`` of the Lease at the last read or write; empty before the first."""
        return self._metadata("resourceVersion")

    def _metadata(self, field: str) -> str:
        return str(self._lease["metadata"].get(field) or "") if self._lease is not None else ""

    async def get(self) -> LeaderRecord | None:
        """Return the record in the Lease, or None if the Lease does not exist.

        Raises:
            ApiError, ApiConnectionError: the Lease could not be read.
        """
        try:
            lease = await self._client.get(_KIND, self.name, self.namespace)
        except NotFoundError as error:
            if error.reason != "NotFound":
                raise  # the path itself is not served, for example by a proxy: the Lease may exist
            return None
        self._lease = self._checked(lease)
        return LeaderRecord.of(self._lease)

    async def create(self, record: LeaderRecord) -> None:
        """Create the Lease.

        Raises:
            AlreadyExistsError: another process has created the Lease.
        """
        created = await self._client.create(
            {
                "apiVersion": "coordination.k8s.io/v1",
                "kind": "Lease",
                "metadata": {"name": self.name, "namespace": self.namespace},
                "spec": record.to_spec(),
            }
        )
        self._lease = self._checked(created)

    async def update(self, record: LeaderRecord) -> None:
        """Update the record in the Lease and keep all other fields as last read.

        Raises:
            ConflictError: the Lease has changed since the last read or write.
            RuntimeError: the Lease was neither read nor created before.
        """
        if self._lease is None:
            raise RuntimeError("a Lease is read or created before it is updated")
        spec = self._lease.get("spec")
        spec = spec if isinstance(spec, Mapping) else {}
        updated = await self._client.update({**self._lease, "spec": {**spec, **record.to_spec()}})
        self._lease = self._checked(updated)

    def _checked(self, lease: Any) -> dict[str, Any]:
        """Return ``lease``, or raise if it has no ``resourceVersion``: updates would not detect conflicts."""
        metadata = lease.get("metadata") if isinstance(lease, dict) else None
        version = metadata.get("resourceVersion") if isinstance(metadata, dict) else None
        if not isinstance(version, str) or not version:
            raise ApiConnectionError(f"the API server answered a request for Lease {self} with no versioned object")
        return lease  # type: ignore[no-any-return]  # looked at above
