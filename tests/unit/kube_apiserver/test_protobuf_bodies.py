"""Bodies as kubectl 1.37 sent them."""

import base64
from typing import Any

import pytest

from kube_apiserver import protobuf

CONFIG_MAP = "azhzAAoPCgJ2MRIJQ29uZmlnTWFwEjAKHgoCcDESABoMc2NoZW1hLXByb2JlIgAqADIAOABCABIGCgFhEgFiEgYKAWMSAWQaACIA"
DEPLOYMENT = (
    "azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50EsABCikKAnAzEgAaDHNjaGVtYS1wcm9iZSIAKgAyADgAQgBaCQoDYXBwEgJwMxKE"
    "AQgCEgsKCQoDYXBwEgJwMxprChsKABIAGgAiACoAMgA4AEIAWgkKA2FwcBICcDMSTBIuCgVuZ2lueBIFbmdpbngqADIKCgAQABhQ"
    "IgAqAEIAagByAIABAIgBAJABAKIBABoAMgBCAEoAUgBYAGAAaACCAQCKAQCaAQDCAQAiAgoAKAA4ABoMCAAQABgAIAAoADgAGgAi"
    "AA=="
)
BUDGET = (
    "azhzAAogCglwb2xpY3kvdjESE1BvZERpc3J1cHRpb25CdWRnZXQSRAofCgNwMTQSABoMc2NoZW1hLXByb2JlIgAqADIAOABCABIV"
    "CgkIARAAGgM1MCUSCAoGCgFhEgFiGgoIABgAIAAoADAAGgAiAA=="
)


def decoded(text: str) -> dict[str, Any]:
    return protobuf.decode(base64.b64decode(text))


def test_a_config_map_decodes() -> None:
    assert decoded(CONFIG_MAP) == {
        "kind": "ConfigMap",
        "apiVersion": "v1",
        "metadata": {"name": "p1", "namespace": "schema-probe"},
        "data": {"a": "b", "c": "d"},
    }


def test_a_deployment_decodes_with_zero_structs_and_numbers() -> None:
    result = decoded(DEPLOYMENT)
    assert result["spec"]["replicas"] == 2
    assert result["spec"]["template"]["spec"]["containers"] == [
        {"name": "nginx", "image": "nginx", "ports": [{"containerPort": 80}], "resources": {}}
    ]
    assert result["status"] == {}


def test_int_or_string_keeps_its_side() -> None:
    assert decoded(BUDGET)["spec"]["minAvailable"] == "50%"


@pytest.mark.parametrize("body", [b"", b"{}", b"k8s\x00\xff\xff", base64.b64decode(CONFIG_MAP)[:-9]])
def test_a_broken_body_is_refused(body: bytes) -> None:
    with pytest.raises(protobuf.ProtobufError):
        protobuf.decode(body)


def test_an_unknown_kind_is_refused() -> None:
    body = base64.b64decode(CONFIG_MAP).replace(b"ConfigMap", b"ConfigMop")
    with pytest.raises(protobuf.ProtobufError, match="ConfigMop"):
        protobuf.decode(body)
