"""What changed in a typed object since it was read or written, as the merge patch of one half of the object.

An object with the subresource ``status`` has two halves, which are written apart. A write that leaves a changed half
out would lose the change without a word, so it is refused.
"""

import re
from collections.abc import Collection
from itertools import islice
from typing import TYPE_CHECKING

from plugin_operator.client.typed_documents import as_read, definition_of_kind
from plugin_operator.kube import Object
from plugin_operator.kube.objects import ApiObject, LossyWriteError
from plugin_operator.kube.objects.baselines import is_in_block, note_write, written
from plugin_operator.kube.objects.decoding import document_in, raw_of
from plugin_operator.kube.objects.differences.changes import changes
from plugin_operator.kube.objects.differences.merge_patches import difference, merged, paths_in
from plugin_operator.kube.objects.errors import FieldMisfit

if TYPE_CHECKING:
    from plugin_operator.kube.definitions import Definition

_STATUS = "status"
_VERSION = "resourceVersion"
_MOST_PATHS = 3
_INSTEAD = {
    None: "was changed, and update() does not write the status: change it after update(), and write it with "
    "update_status() or in a block ctx.status",
    _STATUS: "was changed, and update_status() writes the status alone: write it with update(), and change the status "
    "after that",
}


def changed_document(obj: ApiObject, subresource: str | None) -> Object:
    """Return the merge patch of what changed since ``obj`` was read or written, with its resource version.

    Args:
        obj: an object that was read.
        subresource: ``status``; None for the rest of the object.

    Returns:
        The patch; empty for no change.

    Raises:
        InvalidError: what changed breaks the schema of the class, a dict has a name that its class does not have, or
            something changed that this write does not send.
        LossyWriteError: the patch would lose something.
        ValueError: the object was never read, or its name changed; or its class has no status to write.
    """
    definition = definition_of_kind(obj)
    if subresource == _STATUS and not definition.has_status:
        raise ValueError(f"class {type(obj).__name__} has no field status")
    from plugin_operator.kube.definitions.write_check import check_names, check_patch  # as in typed_documents

    before = _baseline(obj)
    check_names(definition, before, obj, before)
    patch = _half(obj, definition, subresource)
    if not patch:
        return {}
    check_patch(definition, before, patch)
    if version := as_read(obj)["metadata"].get(_VERSION):
        patch["metadata"] = {**patch.get("metadata", {}), _VERSION: version}
    return patch


def note_changes(obj: ApiObject, patch: Object, answer: bytes) -> None:
    """Record that a patch of ``changed_document`` was written, and the JSON of the answer."""
    note_write(obj, merged(_baseline(obj), patch), answer)


def _baseline(obj: ApiObject) -> Object:
    found = written(obj)
    return found if found is not None else as_read(obj)


def _half(obj: ApiObject, definition: "Definition", subresource: str | None) -> Object:
    """Return the patch of one half.

    Raises:
        InvalidError: a field may not be None, or the other half changed; that may be a status which a block will write.
        LossyWriteError: the patch would lose something.
    """
    from plugin_operator.kube.definitions.write_check import misfit, other_half  # as in typed_documents

    names = set(obj.__struct_encode_fields__)
    status = {_STATUS} if definition.has_status else set()
    others = names - status if subresource == _STATUS else status
    compared = names - others if subresource is None and is_in_block(obj) else names
    try:
        patch = _since_written(obj, definition, compared)
        changed = list(islice(paths_in({key: patch.pop(key) for key in others & patch.keys()}), _MOST_PATHS))
    except LossyWriteError as error:
        if _top(error.path) not in others:
            raise
        changed = [error.path]
    except FieldMisfit as error:
        if _top(error.violation.path) not in others:
            raise misfit(definition, as_read(obj), error.violation) from error
        changed = [error.violation.path]
    if changed:
        raise other_half(definition, as_read(obj), changed, _INSTEAD[subresource])
    return patch


def _top(path: str) -> str:
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def _since_written(obj: ApiObject, definition: "Definition", names: Collection[str]) -> Object:
    """Return the merge patch of some fields of an object, its resource version aside."""
    patch, raw, before = changes(obj, definition.gvk, parts=names), raw_of(obj), written(obj)
    if before is not None and raw is not None:
        now = merged(document_in(raw), patch)
        patch = difference(*({key: each for key, each in one.items() if key in names} for one in (before, now)))
    metadata = {key: each for key, each in patch.pop("metadata", {}).items() if key != _VERSION}
    return {"metadata": metadata, **patch} if metadata else patch
