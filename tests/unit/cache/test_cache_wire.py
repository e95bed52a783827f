import json
from typing import Any

import msgspec
import pytest

from plugin_operator.cache.objects import CachedObject
from plugin_operator.cache.reflector.lines import LineSplitter
from plugin_operator.cache.reflector.wire import Bookmark, EventType, Malformed, WireReader
from plugin_operator.errors import ApiConnectionError, GoneError, ServerError
from plugin_operator.kube import GroupVersionKind

READER = WireReader(GroupVersionKind("apps", "v1", "Deployment"))


def event(kind: str, obj: dict[str, Any], **extra: Any) -> bytes:
    return json.dumps({"type": kind, "object": obj, **extra}, separators=(",", ":")).encode()


def test_members_of_an_event_behind_the_object_are_not_taken_for_the_object() -> None:
    kind, obj = READER.event(event("ADDED", {"metadata": {"name": "n"}}, more={"x": {}}))
    assert isinstance(obj, CachedObject)
    assert (kind, obj.raw) == (EventType.ADDED, b'{"metadata":{"name":"n"}}')


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"managedFields": [{}], "name": "n"}, b'{"metadata":{"name":"n"}}'),
        ({"name": "n", "managedFields": [{}]}, b'{"metadata":{"name":"n"}}'),
        ({"name": "n", "managedFields": [{}], "uid": "u"}, b'{"metadata":{"name":"n","uid":"u"}}'),
        ({"name": "n", "managedFields": None}, b'{"metadata":{"name":"n"}}'),
        ({"name": "managedFields", "managedFields": []}, b'{"metadata":{"name":"managedFields"}}'),
    ],
)
def test_managed_fields_are_cut_out_wherever_they_stand(metadata: dict[str, Any], expected: bytes) -> None:
    _, obj = READER.event(event("MODIFIED", {"metadata": metadata}))
    assert isinstance(obj, CachedObject)
    assert obj.raw == expected


def test_a_key_written_with_an_escape_is_cut_out_and_its_double_elsewhere_stays() -> None:
    double = '"x":{"a":1,"managedFields":[{"a":1}],"b":2}'
    escaped = '"metadata":{"name":"n","managed\\u0046ields":[{"a":1}]}'
    line = f'{{"type":"ADDED","object":{{{double},{escaped}}}}}'
    _, obj = READER.event(line.encode())
    assert isinstance(obj, CachedObject)
    assert obj.decode() == {
        "x": {"a": 1, "managedFields": [{"a": 1}], "b": 2},
        "metadata": {"name": "n"},
    }


def test_a_bookmark_has_no_name_and_may_end_the_initial_events() -> None:
    metadata: dict[str, Any] = {"resourceVersion": "9", "creationTimestamp": None}
    assert READER.event(event("BOOKMARK", {"metadata": metadata})) == (EventType.BOOKMARK, Bookmark("9", False))
    metadata["annotations"] = {"k8s.io/initial-events-end": "true"}
    assert READER.event(event("BOOKMARK", {"metadata": metadata}))[1] == Bookmark("9", True)


def test_an_error_event_is_the_exception_it_stands_for() -> None:
    with pytest.raises(GoneError, match="too old"):
        READER.event(event("ERROR", {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}))
    with pytest.raises(GoneError):
        READER.event(event("ERROR", {"kind": "Status", "reason": "Expired"}))
    with pytest.raises(ServerError):
        READER.event(event("ERROR", {}))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"nonsense",
        b'{"type":"ADDED","object":{"metadata":{}}}',
        b'{"type":"ADDED","object":{"metadata":{"name":1}}}',
        b'{"type":"ADDED","object":{"metadata":{"name":"n"},"x":"\xff"}}',
        b'{"type":"NEWS","object":{"metadata":{"name":"n"}}}',
        b'{"type":"BOOKMARK","object":{}}',
        b'{"type":"ADDED","object":' + b'{"x":' * 10_000 + b"1" + b"}" * 10_001,
    ],
)
def test_a_line_that_is_no_event_is_malformed(line: bytes) -> None:
    with pytest.raises(Malformed):
        READER.event(line)


def test_an_item_without_a_name_is_malformed() -> None:
    with pytest.raises(Malformed):
        READER.item(b'{"metadata":{}}')


def test_the_stand_in_kind_of_metadata_only_answers_becomes_the_real_one() -> None:
    data = b'{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"n"}}'
    obj = READER.item(data).decode()
    assert (obj["kind"], obj["apiVersion"]) == ("Deployment", "apps/v1")


def test_a_cached_object_keeps_only_its_own_bytes_and_gives_out_copies() -> None:
    obj = READER.item(
        b'{"kind":"D","metadata":{"name":"n","namespace":"ns","uid":"u","labels":{"a":"b"},"resourceVersion":"3"}}'
    )
    assert type(obj.raw) is bytes
    assert (str(obj.key), obj.uid, obj.resource_version, obj.metadata().labels) == ("ns/n", "u", "3", {"a": "b"})
    obj.decode()["metadata"]["name"] = "changed"
    assert obj.decode()["metadata"]["name"] == "n"
    assert "labels" not in repr(obj)
    assert msgspec.json.decode(obj.raw) == obj.decode()
    assert READER.item(b'{"metadata":{"name":"n"}}').uid == ""


def test_lines_are_put_together_from_any_pieces() -> None:
    text = b"one\n\ntwo\xc2\x85still two\r\nthree\n"
    for size in range(1, len(text) + 1):
        splitter, lines = LineSplitter(), []
        for start in range(0, len(text), size):
            lines += splitter.push(text[start : start + size])
        assert lines == [b"one", b"", b"two\xc2\x85still two\r", b"three"]
        assert splitter.pending == 0


def test_a_line_may_be_long_but_not_without_end() -> None:
    splitter = LineSplitter(limit=100)
    assert splitter.push(b"x" * 100) == []
    assert splitter.pending == 100
    with pytest.raises(ApiConnectionError, match="longer than 100"):
        splitter.push(b"x")
