"""Objects read from the wire are the objects json reads, without managedFields and nothing else missing."""

import json
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies._internal.core import DataObject

from plugin_operator.cache.objects import CachedObject
from plugin_operator.cache.reflector.wire import EventType, WireReader
from plugin_operator.kube import GroupVersionKind

READER = WireReader(GroupVersionKind("", "v1", "ConfigMap"))
MANAGED = [{"manager": "m", "fieldsV1": {"f:managedFields": {}}}]
words = (
    st.sampled_from(["managedFields", '"managedFields":', '"managedFields":[]', "metadata", "\\", "\n", "ü", "name"])
    | st.text()
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | words | st.just(MANAGED),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
managed_fields = st.sampled_from([MANAGED, [], None, [{"a": 'x"managedFields":[]'}], [{"managedFields": MANAGED}]])


@st.composite
def objects(draw: Callable[..., Any]) -> dict[str, Any]:
    metadata = draw(
        st.dictionaries(words.filter(lambda key: key not in {"namespace", "resourceVersion"}), json_values, max_size=3)
    )
    metadata |= {"name": draw(words), "resourceVersion": "7"}
    if draw(st.booleans()):
        metadata["managedFields"] = draw(managed_fields)
    metadata = dict(draw(st.permutations(list(metadata.items()))))
    top = draw(st.dictionaries(words.filter(lambda key: key != "kind"), json_values, max_size=3))
    return dict(draw(st.permutations(list({**top, "kind": "ConfigMap", "metadata": metadata}.items()))))


patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
separators = st.sampled_from([(",", ":"), (", ", ": "), (" ,", " :")])


def encode(obj: dict[str, Any], separator: tuple[str, str], ascii_only: bool) -> bytes:
    return json.dumps(obj, separators=separator, ensure_ascii=ascii_only).encode("utf-8", "replace")


@patient
@given(objects(), separators, st.booleans(), st.sampled_from(["ADDED", "MODIFIED", "DELETED"]))
@example(
    {"data": {"managedFields": MANAGED}, "kind": "ConfigMap", "metadata": {"name": "n", "managedFields": MANAGED}},
    (",", ":"),
    True,
    "ADDED",
)
def test_an_event_is_its_object_without_managed_fields(
    obj: dict[str, Any], separator: tuple[str, str], ascii_only: bool, kind: str
) -> None:
    line = encode({"type": kind, "object": obj}, separator, ascii_only)
    expected = json.loads(line)["object"]
    expected["metadata"].pop("managedFields", None)
    read_kind, read = READER.event(line)
    assert read_kind is EventType[kind]
    assert isinstance(read, CachedObject)
    assert read.decode() == expected
    assert json.loads(read.raw) == expected
    assert read.name == expected["metadata"]["name"]


@patient
@given(objects(), separators)
def test_an_item_of_a_list_gets_the_type_the_list_left_out(obj: dict[str, Any], separator: tuple[str, str]) -> None:
    del obj["kind"]
    data = encode(obj, separator, True)
    expected = json.loads(data)
    expected["metadata"].pop("managedFields", None)
    decoded = READER.item(data).decode()
    assert decoded["kind"] == "ConfigMap"
    assert {**decoded, "apiVersion": ""} == {"kind": "ConfigMap", **expected, "apiVersion": ""}


@patient
@given(objects(), st.data())
def test_numbers_and_texts_outside_of_managed_fields_stay_byte_for_byte(obj: dict[str, Any], data: DataObject) -> None:
    obj["numbers"] = "HERE"
    numbers = data.draw(st.sampled_from(["1.0", "1e400", "123456789012345678901234567890", "-0", '"\\u003c"', "1.10"]))
    raw = encode(obj, (",", ":"), True).replace(b'"HERE"', numbers.encode())
    assert numbers.encode() in READER.item(raw).raw
