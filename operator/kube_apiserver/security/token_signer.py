"""Signing of JSON Web Tokens for service accounts, and the public key that verifies them."""

import base64
import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from kube_apiserver import codec
from kube_apiserver.security.files import write_private

ALGORITHM = "ES256"
_KEY = "sa.key"
_COORDINATE_BYTES = 32
_SIGNATURE = ec.ECDSA(hashes.SHA256())


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
        r, s = decode_dss_signature(self._key.sign(signed.encode(), _SIGNATURE))
        signature = r.to_bytes(_COORDINATE_BYTES, "big") + s.to_bytes(_COORDINATE_BYTES, "big")
        return f"{signed}.{_encoded(signature)}"

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
        if not isinstance(found, dict) or not isinstance(claims, dict) or len(signature) != 2 * _COORDINATE_BYTES:
            raise InvalidToken("the token is not a JSON Web Token")
        if found.get("alg") != ALGORITHM or found.get("kid") != self.key_id:
            raise InvalidToken("the token is not signed with the key of this server")
        r, s = (int.from_bytes(part, "big") for part in (signature[:_COORDINATE_BYTES], signature[_COORDINATE_BYTES:]))
        try:
            self._key.public_key().verify(encode_dss_signature(r, s), signed.encode(), _SIGNATURE)
        except InvalidSignature as error:
            raise InvalidToken("the signature of the token is wrong") from error
        return claims

    def key_set(self) -> dict[str, Any]:
        """Return the JSON Web Key Set with the public key."""
        numbers = self._key.public_key().public_numbers()
        point = {name: _encoded(getattr(numbers, name).to_bytes(_COORDINATE_BYTES, "big")) for name in ("x", "y")}
        return {"keys": [{"use": "sig", "kty": "EC", "kid": self.key_id, "crv": "P-256", "alg": ALGORITHM, **point}]}

    @cached_property
    def key_id(self) -> str:
        """Return the ID of the key, a hash of its public half as in kube-apiserver."""
        der = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return _encoded(hashlib.sha256(der).digest())

    @cached_property
    def _key(self) -> ec.EllipticCurvePrivateKey:
        path = self._folder / _KEY if self._folder is not None else None
        if path is not None and path.exists():
            kept = serialization.load_pem_private_key(path.read_bytes(), None)
            if not isinstance(kept, ec.EllipticCurvePrivateKey):
                raise ValueError(f"{path} is not an elliptic curve key")
            return kept
        made = ec.generate_private_key(ec.SECP256R1())
        if path is not None:
            encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
            write_private(path, made.private_bytes(encoding, form, serialization.NoEncryption()))
        return made


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
