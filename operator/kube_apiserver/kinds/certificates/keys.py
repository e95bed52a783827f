"""The public keys of PKCS#10 requests and PodCertificateRequests, and the proofs that their owners have them."""

import base64
import hashlib
from typing import Any

from kube_apiserver.schema import Cause, messages

_STUB, _KEY, _PROOF = "spec.stubPKCS10Request", "spec.pkixPublicKey", "spec.proofOfPossession"
_LONGEST = {_STUB: 10 * 1024, _KEY: 10 * 1024, _PROOF: 10 * 1024}
_CURVES = ("secp256r1", "secp384r1", "secp521r1")
_MODULI = (3072, 4096)


def parsed_request(content: bytes) -> Any:
    """Return the PKCS#10 request in DER, None if it is none."""
    # Imported on demand: few servers get certificates.
    from cryptography import x509

    try:
        return x509.load_der_x509_csr(content)
    except ValueError:
        return None


def stub_request_causes(encoded: str) -> list[Cause]:
    """Return the field errors of ``spec.stubPKCS10Request``: its form, its key, its signature."""
    content = base64.b64decode(encoded)
    if len(content) > _LONGEST[_STUB]:
        return [messages.too_long(_STUB, _LONGEST[_STUB])]
    request = parsed_request(content)
    if request is None:
        return [messages.invalid_omitted(_STUB, "must be a valid PKCS#10 CSR")]
    if causes := _key_causes(request.public_key(), _STUB, "P256, P384, or P521"):
        return causes
    return [] if request.is_signature_valid else [messages.invalid_omitted(_STUB, "invalid signature")]


def public_key_causes(key: str, proof: str, uid: str) -> list[Cause]:
    """Return the field errors of ``spec.pkixPublicKey``, and of the proof, which signs the UID of the Pod."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    content, signature = base64.b64decode(key), base64.b64decode(proof)
    for path, value in ((_KEY, content), (_PROOF, signature)):
        if len(value) > _LONGEST[path]:
            return [messages.too_long(path, _LONGEST[path])]
    try:
        public = load_der_public_key(content)
    except (ValueError, UnsupportedAlgorithm):
        return [messages.invalid(_KEY, list(content), "must be a valid PKIX-serialized public key")]
    if causes := _key_causes(public, _KEY, "P256 or P384"):
        return causes
    if _proves(public, signature, uid.encode()):
        return []
    return [messages.invalid_omitted(_PROOF, "could not verify proof-of-possession signature")]


def _key_causes(key: Any, path: str, curves: str) -> list[Cause]:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(key, ec.EllipticCurvePublicKey):
        if key.curve.name in _CURVES:
            return []
        return [messages.invalid(path, f"curve {key.curve.name}", f"elliptic public keys must use curve {curves}")]
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size in _MODULI:
            return []
        why = "RSA keys must have modulus size 3072 or 4096"
        return [messages.invalid(path, f"{key.key_size}-bit modulus", why)]
    if isinstance(key, ed25519.Ed25519PublicKey):
        return []
    return [messages.invalid_omitted(path, "unknown public key type; supported types are Ed25519, ECDSA, and RSA")]


def _proves(key: Any, signature: bytes, signed: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding

    digest = hashlib.sha256(signed).digest()
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, signed)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
        else:
            from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

            scheme = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
            key.verify(signature, digest, scheme, Prehashed(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True
