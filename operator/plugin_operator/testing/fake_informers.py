"""Fake informers, without an API server.

Owns ``FakeInformerFactory``: tests set what the server would have sent. Use the embedded API server for tests of a real
cache and stream.
"""

import asyncio
from collections.abc import Hashable
from enum import Enum
from typing import Any

import msgspec

from plugin_operator.kube import NamespacedName, ObjectMeta
from plugin_operator.kube.metadata import decode_metadata


class FakeState(Enum):
    """The informer states that a controller distinguishes."""

    SYNCING = "syncing"
    WAITING = "waiting"
    SYNCED = "synced"


class FakeObject:
    """An object in the fake cache."""

    __slots__ = ("_obj", "resource_version")

    def __init__(self, obj: dict[str, Any]) -> None:
        self._obj = msgspec.json.encode(obj)
        self.resource_version: str = obj["metadata"].get("resourceVersion", "")

    @property
    def raw(self) -> bytes:
        """The object's JSON."""
        return self._obj

    def metadata(self) -> ObjectMeta:
        """Return the metadata of the object."""
        return decode_metadata(self._obj)

    def decode(self) -> dict[str, Any]:
        """Return a private copy of the object."""
        decoded: dict[str, Any] = msgspec.json.decode(self._obj)
        return decoded


class FakeLister:
    """Read access to a ``FakeInformer``."""

    def __init__(self) -> None:
        self.objects: dict[NamespacedName, FakeObject] = {}

    def __len__(self) -> int:
        return len(self.objects)

    def keys(self) -> list[NamespacedName]:
        """Return all keys."""
        return list(self.objects)

    def cached(self, key: NamespacedName) -> FakeObject | None:
        """Return one object."""
        return self.objects.get(key)


class FakeInformer:
    """A fake informer; tests call ``sync``, ``set`` and ``remove`` in place of the API server."""

    def __init__(self, key: Hashable, *, synced: bool = True) -> None:
        self.key = key
        self.lister = FakeLister()
        self.handlers: list[Any] = []
        self.users = 0
        self.reason = ""
        self._state = FakeState.SYNCING
        self._synced = asyncio.Event()
        self._version = 0
        if synced:
            self.sync()

    @property
    def state(self) -> FakeState:
        """State of the informer."""
        return self._state

    @property
    def is_waiting(self) -> bool:
        """Whether ``wait`` was called last."""
        return self._state is FakeState.WAITING

    @property
    def has_synced(self) -> bool:
        """Whether ``sync`` was called."""
        return self._synced.is_set()

    async def wait_synced(self) -> None:
        """Wait for ``sync``."""
        await self._synced.wait()

    def sync(self) -> None:
        """Complete the first list."""
        self._state = FakeState.SYNCED
        self._synced.set()

    def wait(self, reason: str) -> None:
        """Enter the state of an informer whose request the server refuses."""
        self._state = FakeState.WAITING
        self.reason = reason

    def add_handler(self, handler: Any) -> Any:
        """Register a handler and replay the objects to it."""
        self.handlers.append(handler)
        for key, obj in list(self.lister.objects.items()):
            handler.on_add(key, obj, True)
        return handler

    def remove_handler(self, registration: Any) -> None:
        """Remove a handler."""
        self.handlers.remove(registration)

    def set(self, name: str, namespace: str = "default", **content: Any) -> NamespacedName:
        """Create or update an object; ``content`` is merged over apiVersion, kind and metadata."""
        key = NamespacedName(namespace, name)
        self._version += 1
        metadata = {
            "name": name,
            "namespace": namespace,
            "resourceVersion": str(self._version),
            **content.pop("metadata", {}),
        }
        new = FakeObject({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, **content})
        old = self.lister.objects.get(key)
        self.lister.objects[key] = new
        for handler in list(self.handlers):
            if old is None:
                handler.on_add(key, new, not self.has_synced)
            else:
                handler.on_update(key, old, new)
        return key

    def remove(self, name: str, namespace: str = "default") -> NamespacedName:
        """Delete an object; does nothing if it does not exist."""
        key = NamespacedName(namespace, name)
        old = self.lister.objects.pop(key, None)
        if old is not None:
            for handler in list(self.handlers):
                handler.on_delete(key, old)
        return key


class FakeInformerFactory:
    """Factory of one ``FakeInformer`` per key, with reference counts.

    Args:
        synced: whether new informers are synced at once.
    """

    def __init__(self, *, synced: bool = True) -> None:
        self.synced = synced
        self.by_key: dict[Hashable, FakeInformer] = {}

    def __getitem__(self, key: Hashable) -> FakeInformer:
        """Return the informer for ``key``, created if needed, without changing its reference count."""
        informer = self.by_key.get(key)
        if informer is None:
            informer = self.by_key[key] = FakeInformer(key, synced=self.synced)
        return informer

    @property
    def in_use(self) -> dict[Hashable, int]:
        """Reference counts above 0, by key."""
        return {key: informer.users for key, informer in self.by_key.items() if informer.users}

    def acquire(self, key: Hashable) -> FakeInformer:
        """Return the informer for ``key`` and increment its reference count."""
        informer = self[key]
        informer.users += 1
        return informer

    async def release(self, informer: FakeInformer) -> None:
        """Decrement the reference count of an informer."""
        informer.users -= 1
        if informer.users < 0:
            raise AssertionError(f"{informer.key} was released more often than acquired")
