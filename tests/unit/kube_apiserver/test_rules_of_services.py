"""Rules of Services, in creates, updates and statuses. The words are those of a real 1.37 server."""

from typing import Any

import pytest

from kube_apiserver.kinds import strategy_of
from kube_apiserver.wire.status_error import StatusError
from tests.builtin_strategy import changed_causes, defaulted, object_causes

PORT = {"port": 80, "protocol": "TCP", "targetPort": 80}


def service(**spec: Any) -> dict[str, Any]:
    found = {"ports": [dict(PORT)], "clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"], **spec}
    return defaulted("", "v1", "Service", {"metadata": {"name": "s"}, "spec": found})


def refusals(**spec: Any) -> list[str]:
    return [f"{each.field}: {each.message}" for each in object_causes("", "v1", "Service", service(**spec))]


def changed(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    prepare = strategy_of("", "v1", "Service").prepare_update
    assert prepare is not None
    prepare(old, new)
    return new


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            {"ports": [{**PORT, "nodePort": 1}]},
            "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
        ),
        (
            {"allocateLoadBalancerNodePorts": True},
            "spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer'",
        ),
        (
            {"healthCheckNodePort": 1},
            (
                "spec.healthCheckNodePort: Invalid value: 1: may only be set when `type` is 'LoadBalancer' and "
                "`externalTrafficPolicy` is 'Local'"
            ),
        ),
        (
            {"externalTrafficPolicy": "Local"},
            'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
        ),
        (
            {"loadBalancerClass": "a"},
            "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
        ),
        (
            {"trafficDistribution": "x"},
            (
                'spec.trafficDistribution: Unsupported value: "x": supported values: "PreferClose", "PreferSameZone", '
                '"PreferSameNode"'
            ),
        ),
        (
            {"sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 0}}},
            (
                "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 0: must be greater than 0 and less "
                "than 86400"
            ),
        ),
        (
            {"clusterIPs": ["10.0.0.2"]},
            'spec.clusterIPs: Invalid value: ["10.0.0.2"]: first value must match `clusterIP`',
        ),
        (
            {"externalIPs": ["127.0.0.1"]},
            'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
        ),
        (
            {"type": "LoadBalancer", "loadBalancerSourceRanges": ["10.0.0.1/8"]},
            (
                'spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.1/8": must not have bits set beyond the '
                "prefix length"
            ),
        ),
    ],
)
def test_a_service_is_refused(spec: dict[str, Any], message: str) -> None:
    assert refusals(**spec) == [message]


def test_a_service_without_affinity_has_no_configuration_of_it() -> None:
    assert "sessionAffinityConfig" not in service(sessionAffinityConfig={})["spec"]


def test_a_service_that_external_addresses_reach_has_a_traffic_policy() -> None:
    assert service(externalIPs=["10.1.2.3"])["spec"]["externalTrafficPolicy"] == "Cluster"


def test_invalid_families_are_reported_before_all_other_errors() -> None:
    prepare = strategy_of("", "v1", "Service").prepare_create
    assert prepare is not None
    with pytest.raises(StatusError, match="must be empty when `clusterIP` is not specified"):
        prepare(service(clusterIP="", ports=[]), None)  # type: ignore[arg-type]  # it fails before it needs the store


def test_a_cluster_of_one_family_refuses_the_other() -> None:
    prepare = strategy_of("", "v1", "Service").prepare_create
    assert prepare is not None
    with pytest.raises(StatusError, match="not configured on this cluster"):
        prepare(service(clusterIP="", clusterIPs=[], ipFamilies=["IPv6"]), None)  # type: ignore[arg-type]


def test_the_cluster_address_does_not_change() -> None:
    causes = changed_causes("", "Service", service(), service(clusterIP="10.0.0.2", clusterIPs=["10.0.0.2"]))
    assert [f"{each.field}: {each.message}" for each in causes] == [
        'spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set'
    ]


def test_a_service_that_becomes_a_name_loses_its_addresses() -> None:
    old = service(ipFamilies=["IPv4"], ipFamilyPolicy="SingleStack")
    new = changed(old, service(type="ExternalName", ipFamilies=["IPv4"], ipFamilyPolicy="SingleStack"))
    assert not {"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"} & new["spec"].keys()


def test_a_service_that_is_no_load_balancer_any_more_loses_its_fields() -> None:
    old = service(type="LoadBalancer", loadBalancerClass="example.com/a")
    new = changed(old, {**service(loadBalancerClass="example.com/a", allocateLoadBalancerNodePorts=True), "status": {}})
    assert not {"loadBalancerClass", "allocateLoadBalancerNodePorts"} & new["spec"].keys()
    assert new["status"] == {"loadBalancer": {}}


@pytest.mark.parametrize(
    ("kind", "entry", "message"),
    [
        ("ClusterIP", {}, "ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'"),
        ("LoadBalancer", {"ip": "10.0.0.1"}, "ingress[0].ipMode: Required value: must be specified when `ip` is set"),
        ("LoadBalancer", {"ipMode": "VIP"}, "ingress[0].ipMode: Forbidden: may not be specified when `ip` is not set"),
        (
            "LoadBalancer",
            {"hostname": "10.0.0.1"},
            'ingress[0].hostname: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
        ),
    ],
)
def test_the_status_of_a_service_is_refused(kind: str, entry: dict[str, Any], message: str) -> None:
    validate = strategy_of("", "v1", "Service").validate_status
    assert validate is not None
    causes = validate({"spec": {"type": kind}, "status": {"loadBalancer": {"ingress": [entry]}}}, {})
    assert [f"{each.field}: {each.message}" for each in causes] == [f"status.loadBalancer.{message}"]
