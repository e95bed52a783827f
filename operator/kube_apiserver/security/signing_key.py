"""The key pair that signs tokens of service accounts: ECDSA on the curve P-256 with SHA-256."""

from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

COORDINATE_BYTES = 32
_SIGNATURE = ec.ECDSA(hashes.SHA256())


class SigningKey:
    """A key pair. Signatures are both numbers in a row, as in a JSON Web Token."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key
        self._public = key.public_key()

    @classmethod
    def make(cls) -> Self:
        """Return a new key."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def load(cls, pem: bytes) -> Self:
        """Return the key in a PEM text.

        Raises:
            ValueError: the text has no such key.
        """
        key = serialization.load_pem_private_key(pem, None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError("it is not an elliptic curve key")  # noqa: TRY004 - a bad file, not a bad type
        return cls(key)

    @property
    def pem(self) -> bytes:
        """Return the private key in PEM."""
        encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        return self._key.private_bytes(encoding, form, serialization.NoEncryption())

    @property
    def public_der(self) -> bytes:
        """Return the public key in DER."""
        return self._public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

    @property
    def point(self) -> tuple[bytes, bytes]:
        """Return the coordinates of the public key."""
        numbers = self._public.public_numbers()
        return numbers.x.to_bytes(COORDINATE_BYTES, "big"), numbers.y.to_bytes(COORDINATE_BYTES, "big")

    def sign(self, data: bytes) -> bytes:
        """Return the signature of ``data``."""
        r, s = decode_dss_signature(self._key.sign(data, _SIGNATURE))
        return r.to_bytes(COORDINATE_BYTES, "big") + s.to_bytes(COORDINATE_BYTES, "big")

    def has_signed(self, data: bytes, signature: bytes) -> bool:
        """Report whether a signature is that of ``data`` by this key."""
        if len(signature) != 2 * COORDINATE_BYTES:
            return False
        halves = signature[:COORDINATE_BYTES], signature[COORDINATE_BYTES:]
        try:
            self._public.verify(
                encode_dss_signature(*(int.from_bytes(each, "big") for each in halves)), data, _SIGNATURE
            )
        except InvalidSignature:
            return False
        return True
