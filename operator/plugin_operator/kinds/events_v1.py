"""The kinds of events/v1. Made by ``make kinds``: do not edit."""

from msgspec import field

from plugin_operator.kinds import core_v1
from plugin_operator.kube.definitions import builtin_kind
from plugin_operator.kube.objects import BuiltinObject, Struct


class EventSeries(Struct):
    count: int = 0
    last_observed_time: str | None = None


@builtin_kind("events.k8s.io/v1/Event", "events", short_names=("ev",))
class Event(BuiltinObject):
    event_time: str | None = None
    series: EventSeries | None = None
    reporting_controller: str = ""
    reporting_instance: str = ""
    action: str = ""
    reason: str = ""
    regarding: core_v1.ObjectReference = field(default_factory=core_v1.ObjectReference)
    related: core_v1.ObjectReference | None = None
    note: str = ""
    type: str = ""
    deprecated_source: core_v1.EventSource = field(default_factory=core_v1.EventSource)
    deprecated_first_timestamp: str | None = None
    deprecated_last_timestamp: str | None = None
    deprecated_count: int = 0
