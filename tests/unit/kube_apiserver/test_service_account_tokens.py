"""Tokens of service accounts: signed, limited in time, and dead with what they are bound to."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kube_apiserver.security.token_signer import InvalidToken, TokenSigner
from kube_apiserver.security.tokens import AUDIENCE, Account, Refused, Tokens
from kube_apiserver.storage import Store

START = datetime(2026, 1, 1, tzinfo=UTC)
BUCKETS = {"serviceaccounts": "ServiceAccount", "pods": "Pod", "secrets": "Secret", "nodes": "Node"}


class SetClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at


class Server:
    """The tokens of a server with one account ``a`` in the namespace ``n``."""

    def __init__(self, folder: Path | None = None) -> None:
        self.clock = SetClock()
        self.store = Store()
        self.tokens = Tokens(self.store, self.clock, TokenSigner(folder))
        self.put("serviceaccounts", "a", "1")

    def put(self, bucket: str, name: str, uid: str, **metadata: Any) -> None:
        place = {} if bucket == "nodes" else {"namespace": "n"}
        self.store.put(bucket, {"metadata": {"name": name, "uid": uid, **place, **metadata}}, "v1", BUCKETS[bucket])

    def delete(self, bucket: str, name: str) -> None:
        self.store.delete(bucket, {"metadata": {"name": name, "namespace": "n"}}, "v1", BUCKETS[bucket])

    def issue(self, *audiences: str, **bound: tuple[str, str]) -> str:
        return self.tokens.issue(Account("n", "a", "1", bound), 600, audiences or (AUDIENCE,))

    def refusal(self, token: str, *audiences: str) -> str | None:
        try:
            self.tokens.find(token, audiences)
        except Refused as refused:
            return str(refused)
        return None


def test_a_token_is_that_of_its_account() -> None:
    server = Server()
    user, audiences = server.tokens.find(server.issue())
    assert (user.name, user.uid, audiences) == ("system:serviceaccount:n:a", "1", [AUDIENCE])
    assert user.groups == ("system:serviceaccounts", "system:serviceaccounts:n", "system:authenticated")


def test_a_token_expires_a_minute_after_its_time() -> None:
    server = Server()
    token = server.issue()
    server.clock.at = START + timedelta(seconds=659)
    assert server.refusal(token) is None
    server.clock.at = START + timedelta(seconds=661)
    assert server.refusal(token) == "service account token has expired"
    server.clock.at = START - timedelta(seconds=61)
    assert server.refusal(token) == "service account token is not valid yet"


def test_a_token_dies_with_its_account_and_not_returns_with_another_of_that_name() -> None:
    server = Server()
    token = server.issue()
    server.delete("serviceaccounts", "a")
    assert server.refusal(token) == 'serviceaccounts "a" not found'
    server.put("serviceaccounts", "a", "2")
    assert server.refusal(token) == "service account UID (2) does not match claim (1)"


def test_a_token_outlives_the_deletion_of_its_account_by_a_minute_while_finalizers_hold_it() -> None:
    server = Server()
    token = server.issue()
    server.put("serviceaccounts", "a", "1", deletionTimestamp="2026-01-01T00:00:00Z")
    assert server.refusal(token) is None
    server.clock.at = START + timedelta(seconds=62)
    assert server.refusal(token) == "service account n/a has been deleted"


@pytest.mark.parametrize("claim", ["pod", "secret", "node"])
def test_a_token_dies_with_the_object_that_it_is_bound_to(claim: str) -> None:
    server = Server()
    token = server.issue(**{claim: ("b", "7")})
    assert server.refusal(token) == "service account token has been invalidated"
    server.put(f"{claim}s", "b", "7")
    assert server.refusal(token) is None
    server.put(f"{claim}s", "b", "8")
    assert server.refusal(token) == "service account token has been invalidated"


def test_a_token_is_only_for_its_audiences() -> None:
    server = Server()
    token = server.issue("one", "two")
    assert server.refusal(token) == f'token audiences ["one" "two"] is invalid for the target audiences ["{AUDIENCE}"]'
    assert server.tokens.find(token, ["two", "three"])[1] == ["two"]


@pytest.mark.parametrize(
    "change", ["", "x", ".", "..", "a.b.c", "{head}.{body}.", "{head}.{body}.AAAA", "é.é.é", "a" * 5000]
)
def test_what_is_no_token_of_this_server_is_unknown(change: str) -> None:
    server = Server()
    head, body, _ = server.issue().split(".")
    assert server.refusal(change.format(head=head, body=body)) == ""


def test_a_token_with_other_claims_or_of_another_key_is_unknown() -> None:
    server, other = Server(), Server()
    token = server.issue()
    head, _, signature = token.split(".")
    assert server.refusal(f"{head}.{other.issue().split('.')[1]}.{signature}") == ""
    assert other.refusal(token) == ""


def test_a_token_without_a_signature_is_invalid() -> None:
    signer = TokenSigner(None)
    body = signer.sign({"sub": "x"}).split(".")[1]
    with pytest.raises(InvalidToken):
        signer.claims(f"eyJhbGciOiJub25lIn0.{body}.")


def test_the_key_is_kept_in_the_folder(tmp_path: Path) -> None:
    token = Server(tmp_path).issue()
    assert (tmp_path / "sa.key").stat().st_mode & 0o777 == 0o600
    assert Server(tmp_path).refusal(token) is None
