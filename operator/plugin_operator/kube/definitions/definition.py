"""``Definition``: what ``@resource`` says about a class, and how to find it."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from plugin_operator.kube.gvk import GroupVersionKind
from plugin_operator.kube.objects import ApiObject
from plugin_operator.kube.objects.kinds import no_kind
from plugin_operator.kube.resource import Resource
from plugin_operator.source_location import Place

Scope = Literal["Namespaced", "Cluster"]

MARK = "__plugin_operator_definition__"

_NAMESPACE: Any = type.__dict__["__dict__"]


class Definition(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """One version of a kind, as a class defines it.

    Attributes:
        cls: the class.
        place: its file and line.
        gvk: the kind.
        plural, singular: names in paths and in kubectl.
        scope: ``Namespaced`` or ``Cluster``.
        short_names, categories: further names in kubectl.
        labels, annotations: those of the CustomResourceDefinition.
        served: whether the API server serves the version.
        storage: whether objects are stored in it; None if it is the only version.
        deprecated: whether reads and writes of the version warn.
        deprecation_warning: the warning; empty for that of the API server.
        has_status: whether the kind has the subresource ``status``: the class has a field ``status``.
        schema: OpenAPI v3 schema of its objects; empty for a built-in kind.
        columns: columns of ``kubectl get``, as in a CustomResourceDefinition.
        scale: the subresource ``scale``, as there; None for none.
        selectable_fields: fields for field selectors, as there.
        is_builtin: whether the kind is one of Kubernetes itself, which has no CustomResourceDefinition.
    """

    cls: type[ApiObject]
    place: Place
    gvk: GroupVersionKind
    plural: str
    singular: str
    scope: Scope = "Namespaced"
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    served: bool = True
    storage: bool | None = None
    deprecated: bool = False
    deprecation_warning: str = ""
    has_status: bool = False
    schema: Mapping[str, Any]
    columns: tuple[Mapping[str, Any], ...] = ()
    scale: Mapping[str, str] | None = None
    selectable_fields: tuple[Mapping[str, str], ...] = ()
    is_builtin: bool = False

    @property
    def namespaced(self) -> bool:
        """Whether objects have a namespace."""
        return self.scope == "Namespaced"

    @property
    def resource(self) -> Resource:
        """The resource that the API server serves for the class, without verbs."""
        subresources = {"status"} if self.has_status else set()
        return Resource(
            self.gvk,
            self.plural,
            self.namespaced,
            subresources=frozenset(subresources | ({"scale"} if self.scale else set())),
            short_names=self.short_names,
            singular=self.singular,
        )


def find_definition(value: object) -> Definition | None:
    """Return the definition of a class with ``@resource``; None for all else, also built-in kinds and subclasses."""
    found = _mark_of(value)
    return None if found is None or found.is_builtin else found


def definition_of(cls: type[Any]) -> Definition:
    """Return the definition of a class with ``@resource``, or of a built-in kind.

    Raises:
        TypeError: the class has none.
    """
    found = _mark_of(cls)
    if found is None:
        raise TypeError(no_kind(cls))
    return found


def _mark_of(value: object) -> Definition | None:
    # Neither isinstance nor vars() is safe: both may run code of a plugin.
    is_class = issubclass(type(value), type)
    found = _NAMESPACE.__get__(value).get(MARK) if is_class else None
    return found if type(found) is Definition else None
