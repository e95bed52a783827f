"""What a Lease says about who leads.

Owns the translation between the ``spec`` of a ``coordination.k8s.io/v1`` Lease and a value that the server accepts,
whatever the ``spec`` holds. Reading and writing Leases is left to ``lock``.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

# ``leaseTransitions`` and ``leaseDurationSeconds`` are int32; the server refuses what is larger.
INT32_MAX = 2**31 - 1

# What the one who gives the Lease back writes, here and in client-go.
RELEASED_SECONDS = 1

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class LeaderRecord:
    """One state of the Lease; the fields are those of client-go's ``LeaderElectionRecord``.

    Times are kept as the text that was read: they are compared and written back, never calculated with, for the clock
    of another machine proves nothing.
    """

    holder_identity: str
    lease_duration_seconds: int
    acquire_time: str
    renew_time: str
    leader_transitions: int

    @classmethod
    def of(cls, lease: Mapping[str, Any]) -> Self:
        """Read the record of a Lease; what is missing or of a wrong type counts as empty."""
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
        """Whether the last holder gave the Lease back; an empty holder alone may be somebody's edit."""
        if self.holder_identity or self.lease_duration_seconds != RELEASED_SECONDS:
            return False
        return self.acquire_time == self.renew_time and is_micro_time(self.renew_time)

    @property
    def next_transitions(self) -> int:
        """The count for the next holder; it stays at its maximum, past which the server refuses the Lease."""
        return min(self.leader_transitions + 1, INT32_MAX)

    def released(self, moment: datetime) -> "LeaderRecord":
        """Return what gives the Lease back, for another to take at once."""
        now = micro_time(moment)
        return LeaderRecord("", RELEASED_SECONDS, now, now, self.leader_transitions)

    def held_by(self, identity: str, moment: datetime, duration_seconds: float, *, exists: bool) -> "LeaderRecord":
        """Return what ``identity`` writes after this record: a renewal if it holds the Lease, else a change of leader.

        Args:
            identity: of the holder to be.
            moment: now, by the wall clock.
            duration_seconds: how long others must see no change.
            exists: False if there is no Lease, whose transitions then begin at zero.
        """
        is_renewal = self.holder_identity == identity
        now = micro_time_unlike(moment, self.renew_time)
        transitions = self.leader_transitions if is_renewal else self.next_transitions
        return LeaderRecord(
            holder_identity=identity,
            # Others count in whole seconds; rounding down would let them start before we stop.
            lease_duration_seconds=math.ceil(duration_seconds),
            acquire_time=self.acquire_time if is_renewal and is_micro_time(self.acquire_time) else now,
            renew_time=now,
            leader_transitions=transitions if exists else 0,
        )

    def to_spec(self) -> dict[str, Any]:
        """Return the fields of a Lease's ``spec`` that make up this record."""
        return {
            "holderIdentity": self.holder_identity,
            "leaseDurationSeconds": self.lease_duration_seconds,
            "acquireTime": self.acquire_time,
            "renewTime": self.renew_time,
            "leaseTransitions": self.leader_transitions,
        }


def micro_time(moment: datetime) -> str:
    """Return ``moment`` as Kubernetes' MicroTime: UTC with six digits after the second."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def is_micro_time(text: str) -> bool:
    """Return whether the server accepts ``text`` as a MicroTime."""
    try:
        return _RFC3339.fullmatch(text) is not None and datetime.fromisoformat(text) is not None
    except ValueError:
        return False


def micro_time_unlike(moment: datetime, other: str) -> str:
    """Return ``moment``, a microsecond later if that is what ``other`` says.

    Others see a renewal by its time: with a wall clock that stands still, it must differ all the same.
    """
    text = micro_time(moment)
    return text if text != other else micro_time(moment + timedelta(microseconds=1))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        return 0
    return max(0, min(value, INT32_MAX))
