"""The objects of a scenario: what a test reads, and writes that wait for the reaction of the plugins."""

import builtins
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, TypeVar, cast, overload

from plugin_operator.client import Client
from plugin_operator.client.interface.arguments import AnyClass, M, TextKind
from plugin_operator.kube import Object
from plugin_operator.kube.objects import ApiObject

K = TypeVar("K", bound=Object | ApiObject)


class ScenarioObjects(ABC):
    """Reads and writes of a test; see ``Scenario``."""

    @property
    @abstractmethod
    def client(self) -> Client:
        """API client of the test."""

    @abstractmethod
    async def settle(self) -> None:
        """Wait until plugins have done everything that is due."""

    @overload
    async def get(self, kind: TextKind, name: str, namespace: str = "default") -> Object: ...
    @overload
    async def get(self, kind: type[M], name: str, namespace: str = "default") -> M: ...
    async def get(self, kind: Any, name: str, namespace: str = "default") -> Any:
        """Return one object from the server.

        Args:
            kind: kind of the object, as text or as a class, which the object is of then.
            name: name of the object.
            namespace: namespace of the object; ignored for cluster-scoped kinds.

        Raises:
            NotFoundError: there is none.
        """
        return await self.client.get(kind, name, namespace)

    @overload
    async def list(
        self, kind: TextKind, namespace: str | None = None, *, label_selector: str | Mapping[str, Any] | None = None
    ) -> builtins.list[Object]: ...
    @overload
    async def list(
        self, kind: type[M], namespace: str | None = None, *, label_selector: str | Mapping[str, Any] | None = None
    ) -> builtins.list[M]: ...
    async def list(
        self, kind: Any, namespace: str | None = None, *, label_selector: str | Mapping[str, Any] | None = None
    ) -> builtins.list[Any]:
        """Return the objects of a kind from the server.

        Args:
            kind: kind of the objects, as text or as a class.
            namespace: namespace of the objects; None for all.
            label_selector: kubectl's syntax, or a mapping of labels; None for all.

        Raises:
            NoMatchError: the server does not serve the kind.
            SelectorError: the selector cannot be parsed.
        """
        found: builtins.list[Any] = await self.client.list(kind, namespace, label_selector=label_selector)
        return found

    async def create(self, obj: K) -> K:
        """Create an object, settle, and return the object as the server stored it first.

        Args:
            obj: the object; without a namespace it goes to ``default``.

        Raises:
            ApiError: the server rejects it.
            AssertionError: see ``settle``.
        """
        created: K = await cast("Any", self.client).create(obj)
        await self.settle()
        return created

    async def update(self, obj: K) -> K:
        """Replace an object, settle, and return the object as the server stored it first.

        Args:
            obj: the whole object.

        Raises:
            ApiError: the server rejects it.
            AssertionError: see ``settle``.
        """
        updated: K = await cast("Any", self.client).update(obj)
        await self.settle()
        return updated

    @overload
    async def patch(
        self, kind: TextKind, name: str, patch: Mapping[str, Any], namespace: str = "default"
    ) -> Object: ...
    @overload
    async def patch(self, kind: type[M], name: str, patch: Mapping[str, Any], namespace: str = "default") -> M: ...
    async def patch(self, kind: Any, name: str, patch: Mapping[str, Any], namespace: str = "default") -> Any:
        """Send a merge patch, settle, and return the object as the server stored it first.

        Args:
            kind: kind of the object, as text or as a class, which the object is of then.
            name: name of the object.
            patch: the fields to change; None removes one.
            namespace: namespace of the object; ignored for cluster-scoped kinds.

        Raises:
            ApiError: the server rejects it.
            AssertionError: see ``settle``.
        """
        patched = await self.client.patch(kind, name, patch, namespace)
        await self.settle()
        return patched

    async def delete(self, kind: TextKind | AnyClass, name: str, namespace: str = "default") -> None:
        """Delete an object and settle.

        Args:
            kind: kind of the object, as text or as a class.
            name: name of the object.
            namespace: namespace of the object; ignored for cluster-scoped kinds.

        Raises:
            NotFoundError: there is none.
            AssertionError: see ``settle``.
        """
        await self.client.delete(kind, name, namespace)
        await self.settle()
