"""``Sighting``: one state of the Lease from the watch, which may be late."""

import msgspec

from plugin_operator.kube.resource_versions import is_at_least


class Sighting(msgspec.Struct, frozen=True):
    """Holder, version and duration of the Lease in one watch event.

    Attributes:
        holder: identity of the holder; empty if there is none.
        resource_version: ``resourceVersion`` of that state.
        holder_seconds: duration of the Lease; 0 if it has none.
    """

    holder: str
    resource_version: str
    holder_seconds: int = 0

    def is_not_newer_than(self, resource_version: str) -> bool:
        """Report whether this state is known to be older than, or equal to, ``resource_version``.

        Versions that are not numbers are compared for equality only.
        """
        return is_at_least(resource_version, self.resource_version)
