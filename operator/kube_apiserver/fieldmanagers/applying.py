"""Server-side apply."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from kube_apiserver.fieldmanagers.conflicts import ApplyConflict
from kube_apiserver.fieldmanagers.entries import (
    APPLY,
    UPDATE,
    Entry,
    decoded,
    stamp,
    with_entries,
    without_entries,
)
from kube_apiserver.fieldmanagers.fieldset import FieldSet, Path
from kube_apiserver.fieldmanagers.last_applied_annotation import KUBECTL, set_by_client_side_apply, synchronised
from kube_apiserver.fieldmanagers.merging import merged, without_items
from kube_apiserver.fieldmanagers.ownership import (
    blank,
    difference,
    ignored_fields,
    stripped,
    without_changed,
)
from kube_apiserver.fieldmanagers.tracking import capped
from kube_apiserver.fieldmanagers.typed_values import field_set, rooted, with_named_fields
from kube_apiserver.schema import Schema

Object = Mapping[str, Any]
_UNTRACKED = "before-first-apply"


class _Request(msgspec.Struct, frozen=True):
    applied: dict[str, Any]
    manager: str
    schema: Schema
    api_version: str
    time: str
    subresource: str
    ignored: frozenset[Path]


def apply(  # noqa: PLR0913 - keyword arguments are clearer than one options object
    live: Object | None,
    applied: Object,
    *,
    manager: str,
    force: bool,
    schema: Schema | None,
    api_version: str,
    now: datetime,
    subresource: str = "",
    reset: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Return ``live`` after ``manager`` applied ``applied``, with updated ``managedFields``. It modifies no input.

    The caller must default, prune and validate the result. A new object lacks what the server sets, such as its uid.
    If the result equals ``live``, there is nothing to write. Call ``track`` afterwards only if admission changes it.
    ``applied`` must have no ``managedFields`` (the server answers 400).

    Args:
        live: the stored object with its managedFields, None if it does not exist.
        applied: the configuration as sent, neither defaulted nor pruned of nulls.
        manager: ``fieldManager``, required for apply.
        force: take ownership of conflicting fields.
        schema: the schema of the kind, None for a custom kind without one.
        api_version: the version of the request.
        now: time of the write. An entry whose fields do not change keeps its old time.
        subresource: "status" or "scale" if written through it.
        reset: root fields that this path resets, as in ``track``.

    Raises:
        ApplyConflict: another manager owns a changed field, and ``force`` is false.
    """
    shape = rooted(schema)
    ignored = ignored_fields(shape, subresource, reset)
    request = _Request(without_entries(applied), manager, shape, api_version, stamp(now), subresource, ignored)
    if manager != KUBECTL or live is None:
        return _applied(live, request, force=force)
    result = _applied(live, request, force=True) if force else _applied_by_kubectl(live, request)
    return synchronised(result, request.applied)


def _applied_by_kubectl(live: Object, request: _Request) -> dict[str, Any]:
    """Apply without force, but let kubectl take the fields that its own client-side apply set."""
    try:
        return _applied(live, request, force=False)
    except ApplyConflict as conflict:
        allowed = set_by_client_side_apply(live, request.schema)
        rest = [(owner, fields - allowed) for owner, fields in conflict.conflicts]
        rest = [(owner, fields) for owner, fields in rest if fields]
        if rest:
            raise ApplyConflict(rest) from None
        return _applied(live, request, force=True)


def _applied(live: Object | None, request: _Request, *, force: bool) -> dict[str, Any]:
    schema = request.schema
    before = without_entries(live) if live is not None else None
    entries = _entries(live, request)
    mine = Entry(request.manager, APPLY, request.api_version, request.subresource, request.time, FieldSet())
    last = next((entry for entry in entries if entry.identity == mine.identity), None)
    others = [entry for entry in entries if entry.identity != mine.identity]
    applied = field_set(request.applied, schema)
    claim = stripped(applied, request.ignored)
    start = before if before is not None else blank(request.applied, schema)
    result = merged(start, request.applied, schema)
    result = _pruned(result, last, [applied, *(entry.fields for entry in others)], schema)
    changes = difference(start, result, schema).without(request.ignored)
    others = without_changed(others, changes, force=force)
    # Like kube-apiserver, an apply without changes sets no time, even for a new manager.
    time = request.time if before != result else last.time if last else ""
    current = Entry(request.manager, APPLY, request.api_version, request.subresource, time, claim)
    return with_entries(result, capped([*others, current]))


def _entries(live: Object | None, request: _Request) -> list[Entry]:
    """Return the live entries. The fields of an untracked object go to the manager ``before-first-apply``."""
    entries = decoded(live) or []
    if live is None or entries:
        return entries
    owned = difference(None, without_entries(live), request.schema)
    fields = stripped(owned.added | owned.modified, request.ignored)
    return [Entry(_UNTRACKED, UPDATE, request.api_version, request.subresource, request.time, fields)]


def _pruned(result: Any, last: Entry | None, owned: Sequence[FieldSet], schema: Schema) -> dict[str, Any]:
    """Remove the fields that this manager has stopped applying and no other manager owns."""
    if last is None or not last.fields:
        return dict(result)
    dropped = with_named_fields(last.fields, schema)
    smaller = without_items(result, dropped, schema) or {}
    everything = with_named_fields(field_set(result, schema), schema)
    kept = FieldSet()
    for fields in owned:
        kept = kept | with_named_fields(fields, schema)
    kept = kept | with_named_fields(field_set(smaller, schema), schema)
    smaller = without_items(result, everything - kept, schema) or {}
    kept = with_named_fields(field_set(smaller, schema), schema)
    final = without_items(result, (everything - kept) & dropped, schema)
    return final if isinstance(final, dict) else {}
