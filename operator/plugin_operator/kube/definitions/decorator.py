"""``@resource``: makes a class an API kind."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from plugin_operator.errors import PluginRejected, note_rejection
from plugin_operator.kube.definitions.columns import Column
from plugin_operator.kube.definitions.definition import MARK, Definition, Scope
from plugin_operator.kube.definitions.scale import Scale
from plugin_operator.kube.definitions.schemas.rules import Rule
from plugin_operator.kube.definitions.spec_check import KindSpec, checked, stand_in
from plugin_operator.kube.objects import ApiObject
from plugin_operator.source_location import place_of

K = TypeVar("K", bound=ApiObject)


def resource(  # noqa: PLR0913 - one keyword for each property of a definition
    kind: str,
    *,
    plural: str | None = None,
    singular: str | None = None,
    short_names: Sequence[str] = (),
    categories: Sequence[str] = (),
    scope: Scope = "Namespaced",
    columns: Sequence[Column] = (),
    rules: Sequence[Rule] = (),
    scale: Scale | None = None,
    selectable_fields: Sequence[str] = (),
    served: bool = True,
    storage: bool | None = None,
    deprecated: bool | str = False,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> Callable[[type[K]], type[K]]:
    """Declare a subclass of ``ApiObject`` as one version of a custom kind.

    The class is the source of the CustomResourceDefinition: types, defaults, docstrings, and what ``schema()`` says. A
    field ``status`` makes the subresource ``status``. Versions of a kind are classes of any name.

    Args:
        kind: group, version and kind: "example.com/v1/Widget".
        plural: name in paths; by default as kubebuilder makes it: "widgets".
        singular: by default the kind in lower case.
        short_names: short names in kubectl.
        categories: groups of kinds in kubectl, such as "all".
        scope: "Namespaced", or "Cluster" for objects without a namespace.
        columns: columns of ``kubectl get``, made with ``column()``.
        rules: CEL rules for the whole object, made with ``rule()``.
        scale: the subresource ``scale``, made with ``scale()``.
        selectable_fields: JSON paths for field selectors, such as ".spec.color"; at most 8.
        served: False for a version that the API server no longer serves.
        storage: True for the version in which objects are stored. A kind with one version needs no mark.
        deprecated: True, or the warning that the API server sends for the version.
        labels: labels of the CustomResourceDefinition.
        annotations: annotations of the CustomResourceDefinition.

    Returns:
        A decorator that returns the class itself.

    Raises:
        PluginRejected: a value or the class cannot be used; the error has class, field, file, line and fix. While a
            plugin is imported, it is raised at the end, with those of the other classes.
    """
    given: Any = kind
    if isinstance(given, type):
        raise place_of(given).reject("@resource", "needs the kind: write @resource('example.com/v1/Widget')")
    spec = KindSpec(
        kind=kind,
        plural=plural,
        singular=singular,
        short_names=short_names,
        categories=categories,
        scope=scope,
        columns=columns,
        rules=rules,
        scale=scale,
        selectable_fields=selectable_fields,
        served=served,
        storage=storage,
        deprecated=deprecated,
        labels=labels,
        annotations=annotations,
    )

    def decorate(cls: type[K]) -> type[K]:
        made: Definition
        try:
            made = checked(spec, cls)
        except PluginRejected as error:
            target: Any = cls
            if not isinstance(target, type) or not note_rejection(error):
                raise
            made = stand_in(spec, cls)  # the rest of the file may name the class
        setattr(cls, MARK, made)
        return cls

    return decorate
