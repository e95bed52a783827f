"""The kinds of apiregistration/v1. Made by ``make kinds``: do not edit."""

from msgspec import field

from plugin_operator.kube.definitions import builtin_kind
from plugin_operator.kube.objects import BuiltinObject, Struct


class ServiceReference(Struct):
    namespace: str = ""
    name: str = ""
    port: int | None = None


class APIServiceSpec(Struct):
    service: ServiceReference | None = None
    group: str = ""
    version: str = ""
    insecure_skip_tls_verify: bool = field(default=False, name="insecureSkipTLSVerify")
    ca_bundle: bytes = b""
    group_priority_minimum: int = 0
    version_priority: int = 0


class APIServiceCondition(Struct):
    type: str = ""
    status: str = ""
    last_transition_time: str | None = None
    reason: str = ""
    message: str = ""


class APIServiceStatus(Struct):
    conditions: list[APIServiceCondition] = []


@builtin_kind("apiregistration.k8s.io/v1/APIService", "apiservices", namespaced=False, has_status=True)
class APIService(BuiltinObject):
    spec: APIServiceSpec = field(default_factory=APIServiceSpec)
    status: APIServiceStatus = field(default_factory=APIServiceStatus)
