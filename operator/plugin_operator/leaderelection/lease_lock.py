"""The Lease object as a lock.

Owns reading, creating and replacing one Lease under its ``resourceVersion``, so that of two writers one fails. Who may
take it, and when, is left to ``elector``.
"""

import socket
import uuid
from collections.abc import Mapping
from typing import Any, Protocol

from plugin_operator.errors import ApiConnectionError, NotFoundError
from plugin_operator.leaderelection.lease_record import LeaderRecord

_KIND = "coordination.k8s.io/v1/Lease"


class LeaseClient(Protocol):
    """The three requests a lock needs; ``plugin_operator.client.Client`` has them."""

    async def get(self, kind: str, name: str, namespace: str | None = None) -> Any:
        """Return the object; ``NotFoundError`` if there is none."""

    async def create(self, obj: Any) -> Any:
        """Create the object and return it; ``AlreadyExistsError`` if there is one."""

    async def update(self, obj: Any) -> Any:
        """Replace the object and return it; ``ConflictError`` if its ``resourceVersion`` is not the last."""


def new_identity() -> str:
    """Return ``<hostname>_<uuid>``, as client-go's users name themselves: readable, and never used twice."""
    return f"{socket.gethostname()}_{uuid.uuid4()}"


class LeaseLock:
    """One Lease, and who we are to it.

    Attributes:
        name: of the Lease.
        namespace: of the Lease.
        identity: what we write as its holder.
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
        """``metadata.uid`` of the Lease as it was last read or written; empty if it has none."""
        return self._metadata("uid")

    @property
    def resource_version(self) -> str:
        """``metadata.resourceVersion`` of the Lease as it was last read or written; empty before that."""
        return self._metadata("resourceVersion")

    def _metadata(self, field: str) -> str:
        return str(self._lease["metadata"].get(field) or "") if self._lease is not None else ""

    async def get(self) -> LeaderRecord | None:
        """Read the Lease; None if the server says that there is none.

        Raises:
            ApiError, ApiConnectionError: it could not be read.
        """
        try:
            lease = await self._client.get(_KIND, self.name, self.namespace)
        except NotFoundError as error:
            if error.reason != "NotFound":
                raise  # the path is not served, say by a proxy: that says nothing about the Lease
            return None
        self._lease = self._checked(lease)
        return LeaderRecord.of(self._lease)

    async def create(self, record: LeaderRecord) -> None:
        """Create the Lease.

        Raises:
            AlreadyExistsError: somebody was faster.
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
        """Replace the record in the Lease as it was last read or written; fields of others stay.

        Raises:
            ConflictError: the Lease changed since.
            RuntimeError: it was never read nor written.
        """
        if self._lease is None:
            raise RuntimeError("a Lease is read or created before it is updated")
        spec = self._lease.get("spec")
        spec = spec if isinstance(spec, Mapping) else {}
        updated = await self._client.update({**self._lease, "spec": {**spec, **record.to_spec()}})
        self._lease = self._checked(updated)

    def _checked(self, lease: Any) -> dict[str, Any]:
        """Refuse an answer without a version: a write based on it would overwrite what another wrote meanwhile."""
        metadata = lease.get("metadata") if isinstance(lease, dict) else None
        version = metadata.get("resourceVersion") if isinstance(metadata, dict) else None
        if not isinstance(version, str) or not version:
            raise ApiConnectionError(f"the API server answered a request for Lease {self} with no versioned object")
        return lease  # type: ignore[no-any-return]  # looked at above
