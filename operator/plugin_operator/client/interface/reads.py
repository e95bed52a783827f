"""The verbs of ``Client`` that read: get and list."""

import builtins
from typing import Any, Protocol, overload

from plugin_operator.client.answers import Kind
from plugin_operator.client.interface.arguments import Fields, Key, Labels, M, TextKind
from plugin_operator.kube import Object


class Reads(Protocol):
    """Read objects from the server; see ``Client``."""

    @overload
    async def get(self, kind: TextKind, name: Key, namespace: str | None = None) -> Object: ...
    @overload
    async def get(self, kind: type[M], name: Key, namespace: str | None = None) -> M: ...
    @overload
    async def get(self, obj: Object, /) -> Object: ...
    @overload
    async def get(self, obj: M, /) -> M: ...
    async def get(self, kind: Any, name: Any = None, namespace: str | None = None) -> Any:
        """Return one object from the server, not from a cache.

        Args:
            kind: of the object; or an object, which is read again.
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
