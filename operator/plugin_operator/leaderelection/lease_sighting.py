"""``Sighting``: one state of the Lease from the watch, which may be late."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sighting:
    """Holder and version of the Lease in one watch event.

    Attributes:
        holder: identity of the holder; empty if there is none.
        resource_version: ``resourceVersion`` of that state.
    """

    holder: str
    resource_version: str

    def is_not_newer_than(self, resource_version: str) -> bool:
        """Report whether this state is known to be older than, or equal to, ``resource_version``.

        Versions that are not numbers are compared for equality only.
        """
        mine, other = self.resource_version, resource_version
        if mine.isdecimal() and other.isdecimal():
            return int(mine) <= int(other)
        return mine == other
