"""Bearer tokens and their users: registered ones, and those of service accounts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any
from uuid import uuid4

from kube_apiserver.clock import Clock
from kube_apiserver.security.token_signer import InvalidToken, TokenSigner
from kube_apiserver.security.user import ADMIN, User
from kube_apiserver.storage import Item, Store, item_key

AUDIENCE = "https://kubernetes.default.svc"
"""The default audience of tokens, and their issuer: this server."""

_EXTRA = "authentication.kubernetes.io/"
# kube-apiserver accepts a token for so long after its account or bound object was marked as deleted.
_LEEWAY = timedelta(minutes=1)
_BOUND = {"pod": "pods", "node": "nodes", "secret": "secrets"}
_GONE = "service account token has been invalidated"


class Refused(Exception):
    """The token is not valid. The message says why, in kube-apiserver's words; it is empty if the token is unknown."""


@dataclass(frozen=True, slots=True)
class Account:
    """A service account, and the object that its token is bound to.

    Attributes:
        bound: name and UID of the objects in the token, by their claims ``pod``, ``node`` and ``secret``.
    """

    namespace: str
    name: str
    uid: str
    bound: Mapping[str, tuple[str, str]]


class Tokens:
    """The bearer tokens of one server."""

    def __init__(self, store: Store, clock: Clock, signer: TokenSigner) -> None:
        self.signer = signer
        self._store = store
        self._clock = clock
        self._users: dict[str, User] = {}
        # Verification takes longer than all other work on a small request.
        self._claims = lru_cache(maxsize=1024)(signer.claims)

    def register(self, token: str, user: User = ADMIN) -> None:
        """Register ``token`` as a credential of ``user``."""
        self._users[token] = user

    def find(self, token: str, audiences: Sequence[str] = ()) -> tuple[User, list[str]]:
        """Return the user of a token, and those of its audiences that are wanted.

        Args:
            token: the bearer token.
            audiences: whom the token must be meant for, by default this server.

        Raises:
            Refused: the token is unknown, has expired, is for others, or its account is gone.
        """
        wanted = list(audiences) or [AUDIENCE]
        # A dict lookup leaks timing information about the hash only, which is harmless on a loopback server.
        registered = self._users.get(token)
        if registered is not None:
            return registered, wanted
        try:
            claims = self._claims(token)
        except InvalidToken as error:
            raise Refused("") from error
        return self._user(claims), self._audiences(claims, wanted)

    def issue(self, account: Account, seconds: int, audiences: Sequence[str]) -> str:
        """Return a new token of a service account."""
        now = int(self._clock.now().timestamp())
        bound = {claim: {"name": name, "uid": uid} for claim, (name, uid) in account.bound.items()}
        own = {"namespace": account.namespace, "serviceaccount": {"name": account.name, "uid": account.uid}}
        return self.signer.sign(
            {
                "aud": list(audiences),
                "exp": now + seconds,
                "iat": now,
                "iss": AUDIENCE,
                "jti": str(uuid4()),
                "kubernetes.io": {**own, **bound},
                "nbf": now,
                "sub": f"system:serviceaccount:{account.namespace}:{account.name}",
            }
        )

    def _audiences(self, claims: Mapping[str, Any], wanted: list[str]) -> list[str]:
        found = [audience for audience in wanted if audience in claims["aud"]]
        if not found:
            raise Refused(
                f"token audiences {_listed(claims['aud'])} is invalid for the target audiences {_listed(wanted)}"
            )
        return found

    def _user(self, claims: Mapping[str, Any]) -> User:
        now = self._clock.now().timestamp()
        if now > claims["exp"] + _LEEWAY.total_seconds():
            raise Refused("service account token has expired")
        if now < claims["nbf"] - _LEEWAY.total_seconds():
            raise Refused("service account token is not valid yet")
        own = claims["kubernetes.io"]
        namespace, account = own["namespace"], own["serviceaccount"]
        there = self._store.get("serviceaccounts", item_key(namespace, account["name"]))
        if there is None:
            raise Refused(f'serviceaccounts "{account["name"]}" not found')
        if there.uid != account["uid"]:
            raise Refused(f"service account UID ({there.uid}) does not match claim ({account['uid']})")
        if self._is_gone(there):
            raise Refused(f"service account {namespace}/{account['name']} has been deleted")
        extra = [("credential-id", f"JTI={claims['jti']}")]
        for claim in ("pod", "node", "secret"):
            if claim in own:
                self._check_bound(claim, own)
                extra += [] if claim == "secret" else _shown(claim, own[claim])
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
        shown = tuple(sorted((f"{_EXTRA}{key}", (value,)) for key, value in extra))
        return User(claims["sub"], groups, account["uid"], shown)

    def _check_bound(self, claim: str, own: Mapping[str, Any]) -> None:
        if claim == "node" and "pod" in own:
            return  # the node of a Pod is only information
        reference = own[claim]
        namespace = "" if claim == "node" else own["namespace"]
        there = self._store.get(_BOUND[claim], item_key(namespace, reference["name"]))
        if there is None or there.uid != reference["uid"] or self._is_gone(there):
            raise Refused(_GONE)

    def _is_gone(self, item: Item) -> bool:
        """Report whether an object was marked as deleted some time ago."""
        if b'"deletionTimestamp"' not in item.raw:
            return False
        deleted = item.decode()["metadata"].get("deletionTimestamp")
        return bool(deleted) and deleted < (self._clock.now() - _LEEWAY).strftime("%Y-%m-%dT%H:%M:%SZ")


def _shown(claim: str, reference: Mapping[str, str]) -> list[tuple[str, str]]:
    found = [(f"{claim}-name", reference["name"])]
    return [*found, (f"{claim}-uid", reference["uid"])] if reference.get("uid") else found


def _listed(values: Sequence[str]) -> str:
    return "[" + " ".join(f'"{value}"' for value in values) + "]"
