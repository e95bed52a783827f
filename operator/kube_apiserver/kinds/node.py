"""RuntimeClasses."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, name_cell
from kube_apiserver.schema import Cause, is_dns1123_label, messages
from kube_apiserver.strategies import Object, Strategy
from kube_apiserver.validation.containers.resources import resource_causes
from kube_apiserver.validation.fixed_values import IMMUTABLE
from kube_apiserver.validation.label_selectors import label_causes
from kube_apiserver.validation.pods.scheduling import toleration_causes


def _validate(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of handler, which stays, overhead, and nodeSelector and tolerations of scheduling."""
    handler, overhead, scheduling = obj.get("handler") or "", obj.get("overhead"), obj.get("scheduling") or {}
    is_changed = old is not None and old.get("handler") != handler
    problems = [messages.invalid("handler", handler, why) for why in is_dns1123_label(handler)]
    causes = problems if handler else [messages.required("handler")]
    if not is_changed:
        # A changed handler is refused before its declared rules are looked at.
        causes = [messages.declared(cause) for cause in causes]
    if overhead is not None:
        causes += resource_causes({"limits": overhead.get("podFixed") or {}}, frozenset(), "overhead")
    causes += label_causes(scheduling.get("nodeSelector") or {}, "scheduling.nodeSelector")
    causes += _tolerations(scheduling.get("tolerations") or (), "scheduling.tolerations")
    return [*causes, messages.declared(messages.invalid("handler", None, IMMUTABLE))] if is_changed else causes


def _tolerations(tolerations: Sequence[Object], path: str) -> Iterator[Cause]:
    yield from toleration_causes(tolerations, path)
    for position, each in enumerate(tolerations):
        if any(_identity(each) == _identity(other) for other in tolerations[:position]):
            shown = {name: each.get(name[0].lower() + name[1:], "") for name in ("Key", "Operator", "Value", "Effect")}
            shown["TolerationSeconds"] = each.get("tolerationSeconds")
            yield messages.duplicate(f"{path}[{position}]", shown)


def _identity(toleration: Object) -> tuple[str, ...]:
    return tuple(toleration.get(name) or "" for name in ("key", "operator", "value", "effect"))


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a RuntimeClass."""
    return [name_cell(obj), obj.get("handler", ""), age_cell(obj, now)]


STRATEGIES = (
    Strategy(
        group="node.k8s.io",
        kind="RuntimeClass",
        validate_with_old=_validate,
        has_generation=False,
        unconditional_update=False,
        created_by_update=True,
        columns=columns("Name/name|Handler|Age", _cells),
    ),
)
