"""Sharding: several members share the objects of a kind, and no two of them work on one object.

Owns the shard map and the state machines of the protocol. These do no I/O and read no clock. Leaves requests, pipes and
queues to its callers, and hashes and ranges to ``kube``. The state machines are imported on first use: an operator of
one process only names the records.
"""

from typing import TYPE_CHECKING

from plugin_operator.imports import names_on_demand
from plugin_operator.sharding.member_record import MemberRecord, Phase
from plugin_operator.sharding.shard_map import LEAD, Shard, ShardMap, slice_of
from plugin_operator.sharding.stored_map import StoredMap
from plugin_operator.sharding.timing import MembershipTiming

if TYPE_CHECKING:
    from plugin_operator.sharding.coordinator import Coordinator
    from plugin_operator.sharding.lease_writer import LeaseWriter
    from plugin_operator.sharding.member import Member

__all__ = [
    "LEAD",
    "Coordinator",
    "LeaseWriter",
    "Member",
    "MemberRecord",
    "MembershipTiming",
    "Phase",
    "Shard",
    "ShardMap",
    "StoredMap",
    "slice_of",
]

_HOME_OF = {
    "Coordinator": "plugin_operator.sharding.coordinator",
    "LeaseWriter": "plugin_operator.sharding.lease_writer",
    "Member": "plugin_operator.sharding.member",
}


if not TYPE_CHECKING:
    __getattr__ = names_on_demand(__name__, _HOME_OF)
