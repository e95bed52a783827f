"""Events of both groups, which share one bucket.

core/v1 is the storage version. events.k8s.io/v1 has the same fields under other names. The pairs of names follow
kube-apiserver's internal conversion.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from msgspec import structs

from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import name_cell
from kube_apiserver.printer_columns.formats import age
from kube_apiserver.schema import Cause, is_qualified_name, messages
from kube_apiserver.strategies import Conversion, Object, SelectableField, Strategy, selectable
from kube_apiserver.validation.fixed_values import IMMUTABLE

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
#: What an update through events.k8s.io/v1 keeps, in the order in which kube-apiserver looks.
_KEPT = tuple(
    (name, "reportingComponent" if name == "reportingController" else name)
    for name in (
        *(
            "involvedObject",
            "reason",
            "message",
            "source",
            "firstTimestamp",
            "lastTimestamp",
            "count",
            "reason",
            "type",
        ),
        *("eventTime", "action", "related", "reportingController", "reportingInstance"),
    )
)
_LIMITS = {"reportingInstance": 128, "action": 128, "reason": 128, "message": 1024}
_TEXTS = frozenset({*_LIMITS, "type", "reportingComponent"})
_LEAST_OF_SERIES = 2
_INVOLVED = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")


def _validate(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of an Event; those of events.k8s.io/v1 have more rules, and keep all but the series."""
    is_new = obj.get("apiVersion") == "events.k8s.io/v1"
    event = obj if not is_new else _to_core(dict(obj))
    causes = [*_namespace_causes(event), *(_complete_causes(event, is_new) if event.get("eventTime") else ())]
    if not is_new:
        return causes
    if old is None:
        return [*causes, *_series_causes(event), *_new_causes(event)]
    before = _to_core(dict(old))
    if before.get("series") != event.get("series"):
        causes += _series_causes(event)
    changed = [(name, key) for name, key in _KEPT if (before.get(key) or None) != (event.get(key) or None)]
    return causes + [
        messages.invalid(name, event.get(key, "" if key in _TEXTS else None), IMMUTABLE) for name, key in changed
    ]


def _namespace_causes(event: Object) -> Iterator[Cause]:
    own, involved = event["metadata"].get("namespace", ""), (event.get("involvedObject") or {}).get("namespace") or ""
    if event.get("eventTime"):
        fits = bool(involved) or own in ("default", "kube-system")
    else:
        fits = (involved or "default") == own
    if not fits:
        yield messages.invalid("involvedObject.namespace", involved, "does not match event.namespace")


def _complete_causes(event: Object, is_new: bool) -> Iterator[Cause]:
    """Yield the errors of an Event that has a time: it must say who reports what."""
    reporting, name = event.get("reportingComponent") or "", "reportingController" if is_new else "reportingComponent"
    if not reporting:
        yield messages.required(name)
    yield from (messages.invalid(name, reporting, why) for why in is_qualified_name(reporting))
    for field, limit in _LIMITS.items():
        value = event.get(field) or ""
        if not value and field != "message":
            yield messages.required(field)
        if len(value.encode()) > limit:
            yield messages.invalid(field, "", f"can have at most {limit} characters")


def _series_causes(event: Object) -> Iterator[Cause]:
    series = event.get("series")
    if series is None:
        return
    if (series.get("count") or 0) < _LEAST_OF_SERIES:
        yield messages.invalid("series.count", "", f"should be at least {_LEAST_OF_SERIES}")
    if not series.get("lastObservedTime"):
        yield messages.required("series.lastObservedTime")


def _new_causes(event: Object) -> Iterator[Cause]:
    if not event.get("eventTime"):
        yield messages.required("eventTime")
    if (kind := event.get("type") or "") not in ("Normal", "Warning"):
        yield messages.invalid("type", "", f"has invalid value: {kind}")
    for field in ("firstTimestamp", "lastTimestamp", "count"):
        if event.get(field):
            yield messages.invalid(field, "", "needs to be unset")
    if any((event.get("source") or {}).values()):
        yield messages.invalid("source", "", "needs to be unset")


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
_NEW = structs.replace(
    _CORE,
    group="events.k8s.io",
    renamed_fields={"regarding": "involvedObject", "reportingController": "reportingComponent"},
    conversion=Conversion(_from_core, _to_core),
    stored_as=("events", "v1"),
)
STRATEGIES = (_CORE, _NEW)
