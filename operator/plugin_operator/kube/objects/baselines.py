"""The baseline of an object: what the server has of it, as far as this process knows. A write sends the difference.

A write leaves its argument as it was. So the same object may be changed and written again: its spec, and then its
status. What was written is part of the baseline from then on. What the server added to it is not: the object in the
author's hands does not have it, and the next write would remove it.
"""

from typing import NamedTuple

import msgspec

from plugin_operator.kube.metadata import Object
from plugin_operator.kube.objects.api_object import ApiObject
from plugin_operator.kube.objects.decoding import document_in, keep_raw, raw_of
from plugin_operator.kube.objects.struct import BLOCKS, WRITTEN

_STATUS = "status"


class _Written(NamedTuple):
    """What was written since an object was read.

    Attributes:
        document: the object as it was read, with all that was written.
        answer: JSON of the last answer.
    """

    document: Object
    answer: bytes


def written(obj: ApiObject) -> Object | None:
    """Return the object as it was read, with all that was written since; None if nothing was."""
    found = _written(obj)
    return found.document if found is not None else None


def baseline(obj: ApiObject) -> bytes | None:
    """Return the JSON that the next write compares an object with; None for one that was never read."""
    found = _written(obj)
    return msgspec.json.encode(found.document) if found is not None else raw_of(obj)


def latest(obj: ApiObject) -> bytes | None:
    """Return the JSON of the last answer about an object, or what it was decoded from; None for one never read."""
    found = _written(obj)
    return found.answer if found is not None else raw_of(obj)


def note_write(obj: ApiObject, document: Object, answer: bytes) -> None:
    """Record that a write made ``document`` of an object, and what the server answered."""
    obj.__dict__[WRITTEN] = _Written(document, answer)


def move_to(obj: ApiObject, raw: bytes) -> None:
    """Let later writes compare an object, which was updated from an answer, with this answer."""
    obj.__dict__.pop(WRITTEN, None)
    keep_raw(obj, raw)


def move_status(obj: ApiObject, status: Object, answer: Object | None = None) -> None:
    """Let later writes compare the status of an object, which was replaced, with ``status``.

    Args:
        obj: an object that was read.
        status: its new status.
        answer: the object of the server, if it differs from the last answer in the status alone.
    """
    raw, found = raw_of(obj), _written(obj)
    if raw is None:
        return
    if found is not None:
        document = _with_status(found.document, status)
        note_write(obj, document, found.answer if answer is None else msgspec.json.encode(answer))
        answer = None
    now = _with_status(document_in(raw), status) if answer is None else answer
    keep_raw(obj, msgspec.json.encode(now))


def open_block(obj: ApiObject) -> None:
    """Record that a block is changing the status of an object, and will write it."""
    obj.__dict__[BLOCKS] = obj.__dict__.get(BLOCKS, 0) + 1


def close_block(obj: ApiObject) -> None:
    """Record the end of a block."""
    obj.__dict__[BLOCKS] -= 1


def is_in_block(obj: ApiObject) -> bool:
    """Report whether a block is changing the status of an object."""
    return bool(obj.__dict__.get(BLOCKS))


def _written(obj: ApiObject) -> _Written | None:
    return obj.__dict__.get(WRITTEN)


def _with_status(document: Object, status: Object) -> Object:
    if not status and _STATUS not in document:
        return document
    return {**document, _STATUS: status}
