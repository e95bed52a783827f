"""The kinds of coordination/v1. Made by ``make kinds``: do not edit."""

from msgspec import field

from plugin_operator.kube.definitions import builtin_kind
from plugin_operator.kube.objects import BuiltinObject, Struct


class LeaseSpec(Struct):
    holder_identity: str | None = None
    lease_duration_seconds: int | None = None
    acquire_time: str | None = None
    renew_time: str | None = None
    lease_transitions: int | None = None
    strategy: str | None = None
    preferred_holder: str | None = None


@builtin_kind("coordination.k8s.io/v1/Lease", "leases")
class Lease(BuiltinObject):
    spec: LeaseSpec = field(default_factory=LeaseSpec)
