"""Signing a directory of plugins.

Owns the serial of a new manifest and writing it. It lists the files with the operator's own reader, so that signing and
verification always see the same files.
"""

import contextlib
import os
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from plugin_operator.errors import PluginOperatorError
from plugin_operator.hosting.scan.snapshot import Directory
from plugin_operator.hosting.scan.tree import MAX_FILE_BYTES, Tree, read_tree
from plugin_operator.hosting.signing.keys import decode_signature, encode_signature, is_signed
from plugin_operator.hosting.signing.manifest import (
    MANIFEST_FILE,
    MANIFEST_FILES,
    MAX_SERIAL,
    SIGNATURE_FILE,
    Manifest,
    Untrusted,
)


class CannotSign(PluginOperatorError):
    """The directory could not be loaded, or cannot be written."""


def sign_directory(directory: Path, key: Ed25519PrivateKey, serial: int | None = None) -> Manifest:
    """Write manifest and signature into ``directory`` and return the manifest. Blocks.

    Args:
        directory: the plugins directory.
        key: the signing key.
        serial: serial of the manifest; None means the time in seconds, or the last serial plus one if that is larger.

    Raises:
        CannotSign: the directory cannot be signed; the message says why.
    """
    tree = read_tree(str(directory), MANIFEST_FILES)
    last = _last_serial(tree, key)
    files = {path: file.content for path, file in tree.files.items() if path not in MANIFEST_FILES}
    _check(directory, tree, files)
    if serial is None:
        serial = max(int(time.time()), last + 1)
    if not last < serial <= MAX_SERIAL:
        raise CannotSign(f"the serial must be greater than {last}, which {MANIFEST_FILE} has, and at most {MAX_SERIAL}")
    manifest = Manifest.of(serial, files)
    content = manifest.encode()
    if len(content) > MAX_FILE_BYTES:
        raise CannotSign(
            f"{MANIFEST_FILE} would have {len(content):,} bytes, and the operator reads {MAX_FILE_BYTES:,} at most: "
            f"{directory} must contain fewer files, or shorter names"
        )
    try:
        # Write the signature first, so that a new manifest never exists without a signature.
        _replace(directory / SIGNATURE_FILE, encode_signature(key.sign(content)))
        _replace(directory / MANIFEST_FILE, content)
    except OSError as error:
        raise CannotSign(f"{directory} cannot be written: {error.strerror or error}") from None
    return manifest


def _check(directory: Path, tree: Tree, files: dict[str, bytes]) -> None:
    if tree.directory not in {Directory.OK, Directory.EMPTY}:
        raise CannotSign(tree.reason)
    for path, reason in sorted(tree.refused.items()):
        if path in MANIFEST_FILES:
            continue  # it is replaced
        raise CannotSign(f"{directory}/{path} {reason}")
    if not files:
        raise CannotSign(f"{directory} contains no plugins")


def _last_serial(tree: Tree, key: Ed25519PrivateKey) -> int:
    """Return the serial of the existing manifest if it was signed with ``key``, else 0."""
    manifest, signature = (tree.files.get(name) for name in (MANIFEST_FILE, SIGNATURE_FILE))
    decoded = decode_signature(signature.content) if signature is not None else None
    if manifest is None or decoded is None or not is_signed(manifest.content, decoded, [key.public_key()]):
        return 0
    try:
        return Manifest.decode(manifest.content).serial
    except Untrusted:
        return 0  # no operator can have accepted it


def _replace(path: Path, content: bytes) -> None:
    """Write a file atomically, with the default permissions of new files."""
    hidden = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with hidden.open("xb") as file:
            file.write(content)
            os.fsync(file.fileno())
        hidden.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            hidden.unlink()
        raise
