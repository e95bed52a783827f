"""The user of a request."""

from typing import Any

import msgspec


class User(msgspec.Struct, frozen=True):
    """A user as in ``authentication.k8s.io`` UserInfo.

    Attributes:
        extra: additional keys with their values.
    """

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def info(self) -> dict[str, Any]:
        """Return the UserInfo, without what is empty."""
        found = {
            "username": self.name,
            "uid": self.uid,
            "groups": list(self.groups),
            "extra": {key: list(values) for key, values in self.extra},
        }
        return {key: value for key, value in found.items() if value or key == "username"}


MASTERS = "system:masters"
"""The group that may do everything."""

ADMIN = User("admin", (MASTERS, "system:authenticated"))
ANONYMOUS = User("system:anonymous", ("system:unauthenticated",))
