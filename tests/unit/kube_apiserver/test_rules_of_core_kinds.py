"""Rules of ServiceAccounts, Namespaces, Nodes, claims and quotas. The words are those of a real 1.37 server."""

from typing import Any

import pytest

from kube_apiserver.kinds import strategy_of
from tests.builtin_strategy import changed_causes, defaulted, object_causes


def kept(kind: str, obj: dict[str, Any], old: dict[str, Any] | None = None) -> dict[str, Any]:
    keep = strategy_of("", "v1", kind).as_kept
    assert keep is not None
    return keep(obj, old)


def of_status(kind: str, status: dict[str, Any]) -> list[str]:
    validate = strategy_of("", "v1", kind).validate_status
    assert validate is not None
    return [f"{cause.field}: {cause.message}" for cause in validate({"metadata": {}, "status": status}, {})]


def test_a_service_account_keeps_but_the_names_of_its_secrets() -> None:
    sent = {"secrets": [{"name": "s", "kind": "Secret", "namespace": "x"}, {"kind": "x"}]}
    assert kept("ServiceAccount", sent) == {"secrets": [{"name": "s"}, {}]}


def test_a_new_annotation_that_enforces_mountable_secrets_is_deprecated() -> None:
    warn = strategy_of("", "v1", "ServiceAccount").warn
    assert warn is not None
    obj = {"metadata": {"annotations": {"kubernetes.io/enforce-mountable-secrets": "true"}}}
    assert len(warn(obj, None)) == 1
    assert warn(obj, obj) == []


def test_a_namespace_keeps_the_finalizers_of_its_creator_beside_that_of_kubernetes() -> None:
    prepare = strategy_of("", "v1", "Namespace").prepare_create
    assert prepare is not None
    namespace: dict[str, Any] = {"metadata": {"name": "n"}, "spec": {"finalizers": ["example.com/a"]}}
    prepare(namespace, None)  # type: ignore[arg-type]  # a Namespace needs nothing of the store
    assert namespace["spec"] == {"finalizers": ["example.com/a", "kubernetes"]}


def test_a_finalizer_of_a_namespace_is_qualified_or_a_standard_one() -> None:
    spec = {"finalizers": ["kubernetes", "example.com/a", "mine"]}
    causes = object_causes("", "v1", "Namespace", {"metadata": {"name": "n"}, "spec": spec})
    detail = "name is neither a standard finalizer name nor is it fully qualified"
    assert [f"{each.field}: {each.message}" for each in causes] == [f'spec.finalizers: Invalid value: "mine": {detail}']


def test_an_update_of_a_namespace_leaves_its_finalizers() -> None:
    old = {"spec": {"finalizers": ["kubernetes"]}}
    assert kept("Namespace", {"spec": {}}, old) == old


def test_the_allocatable_of_a_node_is_its_capacity() -> None:
    node = defaulted("", "v1", "Node", {"status": {"capacity": {"cpu": "1"}}})
    assert node["status"]["allocatable"] == {"cpu": "1"}


def test_a_node_has_no_configuration_source() -> None:
    node = {"spec": {"configSource": {}, "unschedulable": True}, "status": {"config": {}}}
    assert kept("Node", node) == {"spec": {"unschedulable": True}, "status": {}}


def test_the_external_id_of_a_node_does_not_change() -> None:
    causes = changed_causes("", "Node", {"spec": {}}, {"spec": {"externalID": "x"}})
    assert [f"{each.field}: {each.message}" for each in causes] == ["spec.externalID: Forbidden: may not be updated"]


@pytest.mark.parametrize(
    ("kind", "status", "message"),
    [
        (
            "Node",
            {"capacity": {"cpu": "-1"}},
            'status.capacity.cpu: Invalid value: "-1": must be greater than or equal to 0',
        ),
        (
            "Node",
            {"declaredFeatures": ["B", "A"]},
            'status.declaredFeatures[1]: Invalid value: "A": list must be sorted alphabetically',
        ),
        ("Node", {"declaredFeatures": ["A", "A"]}, 'status.declaredFeatures[1]: Duplicate value: "A"'),
        (
            "Node",
            {"addresses": [{"type": "a", "address": "b"}] * 2},
            'status.addresses[1]: Duplicate value: {"Type":"a","Address":"b"}',
        ),
        (
            "PersistentVolumeClaim",
            {"capacity": {"storage": "-1500m"}},
            "status.capacity[storage]: Invalid value: -2: must be a valid resource quantity",
        ),
        (
            "PersistentVolumeClaim",
            {"allocatedResources": {"cpu": "1"}},
            'status.allocatedResources: Unsupported value: "cpu": supported values: "storage"',
        ),
        (
            "ResourceQuota",
            {"used": {"example.com/x": "0.5"}},
            'status.used[example.com/x]: Invalid value: "0.5": must be an integer',
        ),
    ],
)
def test_a_status_is_refused(kind: str, status: dict[str, Any], message: str) -> None:
    assert of_status(kind, status) == [message]


def test_a_claim_has_its_source_in_both_fields() -> None:
    source = {"kind": "PersistentVolumeClaim", "name": "a"}
    for name in ("dataSource", "dataSourceRef"):
        assert kept("PersistentVolumeClaim", {"spec": {name: source}}) == {
            "spec": {"dataSource": source, "dataSourceRef": source}
        }


def test_a_claim_ignores_a_source_of_another_kind_in_the_old_field() -> None:
    assert kept("PersistentVolumeClaim", {"spec": {"dataSource": {"kind": "Secret", "name": "a"}}}) == {"spec": {}}


def test_an_address_of_endpoints_is_no_mapped_one() -> None:
    subsets = [{"addresses": [{"ip": "::ffff:1.2.3.4"}]}]
    causes = object_causes("", "v1", "Endpoints", {"metadata": {"name": "e"}, "subsets": subsets})
    path = "subsets[0].addresses[0].ip"
    assert [f"{each.field}: {each.message}" for each in causes] == [
        f'{path}: Invalid value: "::ffff:1.2.3.4": must not be an IPv4-mapped IPv6 address'
    ]
