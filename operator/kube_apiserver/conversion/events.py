"""Conversion of Events between core/v1, the storage version, and events.k8s.io/v1.

Both versions have the same fields under other names. The pairs follow kube-apiserver's internal conversion.
"""

from typing import Any

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


def to_core(event: dict[str, Any]) -> dict[str, Any]:
    """Convert an events.k8s.io/v1 Event to core/v1."""
    core = {_TO_CORE.get(name, name): value for name, value in event.items()}
    # core/v1 always writes these three fields.
    core.setdefault("reportingComponent", "")
    core.setdefault("reportingInstance", "")
    core.setdefault("involvedObject", {})
    return core


def from_core(event: dict[str, Any]) -> dict[str, Any]:
    """Convert a core/v1 Event to events.k8s.io/v1."""
    event = {name: value for name, value in event.items() if value != "" or name not in _LEFT_OUT}
    return {_FROM_CORE.get(name, name): value for name, value in event.items()}
