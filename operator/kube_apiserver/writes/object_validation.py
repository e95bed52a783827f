"""Validation of an object before it is stored: its metadata, what an update may not change, and its kind."""

from typing import Any

from msgspec import structs

from kube_apiserver.decoding.numbers import stored_numbers
from kube_apiserver.decoding.pruning import prune
from kube_apiserver.defaulting.defaults import apply_defaults
from kube_apiserver.registry.resource import CustomVersion
from kube_apiserver.requests.request import Request
from kube_apiserver.schema import Cause
from kube_apiserver.strategies import Object, Strategy
from kube_apiserver.validation.correlation import aligned
from kube_apiserver.validation.embedded_objects import with_canonical_metadata
from kube_apiserver.validation.objects import evaluate_rules, repeated_causes, validate
from kube_apiserver.validation.scale_values import scale_value_causes
from kube_apiserver.wire.status_error import invalid
from kube_apiserver.writes.empty_metadata import without_empty_metadata
from kube_apiserver.writes.empty_values import shown_as_sent, with_empty_values
from kube_apiserver.writes.metadata import metadata_causes, reported

_REPEATED = "FieldValueDuplicate"


def validated(
    request: Request, obj: dict[str, Any], old: dict[str, Any] | None = None, *, applied: bool = False
) -> dict[str, Any]:
    """Validate an object: its metadata, the rules of its kind or of its CRD, immutable fields.

    Returns:
        The object as it is stored: an applied one pruned, and with its numbers as Go writes them.

    Raises:
        StatusError: 422, with all field errors.
    """
    resource, strategy, subresource = request.resource, request.resource.strategy, request.target.subresource
    whole, obj = obj, with_empty_values(obj, request.as_sent, strategy.sees_empty)
    causes = metadata_causes(resource, obj, old)
    changed: list[Cause] = []
    if old is not None and strategy.validate_update is not None and subresource not in strategy.freely_written:
        changed = strategy.validate_update(old, obj)
    own: list[Cause] = []
    if resource.custom is not None:
        own = _custom_causes(request, resource.custom, obj, old)
    elif subresource != "status":
        own = _kind_causes(strategy, obj, old)
    elif strategy.validate_status is not None:
        own = strategy.validate_status(obj, old or {})
    causes += changed + own if strategy.validates_change_first else own + changed
    if causes:
        sent, schema = request.as_sent, resource.schema
        causes = [shown_as_sent(each, sent, schema, shows_bytes=not applied) for each in reported(resource, causes)]
        group = resource.group if strategy.error_group is None else strategy.error_group
        raise invalid(resource.kind, group, obj["metadata"].get("name", ""), causes)
    if strategy.warn is not None:
        request.warnings.extend(strategy.warn(obj, old))
    return whole if resource.custom is None else _as_stored(resource.custom, whole, applied=applied)


def _kind_causes(strategy: Strategy, obj: Object, old: Object | None) -> list[Cause]:
    causes = strategy.validate(obj) if strategy.validate is not None else []
    return causes if strategy.validate_with_old is None else causes + strategy.validate_with_old(obj, old)


def _custom_causes(
    request: Request, custom: CustomVersion, obj: dict[str, Any], old: dict[str, Any] | None
) -> list[Cause]:
    writes_status = request.target.subresource == "status"
    found = validate(obj, custom.schema)
    if found and old is not None:
        # Ratcheting: errors that the stored object has already do not reject the update.
        before = validate(aligned(old, obj, custom.schema), custom.schema)
        found = [cause for cause in found if cause not in before or cause.reason == _REPEATED]
        if repeated_causes(old, custom.schema):
            found = [cause for cause in found if cause.reason != _REPEATED]
    if writes_status:
        found = [_of_status(cause) for cause in found]
    evaluation = evaluate_rules(obj, old, custom.schema, found)
    request.warnings.extend(evaluation.warnings)
    return found + evaluation.causes + _scale_causes(custom, obj, writes_status=writes_status)


def _scale_causes(custom: CustomVersion, obj: dict[str, Any], *, writes_status: bool) -> list[Cause]:
    paths = custom.scale
    if paths is None:
        return []
    spec_replicas = "" if writes_status else paths.spec_replicas
    return scale_value_causes(obj, spec_replicas, paths.status_replicas, paths.label_selector)


def _of_status(cause: Cause) -> Cause:
    """Return a field error as kube-apiserver words it for a custom resource's status, which it validates separately."""
    if cause.field != "status":
        return cause
    return structs.replace(cause, message=cause.message.replace("status in body", " in body"))


def _as_stored(custom: CustomVersion, obj: dict[str, Any], *, applied: bool) -> dict[str, Any]:
    if applied:
        pruned = with_canonical_metadata(without_empty_metadata(prune(obj, custom.schema)[0]), custom.schema)
        obj = apply_defaults(pruned, custom.schema)
    whole: dict[str, Any] = stored_numbers(obj)
    return whole
