"""Writes of typed objects: the changes as a merge patch in place of the whole object.

Owns the requests of these writes. Leaves their documents to ``typed_changes``.
"""

from typing import TypeVar

from plugin_operator.client.answers import object_in
from plugin_operator.client.object_requests import PATCH_TYPES, ObjectRequests
from plugin_operator.client.typed_changes import changed_document, note_changes
from plugin_operator.client.typed_documents import kind_of
from plugin_operator.kube.objects import ApiObject
from plugin_operator.kube.objects.baselines import latest
from plugin_operator.kube.objects.decoding import decode, raw_of

A = TypeVar("A", bound=ApiObject)


async def write_changes(
    requests: ObjectRequests, obj: A, subresource: str | None, *, field_manager: str | None, dry_run: bool
) -> A:
    """Send what changed since ``obj`` was read or written, and return the stored object; nothing without a change.

    What was written is no change any more in the next write of ``obj``.

    Args:
        requests: sends the patch.
        obj: an object that was read.
        subresource: ``status``; None for the rest of the object.
        field_manager: owner of the fields instead of the default one.
        dry_run: the server stores nothing.

    Raises:
        ConflictError: the object has changed since it was read.
        InvalidError: what changed breaks the schema, or something changed that this write does not send.
        LossyWriteError: the patch would lose something.
        ValueError: the object was never read, or ``field_manager`` is not valid.
    """
    query = requests.manager(field_manager, dry_run)
    patch, gvk, raw = changed_document(obj, subresource), kind_of(obj), latest(obj)
    if raw is not None and not patch:
        return decode(type(obj), gvk, raw)
    resource = await requests.resource(gvk)
    path = requests.path(resource, obj.metadata.name, obj.metadata.namespace or None, subresource)
    body = await requests.send("PATCH", path, patch, query=query, content_type=PATCH_TYPES["merge"])
    stored: A = object_in(type(obj), body, resource if subresource is None else None)
    answer = raw_of(stored)
    if answer is not None and not dry_run:
        note_changes(obj, patch, answer)
    return stored
