"""Which bearer token belongs to whom."""

import secrets
from uuid import uuid4

from kube_apiserver.security.user import ADMIN, User

AUDIENCE = "https://kubernetes.default.svc"
"""Whom tokens are for that name nobody: this server."""

CREDENTIAL = "authentication.kubernetes.io/credential-id"
"""What a token is known as in logs."""


class Tokens:
    """The tokens of one server. Tokens issued for service accounts live as long as the process."""

    def __init__(self) -> None:
        self._users: dict[str, User] = {}

    def admit(self, token: str, user: User = ADMIN) -> None:
        """Let a token stand for a user."""
        self._users[token] = user

    def find(self, token: str) -> User | None:
        """Return whose token it is, None if nobody's."""
        # Looking a token up by its hash gives away no more than timing noise on a loopback server.
        return self._users.get(token)

    def issue(self, namespace: str, name: str, uid: str) -> str:
        """Return a new token for a service account."""
        token = secrets.token_urlsafe(48)
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
        credential = (CREDENTIAL, (f"JTI={uuid4()}",))
        self._users[token] = User(f"system:serviceaccount:{namespace}:{name}", groups, uid, (credential,))
        return token
