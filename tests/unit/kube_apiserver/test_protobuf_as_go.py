"""Objects of all built-in kinds become the bytes that Go makes of them, and come back."""

import json
from typing import Any

import pytest

from kube_apiserver import protobuf
from tests.goprotobuf.__main__ import ANSWERS, digest
from tests.goprotobuf.objects import objects

ASKED = list(objects())
# The first of each kind. JSON does not tell a field without bytes from one with none.
WITH_ALL_FIELDS = ASKED[::3]


def named(obj: dict[str, Any]) -> str:
    return f"{obj['apiVersion']} {obj['kind']}"


def test_every_object_is_encoded_as_by_go() -> None:
    encoded = [[named(obj), digest(protobuf.encode(obj))] for obj in ASKED]
    assert encoded == json.loads(ANSWERS.read_text())


def test_what_is_decoded_is_encoded_to_the_same_bytes() -> None:
    encoded = {named(obj): protobuf.encode(obj) for obj in WITH_ALL_FIELDS}
    different = [name for name, each in encoded.items() if protobuf.encode(protobuf.decode(each)) != each]
    assert different == []


@pytest.mark.parametrize("creation", ["yesterday", 7])
def test_a_value_of_another_type_is_an_error_that_names_the_kind(creation: Any) -> None:
    obj = {"apiVersion": "v1", "kind": "Pod", "metadata": {"creationTimestamp": creation}}
    with pytest.raises(protobuf.ProtobufError, match="Pod has a value that is not of its type"):
        protobuf.encode(obj)


def test_an_unknown_kind_is_an_error_that_names_it() -> None:
    with pytest.raises(protobuf.ProtobufError, match=r'no kind "Widget" is registered for version "example\.com/v1"'):
        protobuf.encode({"apiVersion": "example.com/v1", "kind": "Widget"})


def test_the_metadata_of_an_object_of_any_kind_can_be_encoded() -> None:
    obj = {"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": {"name": "a"}}
    found = protobuf.decode(protobuf.encode(obj))
    assert (found["kind"], found["metadata"]["name"]) == ("PartialObjectMetadata", "a")


def test_an_event_of_a_watch_begins_with_its_length() -> None:
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    frame = protobuf.encode_event("ADDED", obj)
    assert int.from_bytes(frame[:4], "big") == len(frame) - 4
    assert frame.endswith(protobuf.encode(obj))
