"""Checks of what ``@resource`` is given, and of its class: each mistake names class, field, file and line."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from plugin_operator.error_hints import meant_module
from plugin_operator.errors import PluginRejected, joined
from plugin_operator.kube.builtin_kinds import is_builtin, problem_of
from plugin_operator.kube.definitions.columns import column_document
from plugin_operator.kube.definitions.definition import Definition
from plugin_operator.kube.definitions.names import kind_problem, name_problem
from plugin_operator.kube.definitions.scale import scale_document, selectable_documents
from plugin_operator.kube.definitions.schemas.field_schema import FieldSchema
from plugin_operator.kube.definitions.schemas.structs import SchemaError, schema_of_kind
from plugin_operator.kube.gvk import GroupVersionKind
from plugin_operator.kube.objects import ApiObject
from plugin_operator.kube.plurals import guessed_plural
from plugin_operator.source_location import place_of, place_of_field

_SCOPES = ("Namespaced", "Cluster")
_MAX_WARNING = 256
_OF_SCHEMA = frozenset({"columns", "scale", "selectable_fields"})
_WORDS = {"short_names": "short name", "categories": "category"}


class KindSpec(msgspec.Struct, frozen=True, kw_only=True):
    """The arguments of ``@resource``, before they are checked."""

    kind: Any
    plural: Any
    singular: Any
    short_names: Any
    categories: Any
    scope: Any
    columns: Any
    rules: Any
    scale: Any
    selectable_fields: Any
    served: Any
    storage: Any
    deprecated: Any
    labels: Any
    annotations: Any


def checked(spec: KindSpec, cls: Any) -> Definition:
    """Return the definition of a class.

    Raises:
        PluginRejected: a value or the class cannot be used; further mistakes are in its ``others``.
    """
    place = place_of(cls)
    if not isinstance(cls, type) or not issubclass(cls, ApiObject):
        name = getattr(cls, "__name__", repr(cls))
        raise place.reject(name, "is no subclass of ApiObject: write 'class Widget(ApiObject):'")
    values: dict[str, Any] = {}
    rejections: list[PluginRejected] = []
    try:
        schema = _schema(cls, spec.rules)
    except PluginRejected as error:
        rejections.append(error)
        schema = {}
    for field, clean in _CLEANERS.items():
        if not schema and field in _OF_SCHEMA:
            continue
        try:
            values[field] = clean(getattr(spec, field), values, schema)
        except (TypeError, ValueError) as error:
            rejections.append(place.reject(cls.__name__, f"{field}: {error}"))
            if field == "kind":
                break  # the other names follow from it
    if rejections:
        raise joined(rejections)
    gvk, warning = values.pop("kind"), spec.deprecated if isinstance(spec.deprecated, str) else ""
    return Definition(
        cls=cls,
        place=place,
        gvk=gvk,
        schema=schema,
        deprecation_warning=warning,
        has_status="status" in cls.__struct_fields__,
        **values,
    )


def stand_in(spec: KindSpec, cls: Any) -> Definition:
    """Return a definition for a rejected class, of the kind that it was probably meant for."""
    try:
        gvk = _kind(spec.kind)
    except ValueError:
        gvk = GroupVersionKind("rejected.example.com", "v1", cls.__name__)
    plural = guessed_plural(gvk.kind)
    return Definition(
        cls=cls,
        place=place_of(cls),
        gvk=gvk,
        plural=plural,
        singular=gvk.kind.lower(),
        scope="Cluster" if spec.scope == "Cluster" else "Namespaced",
        labels={},
        annotations={},
        schema={},
        has_status="status" in getattr(cls, "__struct_fields__", ()),
    )


def _schema(cls: type[ApiObject], rules: Any) -> dict[str, Any]:
    try:
        return schema_of_kind(cls, FieldSchema(rules=rules))
    except SchemaError as error:
        wrong = dict.fromkeys((each.cls, each.field, each.reason) for each in (error, *error.others))
        raise joined([_rejected(*each) for each in wrong]) from error


def _rejected(cls: type[Any], field: str, reason: str) -> PluginRejected:
    place = place_of_field(cls, field) if field else place_of(cls)
    return place.reject(f"{cls.__name__}.{field}" if field else cls.__name__, reason)


def _kind(text: Any, *_: Any) -> GroupVersionKind:
    try:
        gvk = GroupVersionKind.parse(text)
    except (AttributeError, ValueError) as error:
        way_out = "write @resource('example.com/v1/Widget')"
        raise ValueError(f"{text!r} is not a kind of your own: {way_out}") from error
    if is_builtin(gvk):
        raise ValueError(f"{text!r} is a kind of Kubernetes, which has a class: {meant_module(gvk.kind)}")
    if problem := problem_of(gvk) or kind_problem(gvk):
        raise ValueError(problem)
    return gvk


def _name(field: str, default: Callable[[str], str]) -> Callable[..., str]:
    def clean(name: Any, values: Mapping[str, Any], _: Any) -> str:
        if name is None:
            return default(values["kind"].kind)
        if problem := name_problem(name, field):
            raise ValueError(problem)
        return str(name)

    return clean


def _names(field: str) -> Callable[..., tuple[str, ...]]:
    def clean(names: Any, *_: Any) -> tuple[str, ...]:
        for each in _list(names):
            if problem := name_problem(each, _WORDS[field]):
                raise ValueError(problem)
        return tuple(dict.fromkeys(names))

    return clean


def _list(value: Any) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise TypeError(f"{value!r} is not a list: write [{value!r}]")
    return value


def _scope(scope: Any, *_: Any) -> str:
    if scope not in _SCOPES:
        raise ValueError(f"{scope!r} is no scope: write {' or '.join(map(repr, _SCOPES))}")
    return str(scope)


def _columns(columns: Any, _: Any, schema: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    return tuple(column_document(each, schema) for each in _list(columns))


def _flag(value: Any, *_: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither True nor False")
    return value


def _storage(value: Any, *_: Any) -> bool | None:
    return None if value is None else _flag(value)


def _deprecated(value: Any, *_: Any) -> bool:
    if isinstance(value, str) and not (0 < len(value) <= _MAX_WARNING and value.isprintable()):
        raise ValueError(f"{value!r} is no warning: write one line of at most {_MAX_WARNING} characters, or True")
    return True if isinstance(value, str) else _flag(value)


def _texts(value: Any, *_: Any) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(each, str) for pair in value.items() for each in pair):
        raise TypeError(f"{value!r} is no mapping from text to text")
    return dict(value)


_CLEANERS: Mapping[str, Callable[[Any, Mapping[str, Any], Mapping[str, Any]], Any]] = {
    "kind": _kind,
    "plural": _name("plural", guessed_plural),
    "singular": _name("singular", str.lower),
    "short_names": _names("short_names"),
    "categories": _names("categories"),
    "scope": _scope,
    "columns": _columns,
    "scale": lambda value, _, schema: None if value is None else scale_document(value, schema),
    "selectable_fields": lambda value, _, schema: tuple(selectable_documents(value, schema)),
    "served": _flag,
    "storage": _storage,
    "deprecated": _deprecated,
    "labels": _texts,
    "annotations": _texts,
}
