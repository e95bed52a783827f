"""Whether what was found in the plugins directory may be loaded at all.

Owns the decision, and the highest serial that was accepted, for the life of the process. The decision is taken over the
very bytes that are loaded afterwards: nothing is read again in between. Anything out of order refuses everything.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from plugin_operator.errors import UsageError
from plugin_operator.hosting.scan.tree import Tree, TreeFile
from plugin_operator.hosting.signing.keys import KeyUnusable, decode_signature, is_signed, read_public_keys
from plugin_operator.hosting.signing.manifest import MANIFEST_FILE, MANIFEST_FILES, SIGNATURE_FILE, Manifest, Untrusted
from plugin_operator.metrics.declaration import gauge
from plugin_operator.paths import fixed

_FLAG = "--plugins-signature-key"
_MISSING = 'is missing: run "plugin-operator sign" on the directory'


PLUGINS_MANIFEST_SERIAL = gauge(
    "plugin_operator_plugins_manifest_serial", "Serial of the last accepted signed manifest"
)


class Verifier:
    """Admits signed directories; one object for the life of the process.

    The key file is read at each look, so that a new key counts without a restart.

    Args:
        key_file: the public key, or several of which any may have signed.

    Attributes:
        serial: of the manifest that was accepted last; 0 before the first.
    """

    files = MANIFEST_FILES

    def __init__(self, key_file: Path) -> None:
        self._key_file = key_file
        self._accepted = b""
        self.serial = 0

    @classmethod
    def for_directory(cls, key_file: Path, plugins_dir: Path) -> "Verifier":
        """Make it, if the key can be used and nothing leads round it. Blocks.

        Raises:
            UsageError: says what is wrong with the set-up.
        """
        try:
            read_public_keys(key_file)
        except KeyUnusable as error:
            raise UsageError(f"{_FLAG}: {error}") from None
        if is_inside(key_file, plugins_dir):
            raise UsageError(f"{_FLAG}: {key_file} lies in the plugins directory, whose content it is to vouch for")
        for entry in sys.path:
            if is_inside(Path(entry), plugins_dir):
                raise UsageError(
                    f"{_FLAG}: Python itself imports from {entry or 'the working directory'}, which lies in the "
                    "plugins directory: start the operator elsewhere, or take it out of PYTHONPATH"
                )
        return cls(fixed(key_file))

    def admit(self, tree: Tree) -> str:
        """Take the manifest out of ``tree`` and return why nothing else in it may be loaded; empty if all of it may.

        One call at a time.
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
            raise Untrusted(f"{SIGNATURE_FILE} holds no Ed25519 signature: 64 bytes, or their base64")
        # Nothing of the manifest is looked at before this line.
        if not is_signed(content, decoded, keys):
            raise Untrusted(f"{SIGNATURE_FILE} was not made over this {MANIFEST_FILE} with the key in {self._key_file}")
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
    """Tell whether ``path`` lies in ``directory``, as it is written or behind all links."""
    try:
        written, real = Path(os.path.abspath(path)), path.resolve()  # noqa: PTH100 - Path.absolute keeps ".."
        return written.is_relative_to(os.path.abspath(directory)) or real.is_relative_to(directory.resolve())  # noqa: PTH100
    except FileNotFoundError:
        return False  # a relative path, and the working directory is gone: nothing lies there
