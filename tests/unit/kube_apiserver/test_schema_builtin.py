"""Built-in kinds: facts, defaults, decoding errors, rules. Expected values were observed on a real 1.37 server."""

from typing import Any

import pytest

from kube_apiserver.decoding.decoder import decode_error
from kube_apiserver.decoding.pruning import prune
from kube_apiserver.schema import Schema, Schemas, builtin_resources
from kube_apiserver.schema.quantity import amount_of, canonical_quantity, is_whole
from tests.builtin_strategy import defaulted, object_causes


def schema(api_version: str, kind: str) -> Schema:
    group, _, version = api_version.rpartition("/")
    found = Schemas.builtin().get((group, version, kind))
    assert found is not None
    return found


def config_map(**fields: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, **fields}


def deployment(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": spec}


POD = {"containers": [{"name": "c", "image": "i", "ports": [{"containerPort": 80}]}]}
WORKLOAD = {
    "selector": {"matchLabels": {"a": "b"}},
    "template": {"metadata": {"labels": {"a": "b"}}, "spec": POD},
}


def test_every_served_kind_has_a_schema() -> None:
    for resource in builtin_resources():
        assert Schemas.builtin().get((resource.group, resource.version, resource.kind)) is not None, resource.kind


def test_an_unknown_kind_has_none() -> None:
    assert Schemas.builtin().get(("", "v1", "Nothing")) is None


def test_lists_know_their_keys_and_merge_strategy() -> None:
    pod = schema("v1", "Pod").properties["spec"]
    container = pod.properties["containers"].items
    assert container is not None
    ports = container.properties["ports"]
    assert ports.list_type == "map"
    assert ports.list_keys == ("containerPort", "protocol")
    assert ports.patch_key == "containerPort"
    assert ports.items is not None
    assert ports.items.properties["protocol"].default == "TCP"


def test_defaults_fill_a_deployment_as_the_server_does() -> None:
    result = defaulted("apps", "v1", "Deployment", deployment(**WORKLOAD))
    spec = result["spec"]
    assert spec["replicas"] == 1
    assert spec["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"},
    }
    assert spec["template"]["spec"]["containers"] == [
        {
            "name": "c",
            "image": "i",
            "ports": [{"containerPort": 80, "protocol": "TCP"}],
            "resources": {},
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File",
            "imagePullPolicy": "Always",
        }
    ]
    assert result["status"] == {}
    assert defaulted("apps", "v1", "Deployment", result) == result


def test_defaulting_leaves_its_input_alone() -> None:
    given = deployment(**WORKLOAD)
    defaulted("apps", "v1", "Deployment", given)
    assert "replicas" not in given["spec"]


def test_empty_optional_fields_vanish_and_value_structs_stay() -> None:
    assert defaulted("", "v1", "ConfigMap", config_map(data={}, immutable=None)) == config_map()
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "x"}}
    assert defaulted("rbac.authorization.k8s.io", "v1", "ClusterRole", role)["rules"] is None


def test_string_data_of_a_secret_becomes_data() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}, "stringData": {"a": "b"}}
    result = defaulted("", "v1", "Secret", secret)
    assert result["data"] == {"a": "Yg=="}
    assert result["type"] == "Opaque"
    assert "stringData" not in result


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        *(("1024Ki", "1Mi"), ("0.5", "500m"), (1, "1"), ("1Gi", "1Gi"), ("1500m", "1500m"), ("1e3", "1e3"), ("0", "0")),
        # kube-apiserver writes these powers out, and does not answer in time.
        *(("1e999999999", "1e999999999"), ("1e-999999999", "1e-9"), ("1e-2147483649", "10e2147483646")),
    ],
)
def test_quantities_take_their_canonical_form(given: int | str, expected: str) -> None:
    assert canonical_quantity(given) == expected


def test_quantities_of_resource_lists_are_rounded_up_to_thousandths() -> None:
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": {"hard": {"cpu": "1500n"}}}
    assert defaulted("", "v1", "ResourceQuota", quota)["spec"]["hard"] == {"cpu": "1m"}


def test_the_size_of_an_exponent_costs_no_time() -> None:
    assert amount_of("1e999999999") > amount_of("1E") > amount_of("1e-999999999")
    assert is_whole("1e999999999")
    assert not is_whole("1e-999999999")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("abc", "quantities must match"),
        ("", "quantities must match"),
        ("1KiB", "quantities must match"),
        ("--1", "unable to parse quantity's suffix"),
        ("1e9223372036854775808", "unable to parse quantity's suffix"),
        ("1" * 5000, "unable to parse numeric part of quantity"),
    ],
)
def test_text_that_is_no_quantity_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        canonical_quantity(text)


@pytest.mark.parametrize(
    ("obj", "kind", "message"),
    [
        (
            config_map(data={"a": 1}),
            ("v1", "ConfigMap"),
            "json: cannot unmarshal number into Go struct field ConfigMap.data of type string",
        ),
        (
            config_map(data=["a"]),
            ("v1", "ConfigMap"),
            "json: cannot unmarshal array into Go struct field ConfigMap.data of type map[string]string",
        ),
        (
            deployment(replicas="x"),
            ("apps/v1", "Deployment"),
            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
        ),
        (config_map(binaryData={"q": "!!"}), ("v1", "ConfigMap"), "illegal base64 data at input byte 0"),
    ],
)
def test_values_of_a_wrong_type_are_refused_in_go_s_words(
    obj: dict[str, Any], kind: tuple[str, str], message: str
) -> None:
    assert decode_error(obj, schema(*kind)) == message


def test_a_good_object_decodes() -> None:
    assert decode_error(deployment(**WORKLOAD), schema("apps/v1", "Deployment")) is None


def test_unknown_fields_are_pruned_and_named() -> None:
    pruned, unknown = prune(config_map(dat={}, metadata={"name": "x", "zz": 1}), schema("v1", "ConfigMap"))
    assert unknown == ["metadata.zz", "dat"]
    assert pruned == config_map()


def test_an_empty_deployment_lacks_selector_labels_and_containers() -> None:
    kind = ("apps", "v1", "Deployment")
    causes = object_causes(*kind, defaulted(*kind, deployment()))
    assert [(cause.field, cause.reason, cause.message) for cause in causes] == [
        ("spec.selector", "FieldValueRequired", "Required value"),
        (
            "spec.template.metadata.labels",
            "FieldValueInvalid",
            "Invalid value: null: `selector` does not match template `labels`",
        ),
        ("spec.template.spec.containers", "FieldValueRequired", "Required value"),
    ]


def test_config_map_keys_are_checked() -> None:
    obj = config_map(data={"a b": "x", "q": ""}, binaryData={"q": "aGk="})
    causes = object_causes("", "v1", "ConfigMap", obj)
    assert [cause.field for cause in causes] == ["data[a b]", "data[q]"]
    assert causes[1].message == 'Invalid value: "q": duplicate of key present in binaryData'
