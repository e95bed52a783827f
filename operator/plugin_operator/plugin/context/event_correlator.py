"""Aggregation and rate limits of Events.

The rules are those of client-go's event correlator (``tools/record/events_cache.go``). Equal events increment a count;
similar events become one "combined from similar events"; each object has a rate limit.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

import msgspec

from plugin_operator.client.models import Model, is_model, to_dict
from plugin_operator.client.typed_documents import kind_of
from plugin_operator.clock import Clock
from plugin_operator.kube import GroupVersionKind
from plugin_operator.kube.objects import ApiObject
from plugin_operator.kube.timestamps import timestamp
from plugin_operator.plugin.context.typed_objects import Metadata, metadata_of

_REMEMBERED = 4096
_SIMILAR_MAX = 10
_SIMILAR_WINDOW_SECONDS = 600.0
_BURST = 25
_REFILL_SECONDS = 300.0
_MESSAGE_MAX = 1024
_COMBINED = "(combined from similar events): "


class Reference(msgspec.Struct, frozen=True):
    """Reference to the involved object of an event."""

    api_version: str
    kind: str
    namespace: str
    name: str
    uid: str
    resource_version: str

    @classmethod
    def to(cls, obj: Mapping[str, Any] | ApiObject | Model) -> Self:
        """Return a reference to an object, or convert one (``v1.ObjectReference``).

        Args:
            obj: a dict, a typed object, or a model with a kind, as the client returns it.

        Raises:
            KeyError, ValueError: kind or name is missing.
        """
        fields: Any = _reference_fields(obj) if is_model(obj) or isinstance(obj, ApiObject) else obj
        metadata = fields.get("metadata", fields)
        gvk = GroupVersionKind.of(fields)
        return cls(
            gvk.api_version,
            gvk.kind,
            metadata.get("namespace") or "",
            metadata["name"],
            metadata.get("uid") or "",
            metadata.get("resourceVersion") or "",
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


def _reference_fields(model: Any) -> dict[str, Any]:
    """Return the reference fields of a typed object; converting a whole model takes a hundred times as long."""
    if isinstance(model, ApiObject):
        gvk = kind_of(model)
        return {"apiVersion": gvk.api_version, "kind": gvk.kind, **_in_metadata(metadata_of(model))}
    metadata = metadata_of(model) if hasattr(model, "metadata") else None
    if metadata is None:
        return to_dict(model)
    return {
        "apiVersion": model.api_version,
        "kind": model.kind,
        **_in_metadata(metadata),
    }


def _in_metadata(metadata: Metadata) -> dict[str, Any]:
    return {
        "name": metadata.name,
        "namespace": metadata.namespace,
        "uid": metadata.uid,
        "resourceVersion": metadata.resource_version,
    }


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One call of ``event()``.

    Attributes:
        plugin: plugin of an event of the operator itself; each plugin has a rate limit of its own.
        whose: fields of log lines about the event: plugin, controller, ``reconcile_id``.
    """

    component: str
    about: Reference
    type: str
    reason: str
    message: str
    plugin: str = ""
    whose: Mapping[str, str] = field(default_factory=dict, compare=False)


class Series:
    """One Event object and the number of its occurrences.

    Attributes:
        waiting: whether the series is in the buffer.
        written: whether the API server has the Event.
    """

    __slots__ = ("_first_seen", "_instance", "_last_seen", "count", "first", "message", "name", "waiting", "written")

    def __init__(self, first: Occurrence, instance: str, now: datetime) -> None:
        self.first = first
        self.message = first.message[:_MESSAGE_MAX]
        self.count = 1
        self.waiting = False
        self.written = False
        self._instance = instance
        self._first_seen = self._last_seen = now
        stamp = f"{now.isoformat()}{first.component}{first.about}{first.reason}{first.message}"
        self.name = f"{first.about.name[:220]}.{hashlib.sha256(stamp.encode()).hexdigest()[:16]}"

    @property
    def namespace(self) -> str:
        """Namespace of the Event: that of its object, or ``default`` for a cluster-scoped one."""
        return self.first.about.namespace or "default"

    def again(self, occurrence: Occurrence, now: datetime, prefix: str) -> None:
        """Count one more occurrence."""
        self.count += 1
        self._last_seen = now
        self.message = (prefix + occurrence.message)[:_MESSAGE_MAX]

    def patch(self) -> dict[str, Any]:
        """Return the merge patch with count and time of the last occurrence."""
        return {"count": self.count, "lastTimestamp": timestamp(self._last_seen), "message": self.message}

    def manifest(self) -> dict[str, Any]:
        """Return the complete ``v1/Event``."""
        about = self.first.about
        reference = {
            "apiVersion": about.api_version,
            "kind": about.kind,
            "namespace": about.namespace,
            "name": about.name,
            "uid": about.uid,
            "resourceVersion": about.resource_version,
        }
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": self.name, "namespace": self.namespace},
            "involvedObject": {key: value for key, value in reference.items() if value},
            "type": self.first.type,
            "reason": self.first.reason,
            "message": self.message,
            "source": {"component": self.first.component, "host": self._instance},
            "reportingComponent": self.first.component,
            "reportingInstance": self._instance,
            "firstTimestamp": timestamp(self._first_seen),
            "lastTimestamp": timestamp(self._last_seen),
            "count": self.count,
        }


class EventCorrelator:
    """Maps occurrences to series; stores a bounded number of series and objects."""

    __slots__ = ("_allowance", "_clock", "_instance", "_series", "_similar")

    def __init__(self, instance: str, clock: Clock) -> None:
        self._instance = instance
        self._clock = clock
        self._series: OrderedDict[Any, Series] = OrderedDict()
        self._similar: OrderedDict[Any, tuple[float, set[str]]] = OrderedDict()
        self._allowance: OrderedDict[Any, tuple[float, float]] = OrderedDict()

    def add(self, occurrence: Occurrence) -> Series | None:
        """Return the series of ``occurrence``, or None if its object exceeds its rate limit."""
        if not self._allow((occurrence.component, occurrence.plugin, occurrence.about.kind, occurrence.about.namespace,
                            occurrence.about.name, occurrence.about.uid)):  # fmt: skip
            return None
        combined = self._is_one_of_many(occurrence)
        about = occurrence.about
        key = (occurrence.component, occurrence.plugin, about.kind, about.namespace, about.name, about.uid,
               occurrence.type, occurrence.reason, None if combined else occurrence.message)  # fmt: skip
        series = self._series.get(key)
        prefix = _COMBINED if combined else ""
        if series is None:
            series = _remember(self._series, key, Series(occurrence, self._instance, self._clock.now()))
            series.message = (prefix + occurrence.message)[:_MESSAGE_MAX]
        else:
            series.again(occurrence, self._clock.now(), prefix)
            self._series.move_to_end(key)
        return series

    def _is_one_of_many(self, occurrence: Occurrence) -> bool:
        about = occurrence.about
        key = (occurrence.component, occurrence.plugin, about.kind, about.namespace, about.name, about.uid,
               occurrence.reason)  # fmt: skip
        now = self._clock.monotonic()
        seen_at, messages = self._similar.get(key, (now, set()))
        if now - seen_at > _SIMILAR_WINDOW_SECONDS:
            messages = set()
        if len(messages) < _SIMILAR_MAX:
            messages.add(occurrence.message)
        _remember(self._similar, key, (now, messages))
        return len(messages) >= _SIMILAR_MAX and occurrence.message not in messages

    def _allow(self, key: Any) -> bool:
        now = self._clock.monotonic()
        tokens, at = self._allowance.get(key, (float(_BURST), now))
        tokens = min(float(_BURST), tokens + (now - at) / _REFILL_SECONDS)
        allowed = tokens >= 1
        _remember(self._allowance, key, (tokens - 1 if allowed else tokens, now))
        return allowed


def _remember(memory: "OrderedDict[Any, Any]", key: Any, value: Any) -> Any:
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > _REMEMBERED:
        memory.popitem(last=False)
    return value
