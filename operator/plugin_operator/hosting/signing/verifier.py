"""Verification of the plugins directory before a load.

Owns the decision and the highest accepted serial of this process. The verifier checks the same bytes that are loaded
afterwards, without another read. Any mismatch rejects the whole directory.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from plugin_operator.errors import UsageError
from plugin_operator.hosting.scan.tree import Tree, TreeFile
from plugin_operator.hosting.signing.keys import KeyUnusable, decode_signature, is_signed, read_public_keys
from plugin_operator.hosting.signing.manifest import MANIFEST_FILE, MANIFEST_FILES, SIGNATURE_FILE, Manifest, Untrusted
from plugin_operator.paths import fixed

_FLAG = "--plugins-signature-key"
_MISSING = 'is missing: run "plugin-operator sign" on the directory'


class Verifier:
    """Verifier of signed directories, one per process.

    It reads the key file at each scan, so that a new key needs no restart.

    Args:
        key_file: file with one or more public keys; a signature by any of them counts.

    Attributes:
        serial: serial of the last accepted manifest; 0 before the first.
    """

    files = MANIFEST_FILES

    def __init__(self, key_file: Path) -> None:
        self._key_file = key_file
        self._accepted = b""
        self.serial = 0

    @classmethod
    def for_directory(cls, key_file: Path, plugins_dir: Path) -> "Verifier":
        """Return a verifier, after a check of the key and of ways to bypass the verification. Blocks.

        Raises:
            UsageError: the key is unusable, or Python imports from the plugins directory.
        """
        try:
            read_public_keys(key_file)
        except KeyUnusable as error:
            raise UsageError(f"{_FLAG}: {error}") from None
        if is_inside(key_file, plugins_dir):
            raise UsageError(f"{_FLAG}: {key_file} is in the plugins directory that it verifies: keep it elsewhere")
        for entry in sys.path:
            if is_inside(Path(entry), plugins_dir):
                raise UsageError(
                    f"{_FLAG}: Python itself imports from {entry or 'the working directory'}, which is in the "
                    "plugins directory: start the operator elsewhere, or take it out of PYTHONPATH"
                )
        return cls(fixed(key_file))

    def admit(self, tree: Tree) -> str:
        """Remove the manifest from ``tree`` and return why the tree is rejected; empty if it is admitted.

        Not reentrant.
        """
        taken = {name: tree.files.pop(name) for name in MANIFEST_FILES if name in tree.files}
        try:
            content, signature = (_content(taken, tree, name) for name in (MANIFEST_FILE, SIGNATURE_FILE))
            self._check(tree, content, signature)
        except (KeyUnusable, Untrusted) as error:
            return str(error)
        return ""

    def _check(self, tree: Tree, content: bytes, signature: bytes) -> None:
        keys = read_public_keys(self._key_file)
        decoded = decode_signature(signature)
        if decoded is None:
            raise Untrusted(f"{SIGNATURE_FILE} is not an Ed25519 signature: 64 bytes, or their base64")
        # The manifest is not parsed before this line.
        if not is_signed(content, decoded, keys):
            raise Untrusted(f"{SIGNATURE_FILE} is not a signature of {MANIFEST_FILE} by the key in {self._key_file}")
        manifest = Manifest.decode(content)
        if manifest.serial < self.serial:
            raise Untrusted(
                f"{MANIFEST_FILE} has the serial {manifest.serial}, but {self.serial} was accepted before: "
                "to go back to older files, sign them again"
            )
        if manifest.serial == self.serial and content != self._accepted:
            raise Untrusted(
                f"{MANIFEST_FILE} differs from the accepted one of the same serial {self.serial}: sign again"
            )
        manifest.compare({path: file.content for path, file in tree.files.items()}, tree.refused)
        self.serial, self._accepted = manifest.serial, content


def _content(taken: Mapping[str, TreeFile], tree: Tree, name: str) -> bytes:
    if name not in taken:
        raise Untrusted(f"{name} {tree.refused.get(name, _MISSING)}")
    return taken[name].content


def is_inside(path: Path, directory: Path) -> bool:
    """Report whether ``path`` is inside ``directory``, as written or with links resolved."""
    try:
        written, real = Path(os.path.abspath(path)), path.resolve()  # noqa: PTH100 - Path.absolute keeps ".."
        return written.is_relative_to(os.path.abspath(directory)) or real.is_relative_to(directory.resolve())  # noqa: PTH100
    except FileNotFoundError:
        return False  # a relative path, and the working directory was deleted
