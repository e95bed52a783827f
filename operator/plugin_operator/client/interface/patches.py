"""The verbs of ``Client`` that change a part of an object: patch, patch_status and scale."""

import builtins
from collections.abc import Mapping
from typing import Any, Protocol, overload

from plugin_operator.client.interface.arguments import AnyClass, AnyObject, Key, M, PatchBody, PatchType, TextKind
from plugin_operator.kube import Object


class Patches(Protocol):
    """Change parts of objects; see ``Client``."""

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
        dry_run: bool = False,
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
        dry_run: bool = False,
    ) -> M: ...
    @overload
    async def patch(
        self,
        obj: Object,
        patch: PatchBody,
        /,
        *,
        type: PatchType = "merge",
        subresource: str | None = None,
        field_manager: str | None = None,
        dry_run: bool = False,
    ) -> Object: ...
    @overload
    async def patch(
        self,
        obj: M,
        patch: PatchBody,
        /,
        *,
        type: PatchType = "merge",
        subresource: str | None = None,
        field_manager: str | None = None,
        dry_run: bool = False,
    ) -> M: ...
    async def patch(  # noqa: PLR0913 - one keyword for each option of the request
        self,
        kind: Any,
        name: Any = None,
        patch: Any = None,
        namespace: str | None = None,
        *,
        type: PatchType = "merge",  # noqa: A002 - the word users know from kubectl
        subresource: str | None = None,
        field_manager: str | None = None,
        dry_run: bool = False,
    ) -> Any:
        """Change parts of an object and return the whole.

        Args:
            kind: of the object; or an object, in place of kind, name and namespace: ``patch(obj, {...})``.
            name: of the object; a ``Request`` brings its namespace with it.
            patch: by ``type``. With ``metadata.resourceVersion`` in it, a change since then raises ConflictError.
            namespace: of the object, unless ``name`` has it.
            type: ``"merge"`` (RFC 7386, a mapping), ``"json"`` (RFC 6902, a list of operations), or ``"strategic"``
                (a mapping, for built-in kinds only).
            subresource: ``"status"``, ``"scale"`` or another, instead of the object itself.
            field_manager: owns what changes instead of the controller; 1 to 128 bytes.
            dry_run: the server validates the request and answers, and stores nothing.

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
        dry_run: bool = False,
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
        dry_run: bool = False,
    ) -> M: ...
    @overload
    async def patch_status(
        self,
        obj: Object,
        status: Mapping[str, Any],
        /,
        *,
        field_manager: str | None = None,
        dry_run: bool = False,
    ) -> Object: ...
    @overload
    async def patch_status(
        self,
        obj: M,
        status: Mapping[str, Any],
        /,
        *,
        field_manager: str | None = None,
        dry_run: bool = False,
    ) -> M: ...
    async def patch_status(
        self,
        kind: Any,
        name: Any = None,
        status: Any = None,
        namespace: str | None = None,
        *,
        field_manager: str | None = None,
        dry_run: bool = False,
    ) -> Any:
        """Merge ``status`` into the object's status subresource and return the whole object.

        Args:
            kind: of the object; or an object, in place of kind, name and namespace.
            name: of the object; a ``Request`` brings its namespace with it.
            status: is merged into the object's status; lists are replaced as a whole, and None removes a field.
            namespace: of the object, unless ``name`` has it.
            field_manager: owns what changes instead of the controller; 1 to 128 bytes.
            dry_run: the server validates the request and answers, and stores nothing.

        Raises:
            NotFoundError: the object does not exist, or its kind has no status subresource.
            InvalidError: the result breaks its schema.
            ValueError: ``field_manager`` is not valid.
        """

    @overload
    async def scale(
        self,
        kind: TextKind | AnyClass,
        name: Key,
        replicas: int,
        namespace: str | None = None,
        *,
        field_manager: str | None = None,
        dry_run: bool = False,
    ) -> Object: ...
    @overload
    async def scale(
        self,
        obj: AnyObject,
        replicas: int,
        /,
        *,
        field_manager: str | None = None,
        dry_run: bool = False,
    ) -> Object: ...
    async def scale(
        self,
        kind: Any,
        name: Any = None,
        replicas: Any = None,
        namespace: str | None = None,
        *,
        field_manager: str | None = None,
        dry_run: bool = False,
    ) -> Object:
        """Set the replicas of an object through its scale subresource; return the ``Scale``, as a dict.

        Args:
            kind: of the object; or an object, in place of kind, name and namespace: ``scale(obj, 3)``.
            name: of the object; a ``Request`` brings its namespace with it.
            replicas: 0 or more.
            namespace: of the object, unless ``name`` has it.
            field_manager: owns the replicas instead of the controller; 1 to 128 bytes.
            dry_run: the server validates the request and answers, and stores nothing.

        Raises:
            NotFoundError: the object does not exist, or its kind has no scale subresource.
            InvalidError: the server refuses the number.
            TypeError: ``replicas`` is not an int, or is missing.
            ValueError: ``field_manager`` is not valid.
        """
