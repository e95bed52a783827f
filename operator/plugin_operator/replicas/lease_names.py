"""Names of the Leases that the replicas of one operator share."""

import hashlib

import msgspec

from plugin_operator.kube import GroupVersionKind, is_label

LEASE = GroupVersionKind("coordination.k8s.io", "v1", "Lease")
LEASE_TEXT = "coordination.k8s.io/v1/Lease"

#: Label of the Leases of members, by which the coordinator selects them.
GROUP_LABEL = "sharding.plugin-operator/group"
#: Annotation with the record of a member.
RECORD_KEY = "sharding.plugin-operator/record"
#: Annotation with the shard map.
MAP_KEY = "sharding.plugin-operator/map"

_SUFFIX = "-leader-election"


class LeaseNames(msgspec.Struct, frozen=True):
    """Names for one operator in one namespace; two operators with different election Leases share none.

    Attributes:
        namespace: of all Leases.
        base: name of the election Lease without ``-leader-election``.
    """

    namespace: str
    base: str

    @classmethod
    def beside(cls, namespace: str, election: str) -> "LeaseNames":
        """Return the names that belong to the Lease of leader election with this name."""
        return cls(namespace, election.removesuffix(_SUFFIX))

    @property
    def map(self) -> str:
        """Name of the Lease that holds the shard map."""
        return f"{self.base}-shards"

    @property
    def member_prefix(self) -> str:
        """Begin of the names of the Leases of members."""
        return f"{self.base}-member-"

    @property
    def group(self) -> str:
        """Value of the label of the Leases of members: the base, or its digest if it is no label."""
        return self.base if is_label(self.base) else hashlib.sha256(self.base.encode()).hexdigest()[:40]
