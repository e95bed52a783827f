"""Server-side apply."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
from kube_apiserver.fieldmanagers.fieldset import FieldSet
from kube_apiserver.fieldmanagers.last_applied_annotation import KUBECTL, set_by_client_side_apply, synchronised
from kube_apiserver.fieldmanagers.merging import merged, without_items
from kube_apiserver.fieldmanagers.ownership import (
    blank,
    difference,
    ignored_fields,
    stripped,
    take_from_others,
)
from kube_apiserver.fieldmanagers.tracking import capped
from kube_apiserver.fieldmanagers.typed_values import field_set, rooted, with_named_fields
from kube_apiserver.schema import Schema

Object = Mapping[str, Any]
_UNTRACKED = "before-first-apply"


@dataclass(frozen=True, slots=True)
class _Request:
    applied: dict[str, Any]
    manager: str
    schema: Schema
    api_version: str
    time: str
    subresource: str
    ignored: frozenset[str]


def apply(  # noqa: PLR0913 - one keyword per fact of the request reads better than a bag of them
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
    """Return the object after ``manager`` applied ``applied``, with its ``managedFields``; inputs are left alone.

    The result still has to be defaulted, pruned and validated (a new one lacks what the server
    sets: uid and so on). Compare it with ``live``: equal means nothing is to be written. Request ``track``
    afterwards only if admission changed the object. ``applied`` must not carry ``managedFields`` (the server
    answers 400).

    Args:
        live: the stored object with its managedFields, None if there is none yet.
        applied: the configuration as sent, neither defaulted nor pruned of nulls.
        manager: ``fieldManager``, required for apply.
        force: take over what others own.
        schema: the kind's schema; None for a custom kind without one.
        api_version: the version the request was made in.
        now: time of the write; an entry keeps its old time when nothing changes.
        subresource: "status" or "scale" if written through it.
        reset: as in ``track``.

    Raises:
        ApplyConflict: another manager owns a field that would change, and ``force`` is off.
    """
    shape = rooted(schema)
    ignored = ignored_fields(shape, subresource, reset)
    request = _Request(without_entries(applied), manager, shape, api_version, stamp(now), subresource, ignored)
    if manager != KUBECTL or live is None:
        return _applied(live, request, force=force)
    result = _applied(live, request, force=True) if force else _upgrading(live, request)
    return synchronised(result, request.applied)


def _upgrading(live: Object, request: _Request) -> dict[str, Any]:
    """Let kubectl take over, without force, what its own client-side apply had set."""
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
    others = take_from_others(others, changes, force=force)
    # As in the real server, an apply that changes no value sets no time, not even for a manager that is new.
    time = request.time if before != result else last.time if last else ""
    current = Entry(request.manager, APPLY, request.api_version, request.subresource, time, claim)
    return with_entries(result, capped([*others, current]))


def _entries(live: Object | None, request: _Request) -> list[Entry]:
    """Return the live entries; an object nobody tracked belongs to a manager of its own from now on."""
    entries = decoded(live) or []
    if live is None or entries:
        return entries
    owned = difference(None, without_entries(live), request.schema)
    fields = stripped(owned.added | owned.modified, request.ignored)
    return [Entry(_UNTRACKED, UPDATE, request.api_version, request.subresource, request.time, fields)]


def _pruned(result: Any, last: Entry | None, owned: Sequence[FieldSet], schema: Schema) -> dict[str, Any]:
    """Take out what this manager applied before, no longer applies, and nobody else owns."""
    if last is None or not last.fields:
        return dict(result)
    given_up = with_named_fields(last.fields, schema)
    smaller = without_items(result, given_up, schema) or {}
    everything = with_named_fields(field_set(result, schema), schema)
    kept = FieldSet()
    for fields in owned:
        kept = kept | with_named_fields(fields, schema)
    kept = kept | with_named_fields(field_set(smaller, schema), schema)
    smaller = without_items(result, everything - kept, schema) or {}
    kept = with_named_fields(field_set(smaller, schema), schema)
    final = without_items(result, (everything - kept) & given_up, schema)
    return final if isinstance(final, dict) else {}
