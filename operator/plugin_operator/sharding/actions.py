"""What the state machines ask of the code that drives them."""

import msgspec

from plugin_operator.sharding.member_record import MemberRecord
from plugin_operator.sharding.shard_map import ShardMap


class Publish(msgspec.Struct, frozen=True):
    """Write the record of the member, then call ``on_renewed``, ``on_publish_failed`` or ``on_lease_lost``.

    The write must fail if the member's Lease was deleted or revoked, also if a person restored it; see ``LeaseWriter``.
    """

    record: MemberRecord


class StartShard(msgspec.Struct, frozen=True):
    """Work on a shard, as long as ``Member.may_act`` permits it."""

    shard: str
    epoch: int


class DrainShard(msgspec.Struct, frozen=True):
    """Take no new keys of a shard, then call ``on_drained`` when the last one is done."""

    shard: str
    epoch: int


class StopMember(msgspec.Struct, frozen=True):
    """Stop all work now: this life is over. A process that wants to work again joins with a new name."""

    reason: str


MemberAction = Publish | StartShard | DrainShard | StopMember


class ReadMap(msgspec.Struct, frozen=True):
    """Read the map object from the store, not from a cache.

    Then call ``on_map`` or ``on_map_absent``; without an answer ``on_unanswered``.
    """


class WriteMap(msgspec.Struct, frozen=True):
    """Write the map, then call ``on_map`` with the result, or ``on_map_doubt``.

    Attributes:
        content: the new map.
        resource_version: the write must fail if the object has another; empty to create the object.
    """

    content: ShardMap
    resource_version: str


class ListLeases(msgspec.Struct, frozen=True):
    """List all records from the store, not from a cache.

    Then call ``on_listed`` with the number; without an answer ``on_unanswered``.
    """

    number: int


class ReadLease(msgspec.Struct, frozen=True):
    """Read one record from the store, not from a cache, then call ``on_lease`` or ``on_lease_lost``."""

    name: str


class RevokeLease(msgspec.Struct, frozen=True):
    """Delete the Lease of a member if it still has the version, then call ``on_revoked`` or ``on_revoke_failed``.

    A supervisor ends the process instead and calls ``on_exited`` when it is gone.
    """

    name: str
    resource_version: str


CoordinatorAction = ReadMap | WriteMap | ListLeases | ReadLease | RevokeLease
