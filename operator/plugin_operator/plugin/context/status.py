"""``StatusWrites``: what ``ctx.status`` needs; ``plugin.status`` implements it."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

from msgspec import UnsetType

from plugin_operator.client import Client
from plugin_operator.kube import NamespacedName

S = TypeVar("S")
S_co = TypeVar("S_co", covariant=True)


class HasStatus(Protocol[S_co]):
    """An object of a class with ``@resource`` that has a status."""

    @property
    def status(self) -> S_co | UnsetType | None:
        """The status; None or UNSET before it is first set."""


class StatusWrites(Protocol):
    """Writes the status of the objects of one controller."""

    def status(self, client: Client, obj: Any) -> AbstractAsyncContextManager[Any]:
        """See ``Context.status``."""

    def forget(self, where: Callable[[NamespacedName], bool]) -> None:
        """Forget the answers about the objects for which ``where`` returns true: another process may write them."""
