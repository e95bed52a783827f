"""The leader election record in a Lease.

Owns the conversion between the ``spec`` of a ``coordination.k8s.io/v1`` Lease and a value that the server accepts, also
for an invalid ``spec``. Leaves reading and writing Leases to ``lease_lock``.
"""

import math
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Self

import msgspec

from plugin_operator.kube.timestamps import micro_time

# ``leaseTransitions`` and ``leaseDurationSeconds`` are int32; the server rejects larger values.
INT32_MAX = 2**31 - 1

# Lease duration in a released Lease, as in client-go.
RELEASED_SECONDS = 1

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


class LeaderRecord(msgspec.Struct, frozen=True):
    """Leader election record of a Lease, with the fields of client-go's ``LeaderElectionRecord``.

    Times are the texts from the server. They are compared and written back, but never used in calculations, because the
    clock of another machine may be wrong.
    """

    holder_identity: str
    lease_duration_seconds: int
    acquire_time: str
    renew_time: str
    leader_transitions: int

    @classmethod
    def of(cls, lease: Mapping[str, Any]) -> Self:
        """Return the record of a Lease; fields that are missing or have a wrong type are empty."""
        spec = lease.get("spec")
        spec = spec if isinstance(spec, Mapping) else {}
        return cls(
            holder_identity=_text(spec.get("holderIdentity")),
            lease_duration_seconds=_number(spec.get("leaseDurationSeconds")),
            acquire_time=_text(spec.get("acquireTime")),
            renew_time=_text(spec.get("renewTime")),
            leader_transitions=_number(spec.get("leaseTransitions")),
        )

    @property
    def is_released(self) -> bool:
        """Whether the last holder released the Lease; an empty holder alone may be a manual edit."""
        if self.holder_identity or self.lease_duration_seconds != RELEASED_SECONDS:
            return False
        return self.acquire_time == self.renew_time and is_micro_time(self.renew_time)

    @property
    def next_transitions(self) -> int:
        """``leaseTransitions`` of the next holder, limited to the int32 maximum."""
        return min(self.leader_transitions + 1, INT32_MAX)

    def released(self, moment: datetime) -> "LeaderRecord":
        """Return the record that releases the Lease."""
        now = micro_time(moment)
        return LeaderRecord("", RELEASED_SECONDS, now, now, self.leader_transitions)

    def held_by(self, identity: str, moment: datetime, duration_seconds: float, *, exists: bool) -> "LeaderRecord":
        """Return the record with ``identity`` as holder: a renewal if it holds the Lease, else a transition.

        Args:
            identity: the new holder.
            moment: the current wall-clock time.
            duration_seconds: how long other replicas must observe no renewal.
            exists: False if the Lease does not exist, so that transitions start at zero.
        """
        is_renewal = self.holder_identity == identity
        now = micro_time_unlike(moment, self.renew_time)
        transitions = self.leader_transitions if is_renewal else self.next_transitions
        return LeaderRecord(
            holder_identity=identity,
            # The field has whole seconds; rounding down would let another replica start before this one stops.
            lease_duration_seconds=math.ceil(duration_seconds),
            acquire_time=self.acquire_time if is_renewal and is_micro_time(self.acquire_time) else now,
            renew_time=now,
            leader_transitions=transitions if exists else 0,
        )

    def to_spec(self) -> dict[str, Any]:
        """Return the ``spec`` fields of a Lease for this record."""
        return {
            "holderIdentity": self.holder_identity,
            "leaseDurationSeconds": self.lease_duration_seconds,
            "acquireTime": self.acquire_time,
            "renewTime": self.renew_time,
            "leaseTransitions": self.leader_transitions,
        }


def is_micro_time(text: str) -> bool:
    """Return whether the server accepts ``text`` as a MicroTime."""
    try:
        return _RFC3339.fullmatch(text) is not None and datetime.fromisoformat(text) is not None
    except ValueError:
        return False


def micro_time_unlike(moment: datetime, other: str) -> str:
    """Return ``moment`` as MicroTime, one microsecond later if it would equal ``other``.

    Other replicas detect a renewal by its changed time, so it must differ even if the wall clock stands still.
    """
    text = micro_time(moment)
    return text if text != other else micro_time(moment + timedelta(microseconds=1))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        return 0
    return max(0, min(value, INT32_MAX))
