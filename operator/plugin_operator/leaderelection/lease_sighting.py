"""One state of the Lease as a watch reports it, possibly late."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sighting:
    """Who held the Lease, and in which version of it.

    Attributes:
        holder: the holder; empty if nobody.
        resource_version: of the Lease in that state.
    """

    holder: str
    resource_version: str

    def is_not_newer_than(self, resource_version: str) -> bool:
        """Return whether this is surely what was before that version, or that version itself.

        Versions are numbers on every server there is. Of others only equality is known.
        """
        mine, other = self.resource_version, resource_version
        if mine.isdecimal() and other.isdecimal():
            return int(mine) <= int(other)
        return mine == other
