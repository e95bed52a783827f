"""An API server that has Leases alone, in memory: requests of a ``LeaseClient``, and the watches of a ``Factory``."""

import itertools
import json
from collections.abc import Sequence
from typing import Any

from plugin_operator.cache import CachedObject, InformerKey
from plugin_operator.errors import AlreadyExistsError, ApiConnectionError, ConflictError, ForbiddenError, NotFoundError
from plugin_operator.kube import NamespacedName


class FakeInformer:
    """A watch on the Leases that its key selects."""

    def __init__(self, key: InformerKey) -> None:
        self.handlers: list[Any] = []
        self._label = key.label_selector
        self._field = key.field_selector

    def add_handler(self, handler: Any) -> None:
        """Report changes from now on."""
        self.handlers.append(handler)

    def selects(self, lease: dict[str, Any]) -> bool:
        """Report whether a Lease is one of those that are watched."""
        labels = lease["metadata"].get("labels") or {}
        pairs = [f"{name}={value}" for name, value in labels.items()]
        return (not self._label or self._label in pairs) and (
            not self._field or self._field == f"metadata.name={lease['metadata']['name']}"
        )


class LeaseStore:
    """Leases by name.

    Attributes:
        is_away: whether each request fails, and no watch reports.
        requests: verb and name of each request that was carried out.
        denied: verbs that RBAC does not allow.
    """

    def __init__(self) -> None:
        self.is_away = False
        self.requests: list[tuple[str, str]] = []
        self.denied: set[str] = set()
        self.leases: dict[str, dict[str, Any]] = {}
        self._numbers = itertools.count(1)
        self._informers: list[FakeInformer] = []

    # ---- requests

    async def get(self, kind: Any, name: Any = None, namespace: str | None = None) -> Any:
        """Return a Lease."""
        self._request("get", name)
        return self._existing(name)

    async def list(self, kind: Any, namespace: str | None = None, label_selector: Any = None) -> Any:
        """Return those with the labels."""
        self._request("list", "")
        wanted = dict(label_selector or {}).items()
        return [each for each in self.leases.values() if wanted <= (each["metadata"].get("labels") or {}).items()]

    async def create(self, obj: Any, *, field_manager: str | None = None) -> Any:
        """Create a Lease."""
        name = obj["metadata"]["name"]
        self._request("create", name)
        if name in self.leases:
            raise AlreadyExistsError(409, "AlreadyExists", name)
        return self._store(obj, f"uid-{next(self._numbers)}", field_manager, None)

    async def update(self, obj: Any, *, field_manager: str | None = None) -> Any:
        """Replace a Lease that has the uid and the version."""
        metadata = obj["metadata"]
        self._request("update", metadata["name"])
        old = self._matching(metadata["name"], metadata["uid"], metadata["resourceVersion"])
        return self._store(obj, old["metadata"]["uid"], field_manager, old)

    async def delete(
        self,
        kind: Any,
        name: Any,
        namespace: str | None = None,
        *,
        uid: str | None = None,
        resource_version: str | None = None,
    ) -> None:
        """Delete a Lease that has the uid and the version; a finalizer keeps it, marked."""
        self._request("delete", name)
        old = self._matching(name, uid, resource_version)
        if old["metadata"].get("finalizers"):
            old["metadata"] |= {"deletionTimestamp": "now", "resourceVersion": str(next(self._numbers))}
            return
        del self.leases[name]
        for each in self._handlers(old):
            each.on_delete(NamespacedName("default", name), _cached(old))

    # ---- watches

    def acquire(self, key: InformerKey) -> FakeInformer:
        """Return a watch."""
        self._informers.append(FakeInformer(key))
        return self._informers[-1]

    async def release(self, informer: Any) -> None:
        """End a watch."""
        self._informers.remove(informer)

    # ---- inside

    def _request(self, verb: str, name: str) -> None:
        if self.is_away:
            raise ApiConnectionError("the server is away")
        if verb in self.denied:
            raise ForbiddenError(403, "Forbidden", f"cannot {verb} resource leases")
        self.requests.append((verb, name))

    def _existing(self, name: str) -> dict[str, Any]:
        if name not in self.leases:
            raise NotFoundError(404, "NotFound", name)
        return self.leases[name]

    def _matching(self, name: str, uid: str | None, version: str | None) -> dict[str, Any]:
        found = self._existing(name)
        if (found["metadata"]["uid"], found["metadata"]["resourceVersion"]) != (uid, version):
            raise ConflictError(409, "Conflict", name)
        return found

    def _store(self, obj: Any, uid: str, manager: str | None, old: dict[str, Any] | None) -> dict[str, Any]:
        made: dict[str, Any] = json.loads(json.dumps(obj))
        owned: dict[str, Any] = {f"f:{key}": {} for key in made["metadata"].get("annotations") or {}}
        fields = {"f:metadata": {"f:annotations": owned}}
        made["metadata"] |= {
            "uid": uid,
            "resourceVersion": str(next(self._numbers)),
            "managedFields": [{"manager": manager or "plugin-operator", "fieldsV1": fields}],
        }
        self.leases[made["metadata"]["name"]] = made
        key = NamespacedName("default", made["metadata"]["name"])
        for each in self._handlers(made):
            if old is None:
                each.on_add(key, _cached(made), False)
            else:
                each.on_update(key, _cached(old), _cached(made))
        return made

    def _handlers(self, lease: dict[str, Any]) -> Sequence[Any]:
        watching = [] if self.is_away else self._informers
        return [handler for each in watching if each.selects(lease) for handler in each.handlers]


def _cached(lease: dict[str, Any]) -> CachedObject:
    metadata = lease["metadata"]
    return CachedObject(json.dumps(lease).encode(), "default", metadata["name"], metadata["resourceVersion"])
