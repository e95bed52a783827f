"""Validation of ``distribution`` and ``shard_by``: how the worker processes of an operator divide the objects."""

from collections.abc import Mapping
from typing import Any

from plugin_operator.kube import builtin_resource
from plugin_operator.source_location import Place

SINGLE, SHARDED = "single", "sharded"
UID, NAMESPACE = "uid", "namespace"

#: Fields whose requests one process makes, and which therefore reach a part of the objects only.
_OF_ONE_PROCESS = ("schedules", "sources")


def distribution(value: Any) -> str:
    """Validate which processes run a controller."""
    return _one_of(value, SINGLE, SHARDED)


def shard_by(value: Any) -> str:
    """Validate what divides the objects; None leaves it to the operator."""
    return "" if value is None else _one_of(value, UID, NAMESPACE)


def resolved(values: Mapping[str, Any], place: Place) -> str:
    """Return what divides the objects of a controller; empty if one process reconciles all.

    It depends on nothing but the declaration, so that all processes divide alike.

    Raises:
        PluginRejected: the fields do not fit each other; the message names the field and the fix.
    """
    asked: str = values["shard_by"]
    if values["distribution"] == SINGLE:
        if asked:
            raise place.reject("shard_by", "divides nothing in one process: add distribution='sharded', or drop it")
        return ""
    for field in _OF_ONE_PROCESS:
        if values[field]:
            raise place.reject(
                field, "run in one process and would reach its objects only: use a controller of its own for them"
            )
    if values["cleanup"] is not None and (values["label_selector"] or values["field_selector"]):
        # What has left the selection is in no cache, so that no process would know that it is its own.
        raise place.reject("distribution", "takes no selector together with cleanup=: drop one of the three")
    has_namespace = _has_namespace(values)
    if asked == NAMESPACE and not has_namespace:
        raise place.reject("shard_by", f"{values['for_']} has no namespace: write shard_by='uid'")
    follows_others = bool(values["owns"] or values["watches"])
    return asked or (NAMESPACE if follows_others and has_namespace else UID)


def _has_namespace(values: Mapping[str, Any]) -> bool:
    """Report whether objects of the reconciled kind may have a namespace, as far as the declaration says."""
    if values["cls"] is not None:
        from plugin_operator.kube.definitions import definition_of  # plugins without typed objects do not need it

        return definition_of(values["cls"]).namespaced
    builtin = builtin_resource(values["for_"])
    return builtin is None or builtin.namespaced


def _one_of(value: Any, *known: str) -> str:
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"{value!r} is unknown: write {' or '.join(map(repr, known))}")
    return value
