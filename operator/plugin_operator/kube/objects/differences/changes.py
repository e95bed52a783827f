"""The merge patch (RFC 7386) from an object as it was read to the object as it is now.

The bytes are decoded again and compared by value, so that a field which did not change is never written. Unknown fields
of structs and maps are left out of the patch, and survive. A field that the bytes lack is written if it was assigned,
also with its default; built-in kinds leave such fields out. A list is replaced as a whole, which would lose the unknown
fields of its items: that is an error. kube-apiserver drops nulls from the objects of a list in a merge patch.
"""

from collections.abc import Collection, Sequence
from itertools import zip_longest
from typing import Any

import msgspec

from plugin_operator.kube.gvk import GroupVersionKind
from plugin_operator.kube.metadata import Object
from plugin_operator.kube.objects.api_object import ApiObject
from plugin_operator.kube.objects.comparison import same
from plugin_operator.kube.objects.decoding import decode, document_in, raw_of
from plugin_operator.kube.objects.differences.list_items import as_read
from plugin_operator.kube.objects.differences.losses import check_known, check_nulls
from plugin_operator.kube.objects.differences.origins import Origins
from plugin_operator.kube.objects.differences.statements import states_beyond, states_field
from plugin_operator.kube.objects.errors import IN_PLACE_OF_NULL, LossyWriteError
from plugin_operator.kube.objects.fields import Field, fields_of
from plugin_operator.kube.objects.wire import at_field, at_key, key_of, to_wire

_UNCHANGED = msgspec.UNSET
_ELSEWHERE = msgspec.NODEFAULT  # in place of an item that was read elsewhere: it equals none


def changes(obj: ApiObject, gvk: GroupVersionKind, *, parts: Collection[str]) -> Object:
    """Return the merge patch of what changed since ``obj`` was read; empty for nothing.

    Args:
        obj: an object that was read.
        gvk: kind of its class.
        parts: wire names of the fields of the object that the patch covers, for example ``spec``.

    Raises:
        FieldMisfit: a field is None, and its class does not allow that.
        LossyWriteError: the patch would lose something.
        ValueError: the object was never read, or its name or namespace changed.
        TypeError: a value cannot be written.
    """
    raw = raw_of(obj)
    if raw is None:
        raise ValueError(
            f"{gvk.kind} {obj.metadata.name!r} was never read, so what changed is unknown: read it with get(), or "
            "write it with create() or apply()"
        )
    before = decode(type(obj), gvk, raw)
    _check_name(before, obj)
    document = document_in(raw)
    fields = [field for field in fields_of(type(obj)) if field.wire in parts]
    return _changed_fields(fields, before, obj, document, "", Origins(before, obj, document))


def _check_name(before: ApiObject, now: ApiObject) -> None:
    for field in ("name", "namespace"):
        old, new = getattr(before.metadata, field), getattr(now.metadata, field)
        if old != new:
            raise ValueError(f"metadata.{field} was {old!r} and is {new!r}: an object keeps it; create another object")


def _changed(before: Any, now: Any, raw: Any, path: str, origins: Origins) -> Any:
    """Return the patch of one value that is not null; ``_UNCHANGED`` for none.

    Args:
        before: the value that was read.
        now: the value to write.
        raw: the JSON that ``before`` was decoded from; None if it was absent.
        path: path of the value.
        origins: what was read elsewhere.
    """
    if isinstance(raw, dict):
        if isinstance(now, msgspec.Struct) and type(before) is type(now):
            if origins.moved(before, raw, now, path):
                return _replaced(raw, to_wire(now, path, merging=origins))
            return _changed_fields(fields_of(type(now)), before, now, raw, path, origins) or _UNCHANGED
        if isinstance(now, dict) and isinstance(before, dict):
            return _changed_entries(before, now, raw, path, origins) or _UNCHANGED
    if _is_as_read(before, now, raw, path, origins):
        return _UNCHANGED
    if isinstance(now, list | tuple):
        return _list(before, now, raw, path, origins)
    if isinstance(now, dict):
        return _restated(before, raw, to_wire(now, path, merging=origins), path)
    known = to_wire(before, path) if isinstance(raw, dict) and type(before) is type(now) else raw  # of a dataclass
    return _replaced(known, to_wire(now, path, merging=origins))


def _changed_fields(
    fields: Sequence[Field], before: msgspec.Struct, now: msgspec.Struct, raw: Object, path: str, origins: Origins
) -> Object:
    patch: Object = {}
    for field in fields:
        old, new = getattr(before, field.name), getattr(now, field.name)
        at = at_field(path, field.wire)
        if new is None or new is msgspec.UNSET:
            if same(old, new):
                continue
            if not same(new, field.default()):
                field.check_absence(new, at)
                raise LossyWriteError(
                    at, f"a merge patch cannot write {'null' if new is None else 'UNSET'} here", IN_PLACE_OF_NULL
                )
            if isinstance(old, list | tuple):
                check_known(old, raw.get(field.wire), at)
            patch[field.wire] = None
            continue
        found = _changed(old, new, raw.get(field.wire), at, origins)
        if found is _UNCHANGED and states_field(now, field, raw):
            found = to_wire(new, at, merging=origins)
        if found is not _UNCHANGED:
            patch[field.wire] = found
    return patch


def _changed_entries(before: dict[Any, Any], now: dict[Any, Any], raw: Object, path: str, origins: Origins) -> Object:
    patch: Object = {key_of(key): None for key in before if key not in now}
    for key, new in now.items():
        at = at_key(path, key)
        if key in before and _is_as_read(before[key], new, raw.get(key_of(key)), at, origins):
            continue
        if new is None:
            raise LossyWriteError(at, "a merge patch cannot write null: it removes the entry", IN_PLACE_OF_NULL)
        found = _changed(before.get(key), new, raw.get(key_of(key)), at, origins)
        if found is not _UNCHANGED:
            patch[key_of(key)] = found
    return patch


def _is_as_read(before: Any, now: Any, raw: Any, path: str, origins: Origins) -> bool:
    return same(before, now) and not states_beyond(now, raw) and not origins.brings(now, path)


def _replaced(raw: Any, new: Any) -> Any:
    """Return the patch from ``raw`` to ``new``, both JSON: a merge patch alone would keep old keys at every depth."""
    if not isinstance(raw, dict) or not isinstance(new, dict):
        return new
    gone: Object = {key: None for key in raw if key not in new}
    return gone | {key: _replaced(raw.get(key), each) for key, each in new.items()}


def _restated(before: Any, raw: Any, new: Any, path: str) -> Any:
    """Return the patch from ``raw`` to a dict in the place of a struct: what no class knows stays."""
    members = _members(before)
    if members is None or not isinstance(raw, dict) or not isinstance(new, dict):
        if isinstance(before, list | tuple) and not same(raw, new):
            check_known(before, raw, path)
        return _replaced(raw, new)
    gone = [key for key in raw if key in members and key not in new]
    return {key: _restated(members.get(key), raw.get(key), new.get(key), at_field(path, key)) for key in (*new, *gone)}


def _members(value: Any) -> dict[str, Any] | None:
    """Return the fields of a struct, or the entries of a map, by their keys on the wire; None for another value."""
    if isinstance(value, msgspec.Struct):
        return {field.wire: getattr(value, field.name) for field in fields_of(type(value))}
    return {key_of(key): each for key, each in value.items()} if isinstance(value, dict) else None


def _list(before: Any, now: Sequence[Any], raw: Any, path: str, origins: Origins) -> list[Any]:
    """Return the whole list. An item that was read goes back as it was: its notation may hold more than its value."""
    old = list(zip_longest(before, raw)) if isinstance(before, list | tuple) and isinstance(raw, list) else []
    for index, (item, item_raw) in enumerate(old):
        check_known(item, item_raw, f"{path}[{index}]")
    places = [f"{path}[{index}]" for index in range(len(now))]
    stayed = [_ELSEWHERE if origins.brings(*each) else each[0] for each in zip(now, places, strict=True)]
    items = []
    for item, at, known in zip(now, places, as_read(old, stayed, path), strict=True):
        if known is None or states_beyond(item, known.raw):
            items.append(to_wire(item, at, merging=origins))
            continue
        if known.is_surplus:
            origins.check_copy(item, known.raw, at)
        check_nulls(known.value, known.raw, at)
        items.append(known.raw)
    return items
