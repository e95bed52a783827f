"""The kinds of networking/v1. Made by ``make kinds``: do not edit."""

from msgspec import field

from plugin_operator.kinds import core_v1, meta_v1
from plugin_operator.kube.definitions import builtin_kind
from plugin_operator.kube.objects import BuiltinObject, Struct


class IngressClassParametersReference(Struct):
    api_group: str | None = None
    kind: str = ""
    name: str = ""
    scope: str | None = None
    namespace: str | None = None


class IngressClassSpec(Struct):
    controller: str = ""
    parameters: IngressClassParametersReference | None = None


@builtin_kind("networking.k8s.io/v1/IngressClass", "ingressclasses", namespaced=False)
class IngressClass(BuiltinObject):
    spec: IngressClassSpec = field(default_factory=IngressClassSpec)


class ServiceBackendPort(Struct):
    name: str = ""
    number: int = 0


class IngressServiceBackend(Struct):
    name: str = ""
    port: ServiceBackendPort = field(default_factory=ServiceBackendPort)


class IngressBackend(Struct):
    service: IngressServiceBackend | None = None
    resource: core_v1.TypedLocalObjectReference | None = None


class IngressTLS(Struct):
    hosts: list[str] = []
    secret_name: str = ""


class HTTPIngressPath(Struct):
    path: str = ""
    path_type: str | None = None
    backend: IngressBackend = field(default_factory=IngressBackend)


class HTTPIngressRuleValue(Struct):
    paths: list[HTTPIngressPath] = []


class IngressRule(Struct):
    host: str = ""
    http: HTTPIngressRuleValue | None = None


class IngressSpec(Struct):
    ingress_class_name: str | None = None
    default_backend: IngressBackend | None = None
    tls: list[IngressTLS] = []
    rules: list[IngressRule] = []


class IngressPortStatus(Struct):
    port: int = 0
    protocol: str = ""
    error: str | None = None


class IngressLoadBalancerIngress(Struct):
    ip: str = ""
    hostname: str = ""
    ports: list[IngressPortStatus] = []


class IngressLoadBalancerStatus(Struct):
    ingress: list[IngressLoadBalancerIngress] = []


class IngressStatus(Struct):
    load_balancer: IngressLoadBalancerStatus = field(default_factory=IngressLoadBalancerStatus)


@builtin_kind("networking.k8s.io/v1/Ingress", "ingresses", has_status=True, short_names=("ing",))
class Ingress(BuiltinObject):
    spec: IngressSpec = field(default_factory=IngressSpec)
    status: IngressStatus = field(default_factory=IngressStatus)


class ParentReference(Struct):
    group: str = ""
    resource: str = ""
    namespace: str = ""
    name: str = ""


class IPAddressSpec(Struct):
    parent_ref: ParentReference | None = None


@builtin_kind("networking.k8s.io/v1/IPAddress", "ipaddresses", namespaced=False, short_names=("ip",))
class IPAddress(BuiltinObject):
    spec: IPAddressSpec = field(default_factory=IPAddressSpec)


class NetworkPolicyPort(Struct):
    protocol: str | None = None
    port: int | str | None = None
    end_port: int | None = None


class IPBlock(Struct):
    cidr: str = ""
    except_: list[str] = []


class NetworkPolicyPeer(Struct):
    pod_selector: meta_v1.LabelSelector | None = None
    namespace_selector: meta_v1.LabelSelector | None = None
    ip_block: IPBlock | None = None


class NetworkPolicyIngressRule(Struct):
    ports: list[NetworkPolicyPort] = []
    from_: list[NetworkPolicyPeer] = []


class NetworkPolicyEgressRule(Struct):
    ports: list[NetworkPolicyPort] = []
    to: list[NetworkPolicyPeer] = []


class NetworkPolicySpec(Struct):
    pod_selector: meta_v1.LabelSelector = field(default_factory=meta_v1.LabelSelector)
    ingress: list[NetworkPolicyIngressRule] = []
    egress: list[NetworkPolicyEgressRule] = []
    policy_types: list[str] = []


@builtin_kind("networking.k8s.io/v1/NetworkPolicy", "networkpolicies", short_names=("netpol",))
class NetworkPolicy(BuiltinObject):
    spec: NetworkPolicySpec = field(default_factory=NetworkPolicySpec)


class ServiceCIDRSpec(Struct):
    cidrs: list[str] = []


class ServiceCIDRStatus(Struct):
    conditions: list[meta_v1.Condition] = []


@builtin_kind("networking.k8s.io/v1/ServiceCIDR", "servicecidrs", namespaced=False, has_status=True)
class ServiceCIDR(BuiltinObject):
    spec: ServiceCIDRSpec = field(default_factory=ServiceCIDRSpec)
    status: ServiceCIDRStatus = field(default_factory=ServiceCIDRStatus)
