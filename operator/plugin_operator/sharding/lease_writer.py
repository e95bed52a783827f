"""How the records of a member get into its Lease: which request is right after each answer, or after none.

A member is named after its Lease: by the name of the object and by the uid that the store gave it. A Lease that is
deleted never comes back with its uid. So the store's answer that there is none proves that the member has lost it, also
if a person restores the object, or if a request to create it arrives twice.

To join, create a Lease without a record under a random name. If there is no answer, forget it and create another one.
"""

import msgspec

from plugin_operator.kube.resource_versions import is_newer
from plugin_operator.sharding.member_record import MemberRecord

_SEPARATOR = "/"


class LeaseState(msgspec.Struct, frozen=True):
    """Identity and version of a Lease, as the store answered."""

    name: str
    uid: str
    resource_version: str

    @property
    def member(self) -> str:
        """Name of the member that this Lease is for; a record with another name in it was put there by hand."""
        return f"{self.name}{_SEPARATOR}{self.uid}"


class UpdateLease(msgspec.Struct, frozen=True):
    """Write the record if the Lease has the uid and the version."""

    record: MemberRecord
    known: LeaseState


class LookUpLease(msgspec.Struct, frozen=True):
    """Read the Lease from the store, not from a cache, then call ``on_found`` or ``on_missing``."""

    record: MemberRecord


LeaseRequest = UpdateLease | LookUpLease


def lease_of(member: str) -> tuple[str, str]:
    """Return name and uid of the Lease of a member."""
    name, _, uid = member.rpartition(_SEPARATOR)
    return name, uid


class LeaseWriter:
    """Chooses the requests for one life of one member.

    Args:
        created: the Lease, as the answer to its creation showed it.

    Attributes:
        is_lost: whether the Lease is gone. The life of the member is over then.
    """

    def __init__(self, created: LeaseState) -> None:
        self.is_lost = False
        self._known = created
        self._is_unsure = False
        # Renewals of the record published last: an older one is never written after it.
        self._latest = 0

    def publish(self, record: MemberRecord) -> LeaseRequest:
        """Return the request that writes a record, or the one that must come before it."""
        self._latest = max(self._latest, record.renewals)
        return LookUpLease(record) if self._is_unsure else UpdateLease(record, self._known)

    def on_found(self, record: MemberRecord, state: LeaseState) -> UpdateLease | None:
        """Return the request that writes a record after ``LookUpLease`` found the Lease.

        The result is None if it is another Lease, which is then lost, or if a later record was published meanwhile.
        """
        if state.uid != self._known.uid:
            self.is_lost = True
            return None
        if record.renewals < self._latest:
            return None
        self._known, self._is_unsure = state, False
        return UpdateLease(record, state)

    def on_written(self, state: LeaseState) -> None:
        """Note that a record was written. The answer may be late."""
        if is_newer(state.resource_version, self._known.resource_version):
            self._known, self._is_unsure = state, False

    def on_doubt(self) -> None:
        """Note that a write was refused because of the version or that it had no answer."""
        self._is_unsure = True

    def on_missing(self) -> None:
        """Note that the store has no Lease of this member, or one with another uid."""
        self.is_lost = True
