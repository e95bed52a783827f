"""Events of both groups, which share one bucket.

core/v1 is the storage version. events.k8s.io/v1 has the same fields under other names. The pairs of names follow
kube-apiserver's internal conversion.
"""

import dataclasses
from datetime import datetime
from typing import Any

from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import name_cell
from kube_apiserver.printer_columns.formats import age
from kube_apiserver.schema import Cause, messages
from kube_apiserver.strategies import Conversion, Object, SelectableField, Strategy, selectable

_PAIRS = (
    ("regarding", "involvedObject"),
    ("note", "message"),
    ("reportingController", "reportingComponent"),
    ("deprecatedSource", "source"),
    ("deprecatedFirstTimestamp", "firstTimestamp"),
    ("deprecatedLastTimestamp", "lastTimestamp"),
    ("deprecatedCount", "count"),
)
_LEFT_OUT = frozenset({"reportingComponent", "reportingInstance"})
_TO_CORE = dict(_PAIRS)
_FROM_CORE = {core: new for new, core in _PAIRS}
_INVOLVED = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")


def _validate(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of eventTime on create and the namespace of the involved object."""
    new = obj.get("apiVersion") == "events.k8s.io/v1"
    # An Event created through core/v1 may be updated through events.k8s.io/v1, which requires eventTime on create only.
    if new and not obj.get("eventTime") and old is None:
        return [Cause("eventTime", "FieldValueRequired", "Required value")]
    namespace, involved = obj["metadata"].get("namespace", ""), obj.get("regarding" if new else "involvedObject") or {}
    if (involved.get("namespace") or "default") != namespace:
        return [
            messages.invalid(
                "involvedObject.namespace", involved.get("namespace", ""), "does not match event.namespace"
            )
        ]
    return []


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of an Event of either group."""
    regarding = obj.get("involvedObject") or obj.get("regarding") or {}
    series = obj.get("series") or {}
    first = obj.get("firstTimestamp") or obj.get("deprecatedFirstTimestamp") or obj.get("eventTime")
    last = series.get("lastObservedTime") or obj.get("lastTimestamp") or obj.get("deprecatedLastTimestamp") or first
    count = series.get("count") or obj.get("count") or obj.get("deprecatedCount") or 1
    target = str(regarding.get("kind", "")).lower() + (f"/{regarding['name']}" if regarding.get("name") else "")
    text = str(obj.get("message") or obj.get("note") or "").strip()
    return [
        age(last, now),
        obj.get("type", ""),
        obj.get("reason", ""),
        target,
        regarding.get("fieldPath", ""),
        _shown_source(obj),
        text,
        age(first, now),
        count,
        name_cell(obj),
    ]


def _shown_source(obj: Object) -> str:
    source = obj.get("source") or obj.get("deprecatedSource") or {}
    parts = [source.get("component") or "", source.get("host") or ""]
    if not any(parts):
        component = obj.get("reportingComponent") or obj.get("reportingController") or ""
        parts = [component, obj.get("reportingInstance") or ""]
    return ", ".join(part for part in parts if part)


def _selected_source(obj: Object) -> str:
    source = obj.get("source") or {}
    return str(source.get("component") or obj.get("reportingComponent") or "")


def _to_core(event: dict[str, Any]) -> dict[str, Any]:
    """Convert an events.k8s.io/v1 Event to core/v1."""
    core = {_TO_CORE.get(name, name): value for name, value in event.items()}
    # core/v1 always writes these three fields.
    core.setdefault("reportingComponent", "")
    core.setdefault("reportingInstance", "")
    core.setdefault("involvedObject", {})
    return core


def _from_core(event: dict[str, Any]) -> dict[str, Any]:
    """Convert a core/v1 Event to events.k8s.io/v1."""
    event = {name: value for name, value in event.items() if value != "" or name not in _LEFT_OUT}
    return {_FROM_CORE.get(name, name): value for name, value in event.items()}


_CORE = Strategy(
    kind="Event",
    validate_with_old=_validate,
    error_group="",
    has_generation=False,
    created_by_update=True,
    columns=columns(
        "Last Seen|Type|Reason|Object|Subobject*1|Source*1|Message|First Seen*1|Count*1|Name/name*1", _cells
    ),
    selectable_fields={
        **selectable(*(f"involvedObject.{name}" for name in _INVOLVED), "reason", "reportingComponent", "type"),
        "source": SelectableField(read=_selected_source),
    },
    is_cached=False,
)
_NEW = dataclasses.replace(
    _CORE,
    group="events.k8s.io",
    renamed_fields={"regarding": "involvedObject", "reportingController": "reportingComponent"},
    conversion=Conversion(_from_core, _to_core),
    stored_as=("events", "v1"),
)
STRATEGIES = (_CORE, _NEW)
