"""``own()`` and ``read()``: declare which objects of a kind a controller caches, and their indexes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from plugin_operator.controllers import Predicate
from plugin_operator.kube import GroupVersionKind, Object
from plugin_operator.kube.objects import ApiObject

Kind = str | GroupVersionKind | type[ApiObject]

#: Returns the index values of an object: one text, several, or None for none.
IndexFunction = Callable[[Object], str | Iterable[str] | None]


class ReadOptions(msgspec.Struct, frozen=True):
    """Value of ``read()`` for ``reads=``, checked when the plugin is loaded."""

    kind: Any
    namespaces: Any = None
    label_selector: Any = None
    field_selector: Any = None
    metadata_only: Any = False
    indexes: Any = None
    name: Any = None


class OwnOptions(msgspec.Struct, frozen=True):
    """Value of ``own()`` for ``owns=``, checked when the plugin is loaded."""

    kind: Any
    predicates: Any = ()
    namespaces: Any = None
    label_selector: Any = None
    field_selector: Any = None
    metadata_only: Any = False
    indexes: Any = None
    name: Any = None


def own(  # noqa: PLR0913 - every field an author may declare, by name
    kind: Kind,
    *,
    predicates: Sequence[Predicate | Callable[[Object], bool]] = (),
    namespaces: Sequence[str] | None = None,
    label_selector: str | Mapping[str, Any] | None = None,
    field_selector: str | Mapping[str, str] | None = None,
    metadata_only: bool = False,
    indexes: Mapping[str, IndexFunction] | None = None,
    name: str | None = None,
) -> OwnOptions:
    """Declare an owned kind of which the controller caches only a part.

    A change of such an object enqueues its controlling owner. The operator checks the values when it loads the plugin;
    the call itself raises nothing.

    Args:
        kind: "apps/v1/Deployment" or any other.
        predicates: filters for changes; a change is ignored unless all return True.
        namespaces: namespaces to watch, at least one; by default those of the controller.
        label_selector: kubectl's syntax, a mapping of labels, or ``matchLabels`` and ``matchExpressions``. An object
            that no longer matches counts as deleted.
        field_selector: kubectl's syntax, or a mapping of fields that the API server supports for the kind.
        metadata_only: fetch and cache only the objects' metadata.
        indexes: index functions for ``lister_for(kind).by_index``; see ``controller``.
        name: name for ``lister_for(name)``, without a slash, if the controller declares the kind more than once.

    Returns:
        A value for ``owns=`` of ``controller``.
    """
    return OwnOptions(kind, predicates, namespaces, label_selector, field_selector, metadata_only, indexes, name)


def read(
    kind: Kind,
    *,
    namespaces: Sequence[str] | None = None,
    label_selector: str | Mapping[str, Any] | None = None,
    field_selector: str | Mapping[str, str] | None = None,
    metadata_only: bool = False,
    indexes: Mapping[str, IndexFunction] | None = None,
    name: str | None = None,
) -> ReadOptions:
    """Declare a kind that the controller only reads, and of which it caches only a part.

    The operator checks the values when it loads the plugin; the call itself raises nothing.

    Args:
        kind: "v1/Secret" or any other.
        namespaces: namespaces to watch, at least one; by default those of the controller.
        label_selector: kubectl's syntax, a mapping of labels, or ``matchLabels`` and ``matchExpressions``.
        field_selector: kubectl's syntax, or a mapping of fields that the API server supports for the kind.
        metadata_only: fetch and cache only the objects' metadata.
        indexes: index functions for ``lister_for(kind).by_index``; see ``controller``.
        name: name for ``lister_for(name)``, without a slash, if the controller declares the kind more than once.

    Returns:
        A value for ``reads=`` of ``controller``.
    """
    return ReadOptions(kind, namespaces, label_selector, field_selector, metadata_only, indexes, name)


class CacheDeclaration(msgspec.Struct, frozen=True, kw_only=True):
    """A validated part of a kind's objects.

    Attributes:
        kind: kind of the objects.
        namespaces: their namespaces; None for those of the controller.
        label_selector, field_selector: selectors in canonical form.
        metadata_only: whether to cache only their metadata.
        indexes: names and functions of the indexes.
        name: name for ``lister_for``; empty for none.
    """

    kind: GroupVersionKind
    namespaces: tuple[str, ...] | None = None
    label_selector: str = ""
    field_selector: str = ""
    metadata_only: bool = False
    indexes: tuple[tuple[str, IndexFunction], ...] = ()
    name: str = ""


class OwnDeclaration(CacheDeclaration, frozen=True, kw_only=True):
    """One validated kind of ``owns``."""

    predicates: tuple[Predicate, ...] = ()
