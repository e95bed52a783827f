"""Requests of replicas to the API server: their deadline, their failures, and what an answer must have."""

from collections.abc import Coroutine, Mapping
from typing import Any, Protocol, TypeVar

from structlog.typing import FilteringBoundLogger

from plugin_operator.clock import Clock
from plugin_operator.errors import ApiConnectionError, ApiError, ConfigError, ForbiddenError, NotFoundError
from plugin_operator.leaderelection.deadline import within
from plugin_operator.sharding.lease_writer import LeaseState

T = TypeVar("T")

#: Of these it is unknown whether the server carried the request out; it is sent again.
FAILURES = (ApiError, ApiConnectionError, ConfigError, TimeoutError)


class LeaseClient(Protocol):
    """The requests about Leases; ``plugin_operator.client.Client`` has them."""

    async def get(self, kind: Any, name: Any = None, namespace: str | None = None) -> Any:
        """Return the object, or raise ``NotFoundError``."""

    async def list(self, kind: Any, namespace: str | None = None, label_selector: Any = None) -> Any:
        """Return all objects that match."""

    async def create(self, obj: Any, *, field_manager: str | None = None) -> Any:
        """Create the object and return it, or raise ``AlreadyExistsError``."""

    async def update(self, obj: Any, *, field_manager: str | None = None) -> Any:
        """Update the object and return it, or raise ``ConflictError`` if version or uid are others."""

    async def delete(
        self,
        kind: Any,
        name: Any,
        namespace: str | None = None,
        *,
        uid: str | None = None,
        resource_version: str | None = None,
    ) -> None:
        """Delete the object, or raise ``ConflictError`` if version or uid are others."""


async def answered(clock: Clock, seconds: float, request: Coroutine[Any, Any, T]) -> T:
    """Return the answer to a request.

    Raises:
        TimeoutError: it took longer than ``seconds``; the server may have carried it out.
    """
    return await within(clock, seconds, request)


class RequestLog:
    """Log lines about failed requests. A denied one needs a person, so the first of its kind is a warning.

    Args:
        log: gets the lines; all but that one have the level debug.
    """

    def __init__(self, log: FilteringBoundLogger) -> None:
        self._log = log
        self._denied: set[str] = set()

    def failed(self, event: str, error: Exception, **fields: str) -> None:
        """Log that a request failed."""
        is_first = isinstance(error, ForbiddenError) and event not in self._denied
        if is_first:
            self._denied.add(event)
        (self._log.warning if is_first else self._log.debug)(event, reason=str(error), **fields)


def is_absence(error: NotFoundError) -> bool:
    """Report whether a 404 says that the object does not exist, and not that a proxy does not serve its path."""
    return error.reason == "NotFound"


def state_of(lease: Any) -> LeaseState:
    """Return identity and version of a Lease.

    Raises:
        ApiConnectionError: the answer is no versioned object.
    """
    metadata = metadata_of(lease)
    found = [metadata.get(key) for key in ("name", "uid", "resourceVersion")]
    if not all(isinstance(each, str) and each for each in found):
        raise ApiConnectionError("the API server answered a request for a Lease with no versioned object")
    name, uid, version = map(str, found)
    return LeaseState(name, uid, version)


def annotation_of(lease: Any, key: str) -> str:
    """Return an annotation of a Lease; empty if it has none."""
    annotations = metadata_of(lease).get("annotations")
    value = annotations.get(key) if isinstance(annotations, Mapping) else None
    return value if isinstance(value, str) else ""


def metadata_of(lease: Any) -> Mapping[str, Any]:
    """Return the metadata of an object; empty if it has none."""
    metadata = lease.get("metadata") if isinstance(lease, Mapping) else None
    return metadata if isinstance(metadata, Mapping) else {}
