"""Bearer tokens into users."""

import hmac
from collections.abc import Mapping

from plugin_operator.apiserver.security.user import ADMIN, ANONYMOUS, User
from plugin_operator.apiserver.wire.failure import unauthorized


class Authenticator:
    """Knows the tokens of one server."""

    def __init__(self, admin_token: str | None) -> None:
        """Take the admin's token; None makes everybody the admin."""
        self._admin_token = admin_token

    def authenticate(self, headers: Mapping[str, str]) -> User:
        """Return who sent these headers.

        Raises:
            ApiFailure: 401, a token that is not known.
        """
        if self._admin_token is None:
            return ADMIN
        kind, _, token = headers.get("Authorization", "").partition(" ")
        if not token:
            return ANONYMOUS
        if kind.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), self._admin_token.encode()):
            return ADMIN
        raise unauthorized()
