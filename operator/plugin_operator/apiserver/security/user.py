"""The one who asks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class User:
    """An identity as ``authentication.k8s.io`` has it."""

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""


ADMIN = User("admin", ("system:masters", "system:authenticated"))
ANONYMOUS = User("system:anonymous", ("system:unauthenticated",))
