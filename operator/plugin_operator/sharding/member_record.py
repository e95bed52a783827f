"""The record that a member publishes about itself: with a cluster in its Lease, in a pod through its pipe."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec


class Phase(StrEnum):
    """What a member wants."""

    ACTIVE = "active"
    LEAVING = "leaving"
    LEFT = "left"


class MemberRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """State of one member, as of its last renewal.

    Attributes:
        name: names one life of one process; no other life ever has it.
        renewals: number of this renewal. Only a changed number shows that the member lives.
        origin: series of maps that the member follows; empty until it saw a map.
        phase: ``leaving`` asks for planned moves of all shards; ``left`` states that all work has stopped.
        capacity: share of the work relative to other members.
        acknowledged: shards that the member has drained, with the epoch that ended.
        load: observed load of each owned shard, in any unit that all members share.
        revision: names the operator's version and the contents of all plugins; empty if all members have the same.
    """

    name: str
    renewals: int
    origin: str = ""
    phase: Phase = Phase.ACTIVE
    capacity: float = 1.0
    acknowledged: Mapping[str, int] = {}
    load: Mapping[str, float] = {}
    revision: str = ""

    @classmethod
    def decode(cls, data: bytes) -> "MemberRecord":
        """Return the record from its JSON.

        Raises:
            ValueError: it is no record.
        """
        try:
            return msgspec.json.decode(data, type=cls)
        except RecursionError as error:
            raise ValueError("not a record: nested too deeply") from error

    def encode(self) -> bytes:
        """Return the record as JSON."""
        return msgspec.json.encode(self)
