"""The events of a watch in both forms: whole ones, the last of several, and half of one."""

import json

import pytest

from kube_apiserver import codec
from kube_apiserver.wire.watch_events import JsonEvents, ProtobufEvents, WatchEvents, events_of

FORMS: list[WatchEvents] = [JsonEvents(), ProtobufEvents()]
RAW = [
    codec.encode({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}) for name in ("a", "longer\n")
]


@pytest.mark.parametrize("form", FORMS, ids=["JSON", "protobuf"])
def test_the_last_of_several_events_is_found(form: WatchEvents) -> None:
    first, second = (form.event("ADDED", raw) for raw in RAW)
    assert form.last(first + second) == second
    assert form.last(first) == first
    assert form.last(b"") == b""


def test_half_an_event_of_json_is_no_json() -> None:
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(JsonEvents.half)


def test_half_an_event_of_protobuf_is_shorter_than_it_says() -> None:
    half = ProtobufEvents.half
    assert len(half) - 4 < int.from_bytes(half[:4], "big")


def test_the_form_follows_what_was_negotiated() -> None:
    assert events_of("application/vnd.kubernetes.protobuf").media == "application/vnd.kubernetes.protobuf;stream=watch"
    assert events_of("application/json").media == "application/json"
