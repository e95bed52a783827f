"""Bearer tokens and their users."""

import secrets
from uuid import uuid4

from kube_apiserver.security.user import ADMIN, User

AUDIENCE = "https://kubernetes.default.svc"
"""The default audience of tokens: this server."""

CREDENTIAL = "authentication.kubernetes.io/credential-id"
"""The extra key of a user that holds the ID of its token, for logs."""


class Tokens:
    """The bearer tokens of one server. Issued service account tokens are valid until the process ends."""

    def __init__(self) -> None:
        self._users: dict[str, User] = {}

    def register(self, token: str, user: User = ADMIN) -> None:
        """Register ``token`` as a credential of ``user``."""
        self._users[token] = user

    def find(self, token: str) -> User | None:
        """Return the user of a token, None if it is unknown."""
        # A dict lookup leaks timing information about the hash only, which is harmless on a loopback server.
        return self._users.get(token)

    def issue(self, namespace: str, name: str, uid: str) -> str:
        """Return a new token for a service account."""
        token = secrets.token_urlsafe(48)
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
        credential = (CREDENTIAL, (f"JTI={uuid4()}",))
        self._users[token] = User(f"system:serviceaccount:{namespace}:{name}", groups, uid, (credential,))
        return token
