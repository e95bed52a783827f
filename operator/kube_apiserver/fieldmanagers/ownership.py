"""Changes of field ownership by one write, common to update and apply.

The functions follow structured-merge-diff's ``merge.Updater``.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from kube_apiserver.decoding.canonical_form import canonical
from kube_apiserver.fieldmanagers.comparing import Comparison, compare
from kube_apiserver.fieldmanagers.conflicts import ApplyConflict
from kube_apiserver.fieldmanagers.entries import Entry
from kube_apiserver.fieldmanagers.fieldset import FieldSet, Path
from kube_apiserver.schema import Schema
from kube_apiserver.schema.builtin_schemas import from_definition
from kube_apiserver.schema.model import MISSING

_SERVER_OWNED = (
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "clusterName",
    "generation",
    "managedFields",
    "resourceVersion",
)
_STRIPPED = FieldSet(
    {"f:apiVersion", "f:kind", "f:metadata"}, {"f:metadata": FieldSet({f"f:{name}" for name in _SERVER_OWNED})}
)


def difference(old: Mapping[str, Any] | None, new: Mapping[str, Any], schema: Schema) -> Comparison:
    """Compare two versions. A new object is compared with ``blank``."""
    before = old if old is not None else blank(new, schema)
    return compare(before, new, schema)


def blank(obj: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """Return the object that a create is compared with: the kind, plus the zero values of built-in types."""
    head = {key: obj[key] for key in ("apiVersion", "kind") if key in obj}
    return {**_zero_value(schema.definition), **head} if schema.builtin else head


@cache
def _zero_value(definition: str) -> dict[str, Any]:
    # The cached value is shared by all creates of a kind. It is compared with and merged onto, never modified.
    schema = from_definition(definition)
    empty = canonical({}, schema) if schema else {}
    return _undefaulted(empty, schema) if schema and isinstance(empty, dict) else {}


def _undefaulted(value: dict[str, Any], schema: Schema) -> dict[str, Any]:
    """Remove the values that only a declared default set, so that the creator owns them."""
    result = {}
    for name, member in value.items():
        known = schema.child(name)
        if known is None or known.default is MISSING:
            result[name] = _undefaulted(member, known) if isinstance(member, dict) and known else member
    return result


def without_changed(entries: Sequence[Entry], changes: Comparison, *, force: bool) -> list[Entry]:
    """Return the entries of the other managers without the fields that a write changes.

    Raises:
        ApplyConflict: a write without ``force`` changes a field of another manager.
    """
    if not entries:
        return []
    touched = changes.added | changes.modified
    contested = [(entry, entry.fields & touched) for entry in entries]
    conflicts = [(entry, fields) for entry, fields in contested if fields]
    if conflicts and not force:
        raise ApplyConflict(conflicts)
    return [entry.with_fields(entry.fields - touched - changes.removed) for entry in entries]


def stripped(fields: FieldSet, ignored: frozenset[Path] = frozenset()) -> FieldSet:
    """Return ``fields`` without those that cannot be owned: identity, server-set metadata, ``ignored`` ones."""
    return (fields - _STRIPPED).without(ignored)


def ignored_fields(schema: Schema, subresource: str, reset: Sequence[str] | None) -> frozenset[Path]:
    """Return the paths of the fields that a write to this resource or subresource resets."""
    if reset is None:
        has_status = schema.builtin and "status" in schema.properties
        reset = ("status",) if has_status and not subresource else ()
        if schema.builtin and subresource == "status":
            reset = ("spec",)
    return frozenset(tuple(f"f:{name}" for name in path.split(".")) for path in reset)
