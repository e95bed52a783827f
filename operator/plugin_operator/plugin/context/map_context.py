"""``MapContext``: the context of a map function."""

from typing import Any, Generic, TypeVar, overload

from structlog.types import FilteringBoundLogger

from plugin_operator.client import Model
from plugin_operator.kube import GroupVersionKind, Object
from plugin_operator.kube.objects import ApiObject
from plugin_operator.plugin.context.scope import ControllerScope
from plugin_operator.plugin.listers.lister import Lister, T

A = TypeVar("A", bound=ApiObject)


class MapContext(Generic[T]):
    """Context of a map function: caches, names and log of its controller. It has no client and writes nothing.

    The operator creates it. It is valid while the revision is active.
    """

    __slots__ = ("_log", "_scope")

    def __init__(self, scope: ControllerScope) -> None:
        self._scope = scope
        self._log: FilteringBoundLogger | None = None

    @property
    def plugin(self) -> str:
        """Name of the plugin: its file without ``.py``, or its folder."""
        return self._scope.plugin

    @property
    def revision(self) -> str:
        """Revision of the plugin: a text that changes with each reload, for logs."""
        return self._scope.revision

    @property
    def controller(self) -> str:
        """Name of the controller."""
        return self._scope.controller

    @property
    def lister(self) -> Lister[T]:
        """The cache of the reconciled kind, over all declared ``namespaces``; typed if ``for_`` is a class.

        Raises:
            LookupError: the controller has no ``for_``.
        """
        lister: Lister[T] = self._scope.lister()
        return lister

    @overload
    def lister_for(self, kind: type[A]) -> Lister[A]: ...
    @overload
    def lister_for(self, kind: str | GroupVersionKind | type[Model]) -> Lister[Object]: ...
    def lister_for(self, kind: Any) -> Any:
        """Return the cache of another declared kind (``owns``, ``watches`` or ``reads``).

        If the controller declares the kind more than once, ``reads`` comes before ``owns``, and ``owns`` before
        ``for_`` and ``watches``.

        Args:
            kind: the kind as declared, for example "v1/Secret", or the ``name=`` of ``own()``, ``watch()`` or
                ``read()``. A class with ``@resource`` gives typed objects, a model class gives dicts.

        Raises:
            LookupError: the controller does not declare the kind or name, or the kind stands for several parts with
                different selectors.
            ValueError: the text is not a kind, or the class is not a model of one.
        """
        return self._scope.lister_for(kind)

    @property
    def log(self) -> FilteringBoundLogger:
        """A structlog logger whose lines carry plugin, revision and controller."""
        if self._log is None:
            self._log = self._scope.log()
        return self._log
