"""Ed25519 keys and signatures in files.

Owns reading them, and rejecting other content: there is one algorithm, which no file can change. Leaves the signed
content to ``manifest``.
"""

import base64
import binascii
import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from plugin_operator.errors import PluginOperatorError

_KEY_BYTES = 32
_SIGNATURE_BYTES = 64
_MAX_KEY_FILE_BYTES = 64 * 1024
_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
_PUBLIC_WAY_OUT = "make one with: openssl pkey -in private.pem -pubout -out public.pem"
_PRIVATE_WAY_OUT = "make one with: openssl genpkey -algorithm ed25519 -out private.pem"


class KeyUnusable(PluginOperatorError):
    """A key file cannot be read, or does not contain a suitable key."""


def read_public_keys(path: Path) -> tuple[Ed25519PublicKey, ...]:
    """Return the keys in a file: one or more PEM blocks, or the 32 bytes of one key in base64. Blocks.

    Raises:
        KeyUnusable: the file contains no such key; the message has the fix.
    """
    content = _read(path, regular=True)
    blocks = [(match[1], match[0]) for match in _PEM.finditer(content)]
    if not blocks:
        raw = _from_base64(content, _KEY_BYTES)
        if raw is None:
            raise KeyUnusable(f"{path} holds no public key in PEM: {_PUBLIC_WAY_OUT}")
        return (Ed25519PublicKey.from_public_bytes(raw),)
    return tuple(_public_key(path, label, pem) for label, pem in blocks)


def read_private_key(path: Path) -> Ed25519PrivateKey:
    """Return the key in a PEM file, which may be a pipe. Blocks.

    Raises:
        KeyUnusable: the file contains no such key; the message has the fix.
    """
    try:
        key = load_pem_private_key(_read(path, regular=False), password=None)
    except TypeError:
        raise KeyUnusable(f"{path} is encrypted: pass it decrypted, --key <(openssl pkey -in {path})") from None
    except (ValueError, UnsupportedAlgorithm):
        raise KeyUnusable(f"{path} holds no private key in PEM: {_PRIVATE_WAY_OUT}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyUnusable(f"{path} holds a key of another kind than Ed25519: {_PRIVATE_WAY_OUT}")
    return key


def encode_signature(signature: bytes) -> bytes:
    """Return the content of a signature file: base64 in one line."""
    return base64.b64encode(signature) + b"\n"


def decode_signature(content: bytes) -> bytes | None:
    """Return the 64 bytes in a signature file, bare (as openssl writes them) or in base64; None if it is neither."""
    return content if len(content) == _SIGNATURE_BYTES else _from_base64(content, _SIGNATURE_BYTES)


def is_signed(content: bytes, signature: bytes, keys: Iterable[Ed25519PublicKey]) -> bool:
    """Report whether ``signature`` over ``content`` is valid for one of ``keys``."""
    for key in keys:
        try:
            key.verify(signature, content)
        except InvalidSignature:
            continue
        return True
    return False


def _public_key(path: Path, label: bytes, pem: bytes) -> Ed25519PublicKey:
    if b"PRIVATE" in label:
        raise KeyUnusable(f"{path} holds a private key, which must not be where the operator runs: {_PUBLIC_WAY_OUT}")
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise KeyUnusable(f"{path} holds no public key in PEM: {_PUBLIC_WAY_OUT}") from None
    if not isinstance(key, Ed25519PublicKey):
        raise KeyUnusable(f"{path} holds a key of another kind than Ed25519: {_PUBLIC_WAY_OUT}")
    return key


def _read(path: Path, *, regular: bool) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | (os.O_NONBLOCK if regular else 0))
        with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor, not a path
            if regular and not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise KeyUnusable(f"{path} is not a file")
            content = file.read(_MAX_KEY_FILE_BYTES + 1)
    except OSError as error:
        raise KeyUnusable(f"{path} cannot be read: {error.strerror or error}") from None
    if len(content) > _MAX_KEY_FILE_BYTES:
        raise KeyUnusable(f"{path} has more than {_MAX_KEY_FILE_BYTES:,} bytes: it is no key")
    return content


def _from_base64(content: bytes, length: int) -> bytes | None:
    try:
        raw = base64.b64decode(content.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if len(raw) == length else None
