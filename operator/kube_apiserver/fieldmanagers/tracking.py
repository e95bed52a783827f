"""managedFields of create, update and patch."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from kube_apiserver.fieldmanagers.entries import (
    UPDATE,
    Entry,
    decoded,
    stamp,
    with_entries,
    without_entries,
)
from kube_apiserver.fieldmanagers.ownership import difference, ignored_fields, stripped, without_changed
from kube_apiserver.fieldmanagers.typed_errors import is_typed
from kube_apiserver.fieldmanagers.typed_values import KEYLESS, rooted
from kube_apiserver.schema import Schema

_MOST_UPDATERS = 10
_OLDEST = "ancient-changes"


def track(  # noqa: PLR0913 - keyword arguments are clearer than one options object
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any],
    *,
    manager: str,
    operation: str = UPDATE,
    schema: Schema | None,
    api_version: str,
    now: datetime,
    subresource: str = "",
    reset: Sequence[str] | None = None,
    sent: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return ``new`` with the ``managedFields`` that this write results in. ``new`` is not modified.

    Call it last, on defaulted objects after admission. A write without changes keeps the old time, so that it stays a
    no-op. The entries in ``new`` replace the stored ones; ``[{}]`` clears them and stops the tracking of updates. The
    stored entries stay as they are if no manager can own a value: its type is wrong, or a list item lacks its keys.

    Args:
        old: the stored object, None on create.
        new: the object to store.
        manager: ``fieldManager``, or the name derived from the User-Agent.
        operation: "Update"; apply requests use ``apply``.
        schema: the schema of the kind, None for a custom kind without one.
        api_version: the version of the request.
        now: time of the write.
        subresource: "status" or "scale" if written through it.
        reset: root fields that this path resets. The default is ``status`` for built-in kinds, ``spec`` through their
            ``status``. Pass ``("status",)`` for custom kinds with a status subresource.
        sent: the object before the server replaced what the writer cannot set, such as the status; None if it is new.
    """
    shape = rooted(schema)
    entries = _starting_entries(old, new)
    if entries is None:
        return without_entries(new)
    if not (shape.builtin or _is_ownable(shape, old, new if sent is None else sent)):
        return _with_entries_of(old, new)
    ignored = ignored_fields(shape, subresource, reset)
    changes = difference(None if old is None else without_entries(old), without_entries(new), shape).without(ignored)
    if shape.builtin and any(each.has_element(KEYLESS) for each in (changes.added, changes.modified)):
        return _with_entries_of(old, new)
    others = without_changed(entries, changes, force=True)
    gained = stripped(changes.added | changes.modified)
    mine = Entry(manager, operation, api_version, subresource, stamp(now), gained)
    return with_entries(new, capped(_joined(others, mine)))


def _is_ownable(schema: Schema, *objects: Mapping[str, Any] | None) -> bool:
    return all(is_typed(without_entries(each), schema) for each in objects if each is not None)


def _with_entries_of(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> dict[str, Any]:
    kept = ((old or {}).get("metadata") or {}).get("managedFields")
    result = without_entries(new)
    return {**result, "metadata": {**result["metadata"], "managedFields": kept}} if kept else result


def _starting_entries(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> list[Entry] | None:
    """Return the entries before this write, None if the object is not tracked."""
    given = (new.get("metadata") or {}).get("managedFields")
    if given == [{}]:
        return None
    entries = decoded(new) or decoded(old) or []
    return entries if entries or old is None else None


def _joined(entries: Sequence[Entry], mine: Entry) -> list[Entry]:
    if not mine.fields:
        return list(entries)
    same = next((entry for entry in entries if entry.identity == mine.identity), None)
    if same is None:
        return [*entries, mine]
    rest = [entry for entry in entries if entry.identity != mine.identity]
    return [*rest, mine.with_fields(same.fields | mine.fields)]


def capped(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries capped at ten Update entries, as kube-apiserver does: the oldest are merged into one."""
    if len(entries) <= _MOST_UPDATERS:
        return list(entries)
    updaters = sorted((entry for entry in entries if entry.operation == UPDATE and entry.fields), key=lambda e: e.time)
    surplus = len(updaters) - _MOST_UPDATERS
    if surplus <= 0:
        return list(entries)
    oldest, kept = updaters[: surplus + 1], updaters[surplus + 1 :]
    joined: dict[str, Entry] = {}
    for entry in oldest:
        before = joined.get(entry.api_version)
        fields = before.fields | entry.fields if before else entry.fields
        joined[entry.api_version] = replace(entry, manager=_OLDEST, subresource="", fields=fields)
    return [*(entry for entry in entries if entry.operation != UPDATE), *joined.values(), *kept]
