"""Making a directory of plugins one that a signature key admits.

Owns which serial a new manifest gets and how it is written. It lists what the operator's own reader finds, so that both
always speak of the same files.
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
    """The directory is not one that could be loaded, or cannot be written."""


def sign_directory(directory: Path, key: Ed25519PrivateKey, serial: int | None = None) -> Manifest:
    """Write manifest and signature into ``directory`` and return the manifest. Blocks.

    Args:
        directory: of plugins.
        key: to sign with.
        serial: of the manifest; None takes the time in seconds, or one more than the last one if that is later.

    Raises:
        CannotSign: says what is in the way.
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
            f"{directory} must hold fewer files, or shorter names"
        )
    try:
        # The signature goes first: there is no moment at which a new manifest lies beside no signature at all.
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
        raise CannotSign(f"{directory} holds no plugins")


def _last_serial(tree: Tree, key: Ed25519PrivateKey) -> int:
    """Return the serial of the manifest that is there, if it is ours; one of somebody else's says nothing."""
    manifest, signature = (tree.files.get(name) for name in (MANIFEST_FILE, SIGNATURE_FILE))
    decoded = decode_signature(signature.content) if signature is not None else None
    if manifest is None or decoded is None or not is_signed(manifest.content, decoded, [key.public_key()]):
        return 0
    try:
        return Manifest.decode(manifest.content).serial
    except Untrusted:
        return 0  # no operator has ever accepted it


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that it is there as a whole or not at all; its rights are those that new files get."""
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
