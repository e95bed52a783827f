"""Request headers into users: bearer tokens and impersonation."""

from multidict import MultiMapping

from plugin_operator.apiserver.security.authorization import Attributes, refusal
from plugin_operator.apiserver.security.rbac import RoleBased
from plugin_operator.apiserver.security.tokens import Tokens
from plugin_operator.apiserver.security.user import ADMIN, ANONYMOUS, User
from plugin_operator.apiserver.wire.failure import ApiFailure, bad_request, unauthorized


class Authenticator:
    """Finds out who sent a request."""

    def __init__(self, tokens: Tokens, authorizer: RoleBased, *, required: bool) -> None:
        """Take who is known; without ``required`` everybody who sends no token is the admin."""
        self._tokens = tokens
        self._authorizer = authorizer
        self._without_token = ANONYMOUS if required else ADMIN

    def authenticate(self, headers: MultiMapping[str]) -> User:
        """Return who sent these headers, or whom they impersonate.

        Raises:
            ApiFailure: 401 a token that is not known, 400 or 403 an impersonation that cannot be.
        """
        kind, _, token = headers.get("Authorization", "").partition(" ")
        user = self._without_token
        if token:
            found = self._tokens.find(token.strip()) if kind.lower() == "bearer" else None
            if found is None:
                raise unauthorized()
            user = found
        if any(name in headers for name in _IMPERSONATION):
            return self._impersonated(user, headers)
        return user

    def _impersonated(self, user: User, headers: MultiMapping[str]) -> User:
        name, uid = headers.get("Impersonate-User", ""), headers.get("Impersonate-Uid", "")
        groups = tuple(headers.getall("Impersonate-Group", []))
        if not name:
            raise _nameless(uid, groups)
        self._check(user, _subject(name))
        for group in groups:
            self._check(user, Attributes("impersonate", resource="groups", name=group))
        if uid:
            self._check(user, Attributes("impersonate", group="authentication.k8s.io", resource="uids", name=uid))
        if not groups and name.startswith(_SERVICE_ACCOUNT):
            namespace = name.removeprefix(_SERVICE_ACCOUNT).partition(":")[0]
            groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
        basic = "system:unauthenticated" if name == ANONYMOUS.name else "system:authenticated"
        return User(name, groups if basic in groups else (*groups, basic), uid)

    def _check(self, user: User, attributes: Attributes) -> None:
        if not self._authorizer.allows(user, attributes):
            raise refusal(user, attributes)


_IMPERSONATION = ("Impersonate-User", "Impersonate-Group", "Impersonate-Uid")
_SERVICE_ACCOUNT = "system:serviceaccount:"


def _subject(name: str) -> Attributes:
    if name.startswith(_SERVICE_ACCOUNT):
        namespace, _, account = name.removeprefix(_SERVICE_ACCOUNT).partition(":")
        return Attributes("impersonate", resource="serviceaccounts", namespace=namespace, name=account)
    return Attributes("impersonate", resource="users", name=name)


def _nameless(uid: str, groups: tuple[str, ...]) -> ApiFailure:
    quoted = ", ".join(f'"{group}"' for group in groups)
    listed = f"[]string{{{quoted}}}" if groups else "[]string(nil)"
    info = f'&user.DefaultInfo{{Name:"", UID:"{uid}", Groups:{listed}, Extra:map[string][]string(nil)}}'
    return bad_request(f"requested {info} without impersonating a user name")
