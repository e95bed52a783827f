"""Authentication of requests: bearer tokens and impersonation headers."""

from urllib.parse import unquote

from multidict import MultiMapping

from kube_apiserver.security.authorization import Attributes, refusal
from kube_apiserver.security.rbac import RbacAuthorizer
from kube_apiserver.security.tokens import Refused, Tokens
from kube_apiserver.security.user import ADMIN, ANONYMOUS, User
from kube_apiserver.wire.status_error import StatusError, bad_request, unauthorized


class Authenticator:
    """Authenticates requests."""

    def __init__(self, tokens: Tokens, authorizer: RbacAuthorizer, *, required: bool) -> None:
        """Set up the token lookup. If ``required`` is false, a request without a token is the admin's."""
        self._tokens = tokens
        self._authorizer = authorizer
        self._without_token = ANONYMOUS if required else ADMIN

    def authenticate(self, headers: MultiMapping[str]) -> User:
        """Return the user of a request, or the user that it impersonates.

        Raises:
            StatusError: 401, the token is unknown; 400 or 403, the impersonation is invalid or not allowed.
        """
        kind, _, token = headers.get("Authorization", "").partition(" ")
        user = self._without_token
        if token:
            user = self._holder(kind, token.strip())
        # Only a request whose headers hold the word at all has each of them looked at.
        if _IMPERSONATE in "\n".join(headers).lower() and any(map(_impersonates, headers)):
            return self._impersonated(user, headers)
        return user

    def _holder(self, kind: str, token: str) -> User:
        """Return the user of a credential. Raise 401 if it is not valid."""
        if kind.lower() != "bearer":
            raise unauthorized()
        try:
            return self._tokens.find(token)[0]
        except Refused as error:
            raise unauthorized() from error

    def _impersonated(self, user: User, headers: MultiMapping[str]) -> User:
        name, uid = headers.get("Impersonate-User", ""), headers.get("Impersonate-Uid", "")
        groups = tuple(headers.getall("Impersonate-Group", []))
        extra = _extra(headers)
        if not name:
            raise _nameless(uid, groups, extra)
        self._check(user, _subject(name))
        for group in groups:
            self._check(user, Attributes("impersonate", resource="groups", name=group))
        for key, values in extra:
            for value in values:
                about = Attributes("impersonate", _AUTHENTICATION, "userextras", key, name=value)
                self._check(user, about)
        if uid:
            self._check(user, Attributes("impersonate", group=_AUTHENTICATION, resource="uids", name=uid))
        if not groups and name.startswith(_SERVICE_ACCOUNT):
            namespace = name.removeprefix(_SERVICE_ACCOUNT).partition(":")[0]
            groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
        basic = "system:unauthenticated" if name == ANONYMOUS.name else "system:authenticated"
        return User(name, groups if basic in groups else (*groups, basic), uid, extra)

    def _check(self, user: User, attributes: Attributes) -> None:
        if not self._authorizer.allows(user, attributes):
            raise refusal(user, attributes)


_IMPERSONATE = "impersonate-"
_EXTRA = "impersonate-extra-"
_AUTHENTICATION = "authentication.k8s.io"
_SERVICE_ACCOUNT = "system:serviceaccount:"


def _impersonates(header: str) -> bool:
    return header.lower().startswith(_IMPERSONATE)


def _subject(name: str) -> Attributes:
    if name.startswith(_SERVICE_ACCOUNT):
        namespace, _, account = name.removeprefix(_SERVICE_ACCOUNT).partition(":")
        return Attributes("impersonate", resource="serviceaccounts", namespace=namespace, name=account)
    return Attributes("impersonate", resource="users", name=name)


def _extra(headers: MultiMapping[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the values of headers such as ``Impersonate-Extra-Scopes``. Header names are percent-decoded."""
    found: dict[str, list[str]] = {}
    for name, value in headers.items():
        if name.lower().startswith(_EXTRA):
            found.setdefault(unquote(name.lower().removeprefix(_EXTRA)), []).append(value)
    return tuple((name, tuple(values)) for name, values in sorted(found.items()))


def _nameless(uid: str, groups: tuple[str, ...], extra: tuple[tuple[str, tuple[str, ...]], ...]) -> StatusError:
    shown = ", ".join(f'"{name}":{_strings(values)}' for name, values in extra)
    held = f"map[string][]string{{{shown}}}" if extra else "map[string][]string(nil)"
    info = f'&user.DefaultInfo{{Name:"", UID:"{uid}", Groups:{_strings(groups)}, Extra:{held}}}'
    return bad_request(f"requested {info} without impersonating a user name")


def _strings(values: tuple[str, ...]) -> str:
    quoted = ", ".join(f'"{value}"' for value in values)
    return f"[]string{{{quoted}}}" if values else "[]string(nil)"
