"""Events between core/v1, in which they are stored, and events.k8s.io/v1.

The fields are the same ones under other names; the pairs are those of the real server's internal conversion.
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
    """Return an events.k8s.io/v1 Event with the field names of core/v1."""
    core = {_TO_CORE.get(name, name): value for name, value in event.items()}
    # In core/v1 these three are never left out.
    core.setdefault("reportingComponent", "")
    core.setdefault("reportingInstance", "")
    core.setdefault("involvedObject", {})
    return core


def from_core(event: dict[str, Any]) -> dict[str, Any]:
    """Return a core/v1 Event with the field names of events.k8s.io/v1."""
    event = {name: value for name, value in event.items() if value != "" or name not in _LEFT_OUT}
    return {_FROM_CORE.get(name, name): value for name, value in event.items()}
