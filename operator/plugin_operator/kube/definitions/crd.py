"""CustomResourceDefinitions from the versions of kinds.

Owns how versions that several classes and plugins define become one definition, and when they cannot.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from plugin_operator.errors import PluginRejected, joined
from plugin_operator.kube.definitions.definition import Definition, definition_of
from plugin_operator.kube.definitions.schemas.structural import FieldOf
from plugin_operator.kube.plurals import guessed_plural
from plugin_operator.source_location import Place, place_of_field

_TEXTS = frozenset({"description", "title", "example", "externalDocs"})
#: Below the 1.5 MiB of an object in etcd, for what the API server adds.
_MAX_BYTES = 1_400_000
_VERSION = re.compile(r"v(\d+)(?:(alpha|beta)(\d+))?")
_STAGES = {"alpha": 0, "beta": 1, None: 2}


class VersionRecord(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One version of a kind as plain values, which a process can send to another.

    Attributes:
        group, kind, plural, singular, scope, short_names, categories: as in a ``Definition``.
        labels, annotations: those of the CustomResourceDefinition.
        version: the entry of ``spec.versions``, without ``storage``.
        storage: whether objects are stored in the version; None if the class does not say.
        cls: name of its class.
        path, line: place of the class.
        fields: class, name, file and line of each field by its place in the schema, such as ``properties[spec]``.
    """

    group: str
    kind: str
    plural: str
    singular: str
    scope: str
    short_names: list[str] = []
    categories: list[str] = []
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    version: dict[str, Any]
    storage: bool | None = None
    cls: str
    path: str
    line: int | None = None
    fields: dict[str, tuple[str, str, str, int | None]] = {}

    @property
    def name(self) -> str:
        """Name of the version."""
        return str(self.version.get("name"))

    def reject(self, reason: str) -> PluginRejected:
        """Return an error about the class."""
        return PluginRejected(f"{self.cls}: {reason}", path=self.path, line=self.line)

    def __str__(self) -> str:
        return f"{self.cls} in {self.path}:{self.line}"


def record_of(definition: Definition) -> VersionRecord:
    """Return a definition as plain values."""
    subresources: dict[str, Any] = {"status": {}} if definition.has_status else {}
    if definition.scale is not None:
        subresources["scale"] = dict(definition.scale)
    version: dict[str, Any] = {
        "name": definition.gvk.version,
        "served": definition.served,
        "deprecated": definition.deprecated,
        "deprecationWarning": definition.deprecation_warning,
        "schema": {"openAPIV3Schema": dict(definition.schema)},
        "subresources": subresources,
        "additionalPrinterColumns": [dict(each) for each in definition.columns],
        "selectableFields": [dict(each) for each in definition.selectable_fields],
    }
    return VersionRecord(
        group=definition.gvk.group,
        kind=definition.gvk.kind,
        plural=definition.plural,
        singular=definition.singular,
        scope=definition.scope,
        short_names=list(definition.short_names),
        categories=list(definition.categories),
        labels=dict(definition.labels),
        annotations=dict(definition.annotations),
        version={key: value for key, value in version.items() if value or key in ("name", "served")},
        storage=definition.storage,
        cls=definition.cls.__qualname__,
        path=definition.place.path,
        line=definition.place.line,
        fields=dict(_fields_in(definition.schema, "", {})),
    )


def _fields_in(
    schema: Mapping[str, Any], path: str, known: dict[tuple[type[Any], str], Place]
) -> Iterator[tuple[str, tuple[str, str, str, int | None]]]:
    for name, each in schema.get("properties", {}).items():
        at = f"{path}.properties[{name}]" if path else f"properties[{name}]"
        if isinstance(each, FieldOf):
            place = known.get((each.cls, each.name)) or place_of_field(each.cls, each.name)
            known[each.cls, each.name] = place
            yield at, (each.cls.__name__, each.name, place.path, place.line)
        yield from _fields_in(each, at, known)
    for key in ("items", "additionalProperties"):
        if isinstance(inner := schema.get(key), Mapping):
            yield from _fields_in(inner, f"{path}.{key}", known)


def crd_of(classes: Sequence[type[Any]]) -> dict[str, Any]:
    """Return the CustomResourceDefinition of a kind.

    Args:
        classes: its versions.

    Raises:
        TypeError: a class has no ``@resource``.
        ValueError: they are not of one kind, or there are none.
        PluginRejected: the versions do not go together; further reasons are in its ``others``.
    """
    found, rejections = crds_of(record_of(definition_of(each)) for each in classes)
    if rejections:
        raise joined(rejections)
    if len(found) != 1:
        raise ValueError(
            f"{len(found)} kinds are defined by {', '.join(each.__name__ for each in classes) or 'nothing'}"
        )
    return found[0]


def crds_of(records: Iterable[VersionRecord]) -> tuple[list[dict[str, Any]], list[PluginRejected]]:
    """Return the CustomResourceDefinitions of all kinds, sorted by name, and why the others cannot be made.

    A version that is defined twice in the same way counts once.
    """
    kinds: dict[tuple[str, str], list[VersionRecord]] = {}
    for each in records:
        kinds.setdefault((each.group, each.kind), []).append(each)
    found: list[dict[str, Any]] = []
    rejections: list[PluginRejected] = []
    for _, versions in sorted(kinds.items()):
        wrong = list(_rejections(versions))
        rejections += wrong
        if wrong:
            continue
        crd = _in_order(_crd(versions))
        if (size := len(msgspec.json.encode(crd))) > _MAX_BYTES:
            way_out = "shorten its docstrings and enums, or write dict[str, Any] for parts of it"
            reason = f"its definition has {size} bytes, and the API server stores at most {_MAX_BYTES}: {way_out}"
            rejections.append(_stored(versions).reject(reason))
        else:
            found.append(crd)
    rejections += _shared_names(found, kinds)
    return found, rejections


def _crd(versions: Sequence[VersionRecord]) -> dict[str, Any]:
    stored = _stored(versions)
    distinct = {each.name: each for each in versions}
    names: dict[str, Any] = {
        "categories": _all(each.categories for each in (stored, *versions)),
        "kind": stored.kind,
        "listKind": f"{stored.kind}List",
        "plural": stored.plural,
        "shortNames": _all(each.short_names for each in (stored, *versions)),
        "singular": stored.singular,
    }
    metadata: dict[str, Any] = {"name": f"{stored.plural}.{stored.group}"}
    for key in ("labels", "annotations"):
        if merged := {name: value for each in versions for name, value in getattr(each, key).items()}:
            metadata[key] = merged
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": metadata,
        "spec": {
            "group": stored.group,
            "names": {key: value for key, value in names.items() if value},
            "scope": stored.scope,
            "versions": [
                {**distinct[name].version, "storage": distinct[name].name == stored.name}
                for name in sorted(distinct, key=_age, reverse=True)
            ],
        },
    }


def _in_order(value: Any) -> Any:
    """Return a document with sorted keys: its text is the same however classes and dicts were written."""
    if isinstance(value, Mapping):
        return {key: _in_order(value[key]) for key in sorted(value)}
    return [_in_order(each) for each in value] if isinstance(value, list | tuple) else value


def _all(lists: Iterable[Sequence[str]]) -> list[str]:
    return list(dict.fromkeys(each for names in lists for each in names))


def _age(version: str) -> tuple[int, int, int]:
    """Return a key that sorts versions as the API server does: v1alpha1, v1beta1, v1, v2."""
    match = _VERSION.fullmatch(version)
    return (_STAGES[match[2]], int(match[1]), int(match[3] or 0)) if match else (-1, 0, 0)


def _stored(versions: Sequence[VersionRecord]) -> VersionRecord:
    return next((each for each in versions if each.storage), versions[0])


def _rejections(versions: Sequence[VersionRecord]) -> Iterator[PluginRejected]:
    """Yield why the versions of a kind do not go together."""
    yield from _twice(versions)
    yield from _storage(versions)
    first = _stored(versions)
    for each in versions:
        for field, default in (
            ("plural", guessed_plural(first.kind)),
            ("singular", first.kind.lower()),
            ("scope", None),
        ):
            value, other = getattr(each, field), getattr(first, field)
            if value != other:
                hint = "" if value != default else f": write {field}={other!r} here too"
                yield each.reject(f"{field} is {value!r}, and {other!r} of {first}: versions of a kind share it{hint}")
    yield from _different_schemas(versions)


def _twice(versions: Sequence[VersionRecord]) -> Iterator[PluginRejected]:
    seen: dict[str, VersionRecord] = {}
    for each in versions:
        other = seen.setdefault(each.name, each)
        if other is not each and _without_places(each) != _without_places(other):
            way_out = "define it once, in a file that both import, or choose another version or kind"
            yield each.reject(f"{each.group}/{each.name}/{each.kind} is defined differently by {other}: {way_out}")


def _without_places(record: VersionRecord) -> VersionRecord:
    return msgspec.structs.replace(record, cls="", path="", line=0, fields={})


def _storage(versions: Sequence[VersionRecord]) -> Iterator[PluginRejected]:
    names = {each.name for each in versions}
    marked = {each.name: each for each in reversed(versions) if each.storage}
    last = versions[-1]
    if len(marked) > 1:
        first, second = list(marked.values())[:2]
        yield first.reject(f"storage=True is that of {second} too: objects are stored in one version")
    elif not marked and (len(names) > 1 or last.storage is False):
        way_out = "write storage=True at one of them" if len(names) > 1 else "leave out storage=False"
        yield last.reject(f"objects are stored in none of the versions {', '.join(sorted(names))}: {way_out}")


def _different_schemas(versions: Sequence[VersionRecord]) -> Iterator[PluginRejected]:
    """Yield why served versions cannot be converted: without a converter, the API server changes apiVersion only."""
    first = _stored(versions)
    for each in versions:
        if each.version.get("served") and each.name != first.name:
            path = _difference(_schema(each), _schema(first))
            if path is not None:
                at = f"at {path}" if path else "in rules="
                yield each.reject(
                    f"its schema differs from that of the stored version, {first}, {at}: there is no converter between "
                    "versions, so make them equal, or write served=False"
                )


def _schema(record: VersionRecord) -> Any:
    return record.version.get("schema", {}).get("openAPIV3Schema", {})


def _difference(one: Any, other: Any, path: str = "") -> str | None:
    """Return the path of the first difference of two schemas, texts for people aside; None if there is none."""
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return None if one == other else path
    if missing := sorted(set(one.get("required", ())) ^ set(other.get("required", ()))):
        return f"{path}.{missing[0]}"
    fields, others = one.get("properties", {}), other.get("properties", {})
    parts = [(fields.get(name), others.get(name), f"{path}.{name}") for name in sorted({*fields, *others})]
    parts += [(one.get(key), other.get(key), f"{path}[]") for key in ("items", "additionalProperties")]
    inner = (_difference(*part) for part in parts)
    found = next((each for each in inner if each is not None), None)
    rest = (one.keys() | other.keys()) - _TEXTS - {"required", "properties", "items", "additionalProperties"}
    return path if found is None and any(one.get(key) != other.get(key) for key in rest) else found


def _shared_names(
    found: Iterable[Mapping[str, Any]], kinds: Mapping[tuple[str, str], Sequence[VersionRecord]]
) -> Iterator[PluginRejected]:
    """Yield which kinds have the plural of another."""
    seen: dict[str, VersionRecord] = {}
    for each in found:
        record = kinds[(each["spec"]["group"], each["spec"]["names"]["kind"])][0]
        other = seen.setdefault(each["metadata"]["name"], record)
        if other is not record:
            yield record.reject(f"the plural {record.plural!r} is that of {other} too: choose another with plural=")
