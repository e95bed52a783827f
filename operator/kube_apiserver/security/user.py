"""The user of a request."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class User:
    """A user as in ``authentication.k8s.io`` UserInfo.

    Attributes:
        extra: additional keys with their values.
    """

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()


MASTERS = "system:masters"
"""The group that may do everything."""

ADMIN = User("admin", (MASTERS, "system:authenticated"))
ANONYMOUS = User("system:anonymous", ("system:unauthenticated",))
