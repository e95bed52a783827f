"""The one who asks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class User:
    """An identity as ``authentication.k8s.io`` has it.

    Attributes:
        extra: whatever else is known of it, as names with their values.
    """

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()


MASTERS = "system:masters"
"""The group that may do everything."""

ADMIN = User("admin", (MASTERS, "system:authenticated"))
ANONYMOUS = User("system:anonymous", ("system:unauthenticated",))
