"""The author's interface to objects on the API server.

Owns what each verb promises, and its types. ``ApiClient`` sends the requests; the client of a reconcile wraps it.
"""

import builtins
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias, TypeVar, overload

from plugin_operator.client.answers import Kind
from plugin_operator.client.models import Model
from plugin_operator.kube import GroupVersionKind, NamespacedName, Object

PatchType: TypeAlias = Literal["merge", "json", "strategic"]
Propagation: TypeAlias = Literal["Background", "Foreground", "Orphan"]
TextKind: TypeAlias = str | GroupVersionKind
Key: TypeAlias = str | NamespacedName
Labels: TypeAlias = str | Mapping[str, Any] | None
Fields: TypeAlias = str | Mapping[str, str] | None
PatchBody: TypeAlias = Mapping[str, Any] | Sequence[Mapping[str, Any]]

M = TypeVar("M", bound=Model)


class Client(Protocol):
    """Requests about objects, straight to the API server: not to the cache, which ``Lister`` reads.

    *Objects* are dicts as in the API's JSON. A kind is text (``"v1/Secret"``, ``"apps/v1/Deployment"``), a
    ``GroupVersionKind``, or a model class of kubernetes-asyncio. A model class as the kind, or a model as the object,
    returns models. Arguments are never changed.

    *Namespace*: in a plugin there is no default namespace. A call about one namespaced object takes it from
    ``namespace=``, from a ``Request``, or from ``metadata.namespace`` of the object. Without one it raises ValueError
    before anything is sent. ``list`` without one reads all namespaces. Kinds without namespaces ignore it.

    *Field manager*: each controller writes as ``plugin-operator/<id>``, where ``id`` is declared and by default its
    name. ``field_manager=`` names another manager for that one write.

    *Errors*: besides those named at each method, every method raises:

    - the subclass of ``ApiError`` that fits the server's answer; ``NoMatchError`` for a kind that is not served;
    - ``ApiConnectionError`` without an answer, ``ConfigError`` without credentials;
    - ValueError for a text that is no kind, a missing name or a missing namespace;
    - ``LeadershipLost``, for a write in a process that no longer leads.

    *Time*: a call has 30 seconds, waits that ``Retry-After`` asks for included. A cancelled call closes its connection
    and raises ``CancelledError``; the server may have carried out its write.
    """

    @overload
    async def get(self, kind: TextKind, name: Key, namespace: str | None = None) -> Object: ...
    @overload
    async def get(self, kind: type[M], name: Key, namespace: str | None = None) -> M: ...
    async def get(self, kind: Kind, name: Key, namespace: str | None = None) -> Any:
        """Return one object from the server, not from a cache.

        Args:
            kind: of the object.
            name: of the object; a ``Request`` brings its namespace with it.
            namespace: of the object, unless ``name`` has it.

        Raises:
            NotFoundError: the object does not exist.
        """

    @overload
    async def list(
        self, kind: TextKind, namespace: str | None = None, label_selector: Labels = None, field_selector: Fields = None
    ) -> builtins.list[Object]: ...
    @overload
    async def list(
        self, kind: type[M], namespace: str | None = None, label_selector: Labels = None, field_selector: Fields = None
    ) -> builtins.list[M]: ...
    async def list(
        self, kind: Kind, namespace: str | None = None, label_selector: Labels = None, field_selector: Fields = None
    ) -> Any:
        """Return all objects, of all namespaces unless one is given; fetched in pages of 500.

        Each page is a request with 30 seconds of its own.

        Args:
            kind: of the objects.
            namespace: of the objects; None for all.
            label_selector: kubectl's syntax, a mapping of labels, or ``matchLabels`` and ``matchExpressions``.
            field_selector: kubectl's syntax, or a mapping of fields.

        Raises:
            SelectorError: a selector cannot be read.
            TypeError: a selector is neither text nor a mapping.
            AnswerTooLargeError: the objects have more than 256 MiB together.
        """

    @overload
    async def create(self, obj: Object, *, field_manager: str | None = None) -> Object: ...
    @overload
    async def create(self, obj: M, *, field_manager: str | None = None) -> M: ...
    async def create(self, obj: Any, *, field_manager: str | None = None) -> Any:
        """Create the object and return it as the server stored it.

        Args:
            obj: with ``apiVersion`` and ``kind``, and a name or ``metadata.generateName``.
            field_manager: owns the fields instead of the controller; 1 to 128 bytes.

        Raises:
            AlreadyExistsError: the name is taken.
            InvalidError: the object breaks its schema.
            ValueError: the object names no kind, or ``field_manager`` is not valid.
        """

    @overload
    async def update(self, obj: Object, *, field_manager: str | None = None) -> Object: ...
    @overload
    async def update(self, obj: M, *, field_manager: str | None = None) -> M: ...
    async def update(self, obj: Any, *, field_manager: str | None = None) -> Any:
        """Replace the object and return the stored one.

        With a ``resourceVersion``, a change since that version raises ConflictError.

        Args:
            obj: the whole object; its status is ignored where the kind has a status subresource.
            field_manager: owns what changes instead of the controller; 1 to 128 bytes.

        Raises:
            ConflictError: the object has changed since that version.
            NotFoundError: the object does not exist.
            InvalidError: the object breaks its schema.
            ValueError: the object names no kind, or ``field_manager`` is not valid.
        """

    @overload
    async def update_status(self, obj: Object, *, field_manager: str | None = None) -> Object: ...
    @overload
    async def update_status(self, obj: M, *, field_manager: str | None = None) -> M: ...
    async def update_status(self, obj: Any, *, field_manager: str | None = None) -> Any:
        """Replace the status subresource and return the whole object; the server ignores the rest of ``obj``.

        Args:
            obj: the object with its new status.
            field_manager: owns what changes instead of the controller; 1 to 128 bytes.

        Raises:
            ConflictError: the object has changed since its ``resourceVersion``.
            NotFoundError: the object does not exist, or its kind has no status subresource.
            InvalidError: the status breaks its schema.
            ValueError: the object names no kind, or ``field_manager`` is not valid.
        """

    @overload
    async def patch(
        self,
        kind: TextKind,
        name: Key,
        patch: PatchBody,
        namespace: str | None = None,
        *,
        type: PatchType = "merge",
        subresource: str | None = None,
        field_manager: str | None = None,
    ) -> Object: ...
    @overload
    async def patch(
        self,
        kind: builtins.type[M],
        name: Key,
        patch: PatchBody,
        namespace: str | None = None,
        *,
        type: PatchType = "merge",
        subresource: str | None = None,
        field_manager: str | None = None,
    ) -> M: ...
    async def patch(
        self,
        kind: Kind,
        name: Key,
        patch: PatchBody,
        namespace: str | None = None,
        *,
        type: PatchType = "merge",  # noqa: A002 - the word users know from kubectl
        subresource: str | None = None,
        field_manager: str | None = None,
    ) -> Any:
        """Change parts of an object and return the whole.

        Args:
            kind: of the object.
            name: of the object; a ``Request`` brings its namespace with it.
            patch: by ``type``. With ``metadata.resourceVersion`` in it, a change since then raises ConflictError.
            namespace: of the object, unless ``name`` has it.
            type: ``"merge"`` (RFC 7386, a mapping), ``"json"`` (RFC 6902, a list of operations), or ``"strategic"``
                (a mapping, for built-in kinds only).
            subresource: ``"status"``, ``"scale"`` or another, instead of the object itself.
            field_manager: owns what changes instead of the controller; 1 to 128 bytes.

        Raises:
            ConflictError: the patch names a ``resourceVersion`` and the object has another one.
            NotFoundError: the object or subresource does not exist.
            InvalidError: the result breaks its schema, or an operation of a JSON patch fails.
            ValueError: ``field_manager`` is not valid.
        """

    @overload
    async def patch_status(
        self,
        kind: TextKind,
        name: Key,
        status: Mapping[str, Any],
        namespace: str | None = None,
        *,
        field_manager: str | None = None,
    ) -> Object: ...
    @overload
    async def patch_status(
        self,
        kind: type[M],
        name: Key,
        status: Mapping[str, Any],
        namespace: str | None = None,
        *,
        field_manager: str | None = None,
    ) -> M: ...
    async def patch_status(
        self,
        kind: Kind,
        name: Key,
        status: Mapping[str, Any],
        namespace: str | None = None,
        *,
        field_manager: str | None = None,
    ) -> Any:
        """Merge ``status`` into the object's status subresource and return the whole object.

        Args:
            kind: of the object.
            name: of the object; a ``Request`` brings its namespace with it.
            status: is merged into the object's status; lists are replaced as a whole, and None removes a field.
            namespace: of the object, unless ``name`` has it.
            field_manager: owns what changes instead of the controller; 1 to 128 bytes.

        Raises:
            NotFoundError: the object does not exist, or its kind has no status subresource.
            InvalidError: the result breaks its schema.
            ValueError: ``field_manager`` is not valid.
        """

    @overload
    async def apply(
        self, obj: Object, *, force: bool = False, subresource: str | None = None, field_manager: str | None = None
    ) -> Object: ...
    @overload
    async def apply(
        self, obj: M, *, force: bool = False, subresource: str | None = None, field_manager: str | None = None
    ) -> M: ...
    async def apply(
        self, obj: Any, *, force: bool = False, subresource: str | None = None, field_manager: str | None = None
    ) -> Any:
        """Apply the fields ``obj`` states (server-side apply) and return the whole object.

        A field that the manager applied before and ``obj`` does not state is removed, unless another manager has it.
        ``metadata.managedFields``, which an object that was read has and the server refuses, is not sent. An object
        that does not exist is created.

        Args:
            obj: ``apiVersion``, ``kind``, ``metadata.name`` and the fields to own; no others.
            force: take fields that another manager owns, instead of a conflict.
            subresource: ``"status"`` or another, instead of the object itself.
            field_manager: owns the fields instead of the controller; 1 to 128 bytes.

        Raises:
            ConflictError: another manager owns one of the fields, and ``force`` is not set.
            InvalidError: the result breaks its schema.
            ValueError: the object names no kind or no name, or ``field_manager`` is not valid.
        """

    async def delete(
        self,
        kind: Kind,
        name: Key,
        namespace: str | None = None,
        *,
        propagation: Propagation | None = None,
        uid: str | None = None,
        resource_version: str | None = None,
    ) -> None:
        """Delete an object; with ``uid`` or ``resource_version`` only if it is still that one.

        It returns when the server has accepted the deletion. An object with finalizers still exists then.

        Args:
            kind: of the object.
            name: of the object; a ``Request`` brings its namespace with it.
            namespace: of the object, unless ``name`` has it.
            propagation: what happens to the objects it owns; None leaves it to the kind.
            uid: only the object with this ``metadata.uid``.
            resource_version: only this version of it.

        Raises:
            NotFoundError: the object does not exist.
            ConflictError: a precondition does not hold.
        """
