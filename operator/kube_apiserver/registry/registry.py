"""The registry of served resources."""

from collections.abc import Iterable

from kube_apiserver.registry.resource import ServedResource
from kube_apiserver.registry.version_order import version_order


class Registry:
    """Finds resources by path, kind or bucket, and lists them for discovery.

    Attributes:
        revision: incremented on every change, for caches of data derived from the registry.
    """

    def __init__(self, resources: Iterable[ServedResource]) -> None:
        self._by_path: dict[tuple[str, str, str], ServedResource] = {}
        self._by_bucket: dict[str, ServedResource] = {}
        self.revision = 0
        for resource in resources:
            self.add(resource)
        self._builtin_groups = frozenset(group for group, _, _ in self._by_path)

    def add(self, resource: ServedResource) -> None:
        """Add a resource. It replaces the resource with the same path."""
        self._by_path[resource.group, resource.version, resource.plural] = resource
        known = self._by_bucket.get(resource.bucket)
        if known is None or resource.api_version == resource.storage_version:
            self._by_bucket[resource.bucket] = resource
        self.revision += 1

    def remove(self, resource: ServedResource) -> None:
        """Remove a resource."""
        if self._by_path.pop((resource.group, resource.version, resource.plural), None) is None:
            return
        self.revision += 1
        if self._by_bucket.get(resource.bucket) == resource:
            del self._by_bucket[resource.bucket]
            for other in self._by_path.values():
                if other.bucket == resource.bucket:
                    self._by_bucket[resource.bucket] = other

    def find(self, group: str, version: str, plural: str) -> ServedResource | None:
        """Return the resource at a path, None if there is none."""
        return self._by_path.get((group, version, plural))

    def serves(self, resource: ServedResource) -> bool:
        """Report whether this very entry is registered, not a replacement at the same path."""
        return self._by_path.get((resource.group, resource.version, resource.plural)) is resource

    def for_kind(self, api_version: str, kind: str) -> ServedResource | None:
        """Return the resource of a kind, None if there is none."""
        for resource in self._by_path.values():
            if resource.kind == kind and resource.api_version == api_version:
                return resource
        return None

    def for_bucket(self, bucket: str) -> ServedResource | None:
        """Return the resource in the storage version of a bucket, None if it is not served."""
        return self._by_bucket.get(bucket)

    def namespaced_buckets(self) -> list[ServedResource]:
        """Return one resource for each bucket of namespaced objects."""
        return [resource for resource in self._by_bucket.values() if resource.namespaced]

    def is_builtin_group(self, group: str) -> bool:
        """Report whether a group is built in."""
        return group in self._builtin_groups

    def crd_names(self) -> set[str]:
        """Return the names of the served CustomResourceDefinitions."""
        return {resource.custom.crd_name for resource in self._by_path.values() if resource.custom is not None}

    def all(self) -> list[ServedResource]:
        """Return all resources in the order of their registration."""
        return list(self._by_path.values())

    def versions(self) -> dict[str, list[str]]:
        """Return the versions of each group in order of preference. The core group is "", custom groups come last."""
        groups: dict[str, list[str]] = {}
        for group, version, _ in self._by_path:
            versions = groups.setdefault(group, [])
            if version not in versions:
                versions.append(version)
        custom = sorted(groups.keys() - self._builtin_groups)
        ordered = {group: versions for group, versions in groups.items() if group in self._builtin_groups}
        return ordered | {group: sorted(groups[group], key=version_order) for group in custom}

    def in_version(self, group: str, version: str) -> list[ServedResource]:
        """Return the resources of one group version."""
        return [
            resource for resource in self._by_path.values() if (resource.group, resource.version) == (group, version)
        ]
