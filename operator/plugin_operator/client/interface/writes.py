"""The verbs of ``Client`` that send a whole object: create, update, update_status and apply."""

from typing import Any, Protocol, overload

from plugin_operator.client.interface.arguments import M
from plugin_operator.kube import Object


class Writes(Protocol):
    """Send whole objects to the server; see ``Client``."""

    @overload
    async def create(self, obj: Object, *, field_manager: str | None = None, dry_run: bool = False) -> Object: ...
    @overload
    async def create(self, obj: M, *, field_manager: str | None = None, dry_run: bool = False) -> M: ...
    async def create(self, obj: Any, *, field_manager: str | None = None, dry_run: bool = False) -> Any:
        """Create the object and return it as the server stored it.

        Args:
            obj: with ``apiVersion`` and ``kind``, and a name or ``metadata.generateName``.
            field_manager: owns the fields instead of the controller; 1 to 128 bytes.
            dry_run: the server validates the request and answers, and stores nothing.

        Raises:
            AlreadyExistsError: the name is taken.
            InvalidError: the object breaks its schema; or a typed object has a status, which is not sent.
            ValueError: the object names no kind, or ``field_manager`` is not valid.
        """

    @overload
    async def update(self, obj: Object, *, field_manager: str | None = None, dry_run: bool = False) -> Object: ...
    @overload
    async def update(self, obj: M, *, field_manager: str | None = None, dry_run: bool = False) -> M: ...
    async def update(self, obj: Any, *, field_manager: str | None = None, dry_run: bool = False) -> Any:
        """Replace the object and return the stored one.

        With a ``resourceVersion``, a change since that version raises ConflictError.

        Args:
            obj: the whole object; its status is ignored where the kind has a status subresource.
            field_manager: owns what changes instead of the controller; 1 to 128 bytes.
            dry_run: the server validates the request and answers, and stores nothing.

        Raises:
            ConflictError: the object has changed since that version.
            NotFoundError: the object does not exist.
            InvalidError: the object breaks its schema; or a typed object has a changed status, which is not sent.
            ValueError: the object names no kind, or ``field_manager`` is not valid.
        """

    @overload
    async def update_status(
        self, obj: Object, *, field_manager: str | None = None, dry_run: bool = False
    ) -> Object: ...
    @overload
    async def update_status(self, obj: M, *, field_manager: str | None = None, dry_run: bool = False) -> M: ...
    async def update_status(self, obj: Any, *, field_manager: str | None = None, dry_run: bool = False) -> Any:
        """Replace the status subresource and return the whole object; the server ignores the rest of ``obj``.

        Args:
            obj: the object with its new status.
            field_manager: owns what changes instead of the controller; 1 to 128 bytes.
            dry_run: the server validates the request and answers, and stores nothing.

        Raises:
            ConflictError: the object has changed since its ``resourceVersion``.
            NotFoundError: the object does not exist, or its kind has no status subresource.
            InvalidError: the status breaks its schema; or a typed object has another change, which is not sent.
            ValueError: the object names no kind, or ``field_manager`` is not valid.
        """

    @overload
    async def apply(
        self,
        obj: Object,
        *,
        force: bool = False,
        subresource: str | None = None,
        field_manager: str | None = None,
        dry_run: bool = False,
    ) -> Object: ...
    @overload
    async def apply(
        self,
        obj: M,
        *,
        force: bool = False,
        subresource: str | None = None,
        field_manager: str | None = None,
        dry_run: bool = False,
    ) -> M: ...
    async def apply(
        self,
        obj: Any,
        *,
        force: bool = False,
        subresource: str | None = None,
        field_manager: str | None = None,
        dry_run: bool = False,
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
            dry_run: the server validates the request and answers, and stores nothing.

        Raises:
            ConflictError: another manager owns one of the fields, and ``force`` is not set.
            InvalidError: the result breaks its schema; or a typed object has a status, and ``subresource`` is not set.
            ValueError: the object names no kind or no name, or ``field_manager`` is not valid.
        """
