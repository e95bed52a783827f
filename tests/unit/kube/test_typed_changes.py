"""What changed in a typed object becomes a merge patch that loses nothing."""

from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
import pytest
from msgspec import UNSET, UnsetType

from kube_apiserver.patching import merge_patch
from plugin_operator.kinds import apps_v1
from plugin_operator.kube import GroupVersionKind
from plugin_operator.kube.objects import ApiObject, Metadata, Struct
from plugin_operator.kube.objects.decoding import decode
from plugin_operator.kube.objects.differences.changes import changes
from plugin_operator.kube.objects.errors import LossyWriteError, ObjectDecodeError
from plugin_operator.kube.objects.wire import to_wire

GVK = GroupVersionKind.parse("example.com/v1/Widget")


class Part(Struct):
    name: str
    count: int = 1
    note: str | None = "none"
    seen: datetime | None = None


class Spec(Struct):
    size: int = 3
    weight: float = 0.0
    color: Literal["red", "green"] = "red"
    host: str | UnsetType = UNSET
    note: str | None = None
    greeting: str | None = "hi"
    since: datetime | None = None
    secret: bytes = b""
    parts: list[Part] = msgspec.field(default_factory=list)
    by_name: dict[str, Part] = msgspec.field(default_factory=dict)
    limits: dict[str, str] = msgspec.field(default_factory=lambda: {"cpu": "1"})
    free: Any = None
    main: Part | None = None


class Status(Struct):
    ready: int = 0
    reason: str = "new"


class Widget(ApiObject):
    spec: Spec = msgspec.field(default_factory=Spec)
    status: Status = msgspec.field(default_factory=lambda: Status(reason="unknown"))


def stored(spec: Any = None, **more: Any) -> dict[str, Any]:
    metadata = {"name": "a", "namespace": "ns", "resourceVersion": "7", "labels": {"x": "y"}}
    document = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": metadata, **more}
    return document if spec is None else {**document, "spec": spec}


def read(document: dict[str, Any] | bytes) -> Widget:
    return decode(Widget, GVK, document if isinstance(document, bytes) else msgspec.json.encode(document))


def patch_of(widget: Widget, *parts: str) -> dict[str, Any]:
    return changes(widget, GVK, parts=parts or ("metadata", "spec", "status"))


def test_an_unchanged_object_has_no_patch() -> None:
    spec = {
        "since": "2024-01-01T00:00:00.123456789+02:00",
        "weight": -0.0,
        "secret": "aGk=",
        "note": None,
        "free": {"big": 12345678901234567890123456789, "none": None, "é": [1.0, 1, True]},
        "parts": [{"name": "p", "unknown": 1}],
        "unknown": {"a": 1},
    }
    assert patch_of(read(stored(spec))) == {}


def test_only_what_changed_is_written() -> None:
    widget = read(stored({"size": 4, "color": "green", "unknown": 1}, status={"ready": 1, "unknown": 2}))
    widget.spec.size = 5
    widget.status.ready = 2
    assert patch_of(widget) == {"spec": {"size": 5}, "status": {"ready": 2}}
    assert patch_of(widget, "spec") == {"spec": {"size": 5}}


@pytest.mark.parametrize(
    ("field", "read_as", "value"),
    [
        ("size", 1, True),
        ("weight", -0.0, 0.0),
        ("size", 2**60, 2**60 + 1),
        ("color", "red", "green"),
        ("since", "2024-01-01T00:00:00Z", datetime(2024, 1, 1, 0, 0, 1, tzinfo=UTC)),
    ],
)
def test_a_change_that_python_may_take_for_equal_is_written(field: str, read_as: Any, value: Any) -> None:
    widget = read(stored({field: read_as}))
    setattr(widget.spec, field, value)
    assert patch_of(widget)["spec"][field] == to_wire(value)


@pytest.mark.parametrize(
    ("field", "read_as", "value"),
    [
        ("weight", 2, 2),
        ("since", "2024-01-01T02:00:00+02:00", datetime(2024, 1, 1, tzinfo=UTC)),
        ("secret", "aGk=", b"hi"),
    ],
)
def test_the_same_value_in_another_notation_is_not_written(field: str, read_as: Any, value: Any) -> None:
    widget = read(stored({field: read_as}))
    setattr(widget.spec, field, value)
    assert patch_of(widget) == {}


def test_unknown_fields_of_structs_and_maps_survive() -> None:
    document = stored({"byName": {"p": {"name": "p", "unknown": 1}}, "main": {"name": "m", "unknown": 2}, "new": 3})
    widget = read(document)
    widget.spec.by_name["p"].count = 2
    assert widget.spec.main is not None
    widget.spec.main = Part(name="other")
    merged = merge_patch(document, patch_of(widget))
    assert merged["spec"] == {
        "byName": {"p": {"name": "p", "count": 2, "unknown": 1}},
        "main": {"name": "other", "unknown": 2},
        "new": 3,
    }


def test_a_list_whose_items_have_unknown_fields_is_not_replaced() -> None:
    widget = read(stored({"parts": [{"name": "p"}, {"name": "q", "weight": 3}]}))
    widget.spec.parts[0].count = 2
    with pytest.raises(LossyWriteError, match=r"spec\.parts\[1\]\.weight: class Part does not know it") as raised:
        patch_of(widget)
    assert raised.value.path == "spec.parts[1].weight"


def test_an_item_that_did_not_change_is_written_as_it_was_read() -> None:
    exact = "2024-01-01T00:00:00.123456789Z"
    widget = read(stored({"parts": [{"name": "p", "seen": exact}, {"name": "q"}]}))
    widget.spec.parts[1] = Part(name="r", count=1)
    widget.spec.parts.insert(0, Part(name="first"))
    assert patch_of(widget)["spec"]["parts"] == [
        {"name": "first"},
        {"name": "p", "seen": exact},
        {"name": "r", "count": 1},
    ]


def test_none_removes_a_field_whose_default_is_none() -> None:
    widget = read(stored({"note": "x", "since": "2024-01-01T00:00:00Z", "main": {"name": "m"}}))
    widget.spec.note = widget.spec.since = widget.spec.main = None
    assert patch_of(widget) == {"spec": {"note": None, "since": None, "main": None}}


def test_unset_removes_a_field() -> None:
    widget = read(stored({"host": "h"}))
    widget.spec.host = UNSET
    assert patch_of(widget) == {"spec": {"host": None}}


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("greeting", None, "spec.greeting"),
        ("free", {"a": None}, "spec.free[a]"),
        ("parts", [Part(name="p", note=None)], "spec.parts[0].note"),
    ],
)
def test_a_null_that_a_merge_patch_cannot_write_is_an_error(field: str, value: Any, path: str) -> None:
    widget = read(stored({"greeting": "x"}))
    setattr(widget.spec, field, value)
    with pytest.raises(LossyWriteError) as raised:
        patch_of(widget)
    assert raised.value.path == path


def test_a_null_that_stands_in_a_replaced_list_is_an_error() -> None:
    widget = read(stored({"parts": [{"name": "p", "note": None}]}))
    widget.spec.parts.append(Part(name="q"))
    with pytest.raises(LossyWriteError, match=r"spec\.parts\[0\]\.note"):
        patch_of(widget)


def test_the_default_of_an_absent_struct_or_map_is_written_with_its_first_change() -> None:
    document = stored({})
    widget = read(document)
    widget.status.ready = 1
    widget.spec.limits["memory"] = "1Gi"
    merged = merge_patch(document, patch_of(widget))
    assert same_fields(read(merged), widget)
    assert merged["status"] == {"ready": 1, "reason": "unknown"}
    assert merged["spec"]["limits"] == {"cpu": "1", "memory": "1Gi"}


def test_an_entry_that_is_gone_is_removed() -> None:
    widget = read(stored({"limits": {"cpu": "1", "memory": "1Gi"}}))
    del widget.spec.limits["cpu"]
    del widget.metadata.labels["x"]
    assert patch_of(widget) == {"metadata": {"labels": {"x": None}}, "spec": {"limits": {"cpu": None}}}


def test_an_object_that_was_never_read_has_no_changes() -> None:
    with pytest.raises(ValueError, match=r"never read.*get\(\).*create\(\)"):
        patch_of(Widget(metadata=Metadata(name="a")))


def test_an_object_keeps_its_name() -> None:
    widget = read(stored())
    widget.metadata.name = "b"
    with pytest.raises(ValueError, match=r"metadata\.name was 'a' and is 'b'"):
        patch_of(widget)


def test_apply_states_what_was_set_and_no_more() -> None:
    widget = Widget(metadata=Metadata(name="a"), spec=Spec(size=3))
    assert to_wire(widget) == {"metadata": {"name": "a"}, "spec": {"size": 3}}
    widget.spec.parts.append(Part(name="p"))
    widget.spec.note = None
    widget.status.ready = 0
    assert to_wire(widget) == {
        "metadata": {"name": "a"},
        "spec": {"size": 3, "note": None, "parts": [{"name": "p"}]},
        "status": {"reason": "unknown", "ready": 0},
    }


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (float("nan"), ValueError, "spec.weight: JSON has no number nan"),
        (datetime(2024, 1, 1), ValueError, "spec.since: .* has no time zone"),  # noqa: DTZ001 - the fault itself
        (object(), TypeError, "spec.free: a object cannot be written"),
    ],
)
def test_a_value_that_json_does_not_have_is_an_error(value: Any, error: type[Exception], words: str) -> None:
    field = words.split(":", maxsplit=1)[0].removeprefix("spec.")
    widget = read(stored({}))
    setattr(widget.spec, field, value)
    with pytest.raises(error, match=words):
        patch_of(widget)


@pytest.mark.parametrize(
    ("document", "path", "reason"),
    [
        (stored({"size": "x"}), "spec.size", "Expected int, got str"),
        (stored({"parts": [{"count": 1}]}), "spec.parts[0]", "Object missing required field name"),
        ({**stored(), "kind": "Gadget"}, "kind", "Expected 'Widget', got 'Gadget'"),
        ({**stored(), "apiVersion": "example.com/v2"}, "apiVersion", "Expected 'example.com/v1', got 'example.com/v2'"),
    ],
)
def test_an_object_that_does_not_fit_is_named_with_the_field(document: dict[str, Any], path: str, reason: str) -> None:
    with pytest.raises(ObjectDecodeError) as raised:
        read(document)
    error = raised.value
    assert (error.namespace, error.name, error.path, error.reason) == ("ns", "a", path, reason)
    assert "example.com/v1/Widget ns/a does not fit class Widget" in str(error)


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"apiVersion":', b"\xff\xfe", b'{"a":' * 100_000])
def test_bytes_that_are_no_object_do_not_fit(raw: bytes) -> None:
    with pytest.raises(ObjectDecodeError):
        read(raw)


def same_fields(one: Any, other: Any) -> bool:
    return bool(msgspec.json.encode(one) == msgspec.json.encode(other))


def test_a_default_that_is_assigned_to_an_absent_field_is_written() -> None:
    widget = read(stored({"parts": [{"name": "p"}], "by_name": {}}, status={"unknown": 1}))
    widget.status.ready = 0
    widget.spec.size = 3
    widget.spec.limits = {"cpu": "1"}
    widget.spec.parts[0].count = 1
    assert patch_of(widget) == {
        "spec": {"size": 3, "limits": {"cpu": "1"}, "parts": [{"name": "p", "count": 1}]},
        "status": {"ready": 0},
    }


def test_a_default_that_is_assigned_below_an_absent_field_is_written() -> None:
    widget = read(stored())
    widget.status.ready = 0
    widget.spec.limits = {"cpu": "1"}
    assert patch_of(widget) == {"spec": {"limits": {"cpu": "1"}}, "status": {"ready": 0, "reason": "unknown"}}


def test_a_default_that_is_assigned_to_an_entry_of_a_map_is_written() -> None:
    widget = read(stored({"byName": {"a": {"name": "p"}, "b": {"name": "q"}}}))
    widget.spec.by_name["a"].count = 1
    assert patch_of(widget) == {"spec": {"byName": {"a": {"count": 1}}}}


def test_a_new_value_in_the_place_of_an_equal_one_writes_what_it_names() -> None:
    widget = read(stored({"main": {"name": "m"}}, status={}))
    widget.spec.main = Part(name="m", count=1)
    widget.status = Status(ready=0)
    assert patch_of(widget) == {"spec": {"main": {"count": 1}}, "status": {"ready": 0}}


@pytest.mark.parametrize("field", ["note", "since", "main", "free"])
def test_none_assigned_to_an_absent_field_is_not_written(field: str) -> None:
    widget = read(stored({"size": 4}))
    setattr(widget.spec, field, None)
    widget.spec.host = UNSET
    assert patch_of(widget) == {}


def test_a_default_that_the_server_has_is_not_written_again() -> None:
    widget = read(stored({"size": 3, "parts": [{"name": "p", "count": 1}]}, status={"ready": 0}))
    widget.spec.size = 3
    widget.spec.parts[0].count = 1
    widget.status.ready = 0
    assert patch_of(widget) == {}


def test_empty_values_of_metadata_and_of_built_in_kinds_stay_absent_since_the_server_drops_them() -> None:
    widget = read(stored({}))
    widget.metadata.finalizers = []
    assert patch_of(widget) == {}
    raw = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": {"replicas": 1}}
    gvk = GroupVersionKind.parse("apps/v1/Deployment")
    deployment = decode(apps_v1.Deployment, gvk, msgspec.json.encode(raw))
    deployment.spec.min_ready_seconds = 0
    deployment.spec.paused = False
    assert changes(deployment, gvk, parts=["spec"]) == {}
