"""Pruning: removal of the fields that a schema does not declare."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from kube_apiserver.schema.builtin_schemas import from_definition
from kube_apiserver.schema.model import Schema

_TYPE_META = frozenset({"apiVersion", "kind"})
_OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_STEP = re.compile(r"([^.\[]+)|\[\d+\]")


class _Unknown(msgspec.Struct, frozen=True):
    """The paths of unknown fields; ``names_keys`` if the keys of maps are part of them."""

    names_keys: bool
    paths: list[str] = msgspec.field(default_factory=list)


def prune(obj: Mapping[str, Any], schema: Schema, *, names_keys: bool = True) -> tuple[dict[str, Any], list[str]]:
    """Return a copy of ``obj`` without undeclared fields, and the paths of those fields ("spec.ports[0].foo").

    The paths have the order of kube-apiserver's ``unknown field`` messages: document order for built-in kinds,
    sorted for custom ones. Pruning is idempotent. Without ``names_keys``, the paths leave out the keys of maps.
    """
    unknown = _Unknown(names_keys)
    pruned = _object(obj, schema, "", unknown, embedded=not schema.builtin)
    if schema.builtin:
        return pruned, unknown.paths
    # The metadata of embedded objects is pruned last.
    return pruned, sorted(unknown.paths, key=lambda path: (".metadata." in path, path))


def names_beside(schema: Schema, path: str) -> list[str]:
    """Return the fields that a schema declares at the place of an unknown one; none if the place is not found.

    Args:
        schema: the schema of the object.
        path: the path of the unknown field, as ``prune`` returns it.
    """
    here: Schema | None = schema
    embedded = not schema.builtin
    for step in list(_STEP.finditer(path))[:-1]:
        if here is None:
            return []
        name = step[1]
        if embedded and name == "metadata":
            here = from_definition(_OBJECT_META)
        else:
            here = here.items if name is None else here.child(name)
        embedded = here is not None and here.embedded
    if here is None:
        return []
    return [*here.properties, *(("metadata", *sorted(_TYPE_META)) if embedded else ())]


def _object(
    value: Mapping[str, Any], schema: Schema, path: str, unknown: _Unknown, *, embedded: bool, keeps: bool = False
) -> dict[str, Any]:
    result: dict[str, Any] = {}
    fields, additional = schema.properties, schema.additional
    for name, member in value.items():
        known = fields.get(name) or additional
        if embedded and name in _TYPE_META:
            result[name] = member
            continue
        if embedded and name == "metadata":
            known = from_definition(_OBJECT_META)
        elif known is None and not keeps and not schema.preserve_unknown:
            unknown.paths.append(f"{path}.{name}" if path else name)
            continue
        if known is None or not isinstance(member, dict | list):
            result[name] = member
        else:
            is_key = name not in fields and not embedded and not unknown.names_keys
            inside = path if is_key else f"{path}.{name}" if path else name
            result[name] = _value(member, known, inside, unknown)
    return result


def _value(value: Any, schema: Schema, path: str, unknown: _Unknown, *, keeps: bool = False) -> Any:
    """Return the value without undeclared fields; ``keeps`` where a list around it preserves those of its items."""
    if isinstance(value, dict):
        if schema.builtin and schema.type != "object" and not schema.properties:
            return value
        return _object(value, schema, path, unknown, embedded=schema.embedded, keeps=keeps)
    keeps = keeps or schema.preserve_unknown
    if isinstance(value, list) and (schema.items or not (schema.builtin or keeps)):
        # Like kube-apiserver, it also prunes below a list that is no list by its schema.
        items = schema.items or Schema()
        return [_value(item, items, f"{path}[{at}]", unknown, keeps=keeps) for at, item in enumerate(value)]
    return value
