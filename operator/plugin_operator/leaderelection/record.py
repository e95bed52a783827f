"""What a Lease says about who leads.

Owns the translation between the ``spec`` of a ``coordination.k8s.io/v1`` Lease and a value. Reading and writing Leases
is left to ``lock``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class LeaderRecord:
    """One state of the Lease; the fields are those of client-go's ``LeaderElectionRecord``.

    Times are kept as the text that was read: they are shown and written back, never calculated with, for the clock of
    another machine proves nothing.
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
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
