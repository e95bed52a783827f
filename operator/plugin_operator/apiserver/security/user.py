"""The one who asks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class User:
    """An identity as ``authentication.k8s.io`` has it.

    Attributes:
        credential: what its token is known as in logs; empty for one that was not issued here.
    """

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    credential: str = ""


MASTERS = "system:masters"
"""The group that may do everything."""

ADMIN = User("admin", (MASTERS, "system:authenticated"))
ANONYMOUS = User("system:anonymous", ("system:unauthenticated",))
