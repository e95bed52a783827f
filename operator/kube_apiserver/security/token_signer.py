"""Signing of JSON Web Tokens for service accounts, and the public key that verifies them."""

import base64
import hashlib
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kube_apiserver import codec
from kube_apiserver.security.files import write_private

if TYPE_CHECKING:
    from kube_apiserver.security.signing_key import SigningKey

ALGORITHM = "ES256"
_KEY = "sa.key"


class InvalidToken(ValueError):
    """The text is not a token that this key signed."""


class TokenSigner:
    """Signs claims with one key, which is made or read on first use.

    Args:
        folder: where the key is kept across restarts; None keeps it in memory.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def sign(self, claims: dict[str, Any]) -> str:
        """Return the token with these claims."""
        head = codec.encode({"alg": ALGORITHM, "kid": self.key_id})
        signed = f"{_encoded(head)}.{_encoded(codec.encode(claims))}"
        return f"{signed}.{_encoded(self._key.sign(signed.encode()))}"

    def claims(self, token: str) -> dict[str, Any]:
        """Return the claims of a token, after its signature was verified.

        Raises:
            InvalidToken: the text is not a token that this key signed.
        """
        try:
            signed, _, last = token.rpartition(".")
            head, _, body = signed.partition(".")
            signature = _decoded(last)
            found, claims = codec.decode(_decoded(head)), codec.decode(_decoded(body))
        except ValueError as error:
            raise InvalidToken("the token is not a JSON Web Token") from error
        if not isinstance(found, dict) or not isinstance(claims, dict):
            raise InvalidToken("the token is not a JSON Web Token")
        if found.get("alg") != ALGORITHM or found.get("kid") != self.key_id:
            raise InvalidToken("the token is not signed with the key of this server")
        if not self._key.has_signed(signed.encode(), signature):
            raise InvalidToken("the signature of the token is wrong")
        return claims

    def key_set(self) -> dict[str, Any]:
        """Return the JSON Web Key Set with the public key."""
        point = dict(zip(("x", "y"), map(_encoded, self._key.point), strict=True))
        return {"keys": [{"use": "sig", "kty": "EC", "kid": self.key_id, "crv": "P-256", "alg": ALGORITHM, **point}]}

    @cached_property
    def key_id(self) -> str:
        """Return the ID of the key, a hash of its public half as in kube-apiserver."""
        return _encoded(hashlib.sha256(self._key.public_der).digest())

    @cached_property
    def _key(self) -> "SigningKey":
        # Imported on demand: a server without TLS does without cryptography until it signs the first token.
        from kube_apiserver.security.signing_key import SigningKey

        path = self._folder / _KEY if self._folder is not None else None
        if path is not None and path.exists():
            try:
                return SigningKey.load(path.read_bytes())
            except ValueError as error:
                raise ValueError(f"{path} holds no key: {error}") from error
        made = SigningKey.make()
        if path is not None:
            write_private(path, made.pem)
        return made


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
