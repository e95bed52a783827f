"""Validation of ``metadata`` for all kinds, following apimachinery's ``ValidateObjectMeta``."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from kube_apiserver import codec
from kube_apiserver.decoding.canonical_form import canonical_time
from kube_apiserver.decoding.decoder import value_error
from kube_apiserver.registry import ServedResource
from kube_apiserver.schema import Cause, is_qualified_name, messages
from kube_apiserver.schema.builtin_schemas import from_definition
from kube_apiserver.schema.names import is_path_segment
from kube_apiserver.strategies import Strategy
from kube_apiserver.validation.label_selectors import label_causes
from kube_apiserver.validation.object_meta import annotation_causes, owner_causes

Object = Mapping[str, Any]
# The groups whose kinds have no declared rules.
_UNDECLARED = frozenset({"apiextensions.k8s.io", "apiregistration.k8s.io"})
# Its kind is checked as for a create in every update, too.
_DEFINITIONS = "apiextensions.k8s.io"
_CHECKED_TWICE = "apiregistration.k8s.io"
_TIME = "io.k8s.apimachinery.pkg.apis.meta.v1.Time"
_STANDARD_FINALIZERS = frozenset({"kubernetes", "orphan", "foregroundDeletion"})


def metadata_causes(resource: ServedResource, new: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of an object's metadata. ``old`` is the stored object, None on create."""
    metadata = new["metadata"]
    causes = label_causes(metadata.get("labels") or {}, "metadata.labels")
    causes += annotation_causes(metadata.get("annotations") or {}, "metadata")
    causes += owner_causes(metadata.get("ownerReferences") or (), "metadata")
    finalizers = _finalizer_causes(resource, metadata.get("finalizers") or ())
    by_content = [] if old is None else _prefix_causes(metadata.get("generateName") or "")
    by_content += _content_causes(resource.strategy, new)
    if old is None:
        return [*_name_causes(resource.strategy, metadata), *by_content, *causes, *finalizers]
    update = [*_late_finalizers(old["metadata"], metadata), *_immutable_causes(old["metadata"], metadata), *causes]
    if resource.group == _CHECKED_TWICE:
        return [*causes, *finalizers, *update, *update, *by_content, *causes]
    # Both the registry and the strategy of a custom object or a definition check an update.
    again = update if resource.custom is not None or resource.group == _DEFINITIONS else []
    if (why := _unreadable_time(metadata)) is not None:
        again = [messages.invalid("metadata", codec.decode(codec.encode_sorted(metadata)), why)]
    return [*by_content, *causes, *finalizers, *update, *again]


def _unreadable_time(metadata: Object) -> str | None:
    """Return the decoder's message for the deletionTimestamp of an applied custom object."""
    known = from_definition(_TIME)
    return value_error(metadata.get("deletionTimestamp"), known, "") if known is not None else None


def _prefix_causes(prefix: str) -> list[Cause]:
    """Return the field errors of a prefix in an update, which the registry judges alike for all kinds."""
    problems = is_path_segment(prefix) if prefix not in {".", ".."} else []
    return [messages.invalid("metadata.generateName", prefix, why) for why in problems]


def _immutable_causes(old: Object, new: Object) -> Iterator[Cause]:
    """Yield an error of each field that only the server writes, and that an update would change."""
    for name in ("uid", "deletionTimestamp", "deletionGracePeriodSeconds"):
        if name == "deletionTimestamp" and _unreadable_time(new) is not None:
            continue
        if (value := new.get(name)) is not None and value != old.get(name):
            with contextlib.suppress(ValueError, OverflowError):  # a year in UTC that Python does not know
                value = canonical_time(value, micro=False) if isinstance(value, str) and name != "uid" else value
            yield messages.invalid(f"metadata.{name}", value, "field is immutable")


def _name_causes(strategy: Strategy, metadata: Object) -> list[Cause]:
    causes = []
    name, prefix = metadata.get("name", ""), metadata.get("generateName", "")
    if prefix:
        # A prefix may end with characters that a name cannot end with.
        problems = strategy.prefix_problems(prefix.rstrip("-.") or prefix)
        causes += [messages.invalid("metadata.generateName", prefix, why) for why in problems]
    if not name:
        message = "Required value: name or generateName is required"
        return [*causes, Cause("metadata.name", "FieldValueRequired", message)]
    return causes + [messages.invalid("metadata.name", name, why) for why in strategy.name_problems(name)]


def _content_causes(strategy: Strategy, obj: Object) -> list[Cause]:
    name = obj["metadata"].get("name", "")
    if strategy.name_of_content is None or not name:
        return []
    return [messages.invalid("metadata.name", name, why) for why in strategy.name_of_content(obj)]


def _finalizer_causes(resource: ServedResource, finalizers: Any) -> list[Cause]:
    causes = []
    for finalizer in finalizers:
        causes += [messages.invalid("metadata.finalizers", finalizer, why) for why in is_qualified_name(finalizer)]
    if resource.custom is not None:
        return causes
    unqualified = "name is neither a standard finalizer name nor is it fully qualified"
    return causes + [
        messages.invalid(f"metadata.finalizers[{index}]", finalizer, unqualified)
        for index, finalizer in enumerate(finalizers)
        if "/" not in finalizer and finalizer not in _STANDARD_FINALIZERS
    ]


def reported(resource: ServedResource, causes: list[Cause]) -> list[Cause]:
    """Return errors in the order in which they are reported: the declared ones last, and of equal ones the first.

    Only built-in kinds with declared rules drop the others.
    """
    if resource.custom is None and resource.group not in _UNDECLARED:
        causes = list(dict.fromkeys(causes))
    return sorted(causes, key=lambda cause: cause.is_declared)


def _late_finalizers(old: Object, new: Object) -> list[Cause]:
    if not old.get("deletionTimestamp"):
        return []
    added = [name for name in new.get("finalizers") or () if name not in (old.get("finalizers") or ())]
    if not added:
        return []
    listed = ", ".join(f'"{name}"' for name in added)
    message = (
        "Forbidden: no new finalizers can be added if the object is being deleted, "
        f"found new finalizers []string{{{listed}}}"
    )
    return [Cause("metadata.finalizers", "FieldValueForbidden", message)]
