"""The kinds of storagemigration/v1. Made by ``make kinds``: do not edit."""

from msgspec import field

from plugin_operator.kinds import meta_v1
from plugin_operator.kube.definitions import builtin_kind
from plugin_operator.kube.objects import BuiltinObject, Struct


class StorageVersionMigrationSpec(Struct):
    resource: meta_v1.GroupResource = field(default_factory=meta_v1.GroupResource)


class StorageVersionMigrationStatus(Struct):
    conditions: list[meta_v1.Condition] = []
    resource_version: str = ""


@builtin_kind(
    "storagemigration.k8s.io/v1/StorageVersionMigration", "storageversionmigrations", namespaced=False, has_status=True
)
class StorageVersionMigration(BuiltinObject):
    spec: StorageVersionMigrationSpec = field(default_factory=StorageVersionMigrationSpec)
    status: StorageVersionMigrationStatus = field(default_factory=StorageVersionMigrationStatus)
