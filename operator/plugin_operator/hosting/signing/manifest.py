"""The manifest of a plugins directory: all its files with digests.

Owns its format and the comparison with the directory. A manifest has exactly one valid encoding, that of
``Manifest.encode``, so that two parsers never read different content. Names in it are compared with the names found,
never opened. Leaves signatures to ``keys``, and the check of the serial to ``verifier``.
"""

import hashlib
from collections.abc import Collection, Mapping
from typing import Annotated

import msgspec

from plugin_operator.errors import PluginOperatorError

MANIFEST_FILE = "plugins.manifest.json"
SIGNATURE_FILE = "plugins.manifest.sig"
MANIFEST_FILES = frozenset({MANIFEST_FILE, SIGNATURE_FILE})
#: The largest integer that every JSON parser reads exactly.
MAX_SERIAL = 2**53 - 1

# Part of the signed content, so that a signature over other data is never valid for a manifest.
_TYPE = "plugin-operator.plugins-manifest/v1"
_NAMED = 3


class Untrusted(PluginOperatorError):
    """The plugins directory is not trusted: none of its files may be loaded."""


class _Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    type: str
    serial: Annotated[int, msgspec.Meta(ge=1, le=MAX_SERIAL)]
    files: dict[str, str]


class Manifest(msgspec.Struct, frozen=True):
    """The files of a plugins directory.

    Attributes:
        serial: increases with each signed manifest.
        digests: SHA-256 in hexadecimal, by POSIX path below the directory.
    """

    serial: int
    digests: Mapping[str, str]

    @classmethod
    def of(cls, serial: int, files: Mapping[str, bytes]) -> "Manifest":
        """Return the manifest for file contents."""
        return cls(serial, {path: _digest(content) for path, content in files.items()})

    @classmethod
    def decode(cls, content: bytes) -> "Manifest":
        """Parse a manifest.

        Raises:
            Untrusted: the manifest is malformed, or has another encoding than that of ``encode``.
        """
        try:
            wire = msgspec.json.decode(content, type=_Wire)
            found = cls(wire.serial, wire.files)
            is_canonical = found.encode() == content
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise Untrusted(f"{MANIFEST_FILE} is malformed: {error}") from None
        if wire.type != _TYPE:
            raise Untrusted(f"{MANIFEST_FILE} is of the type {wire.type!r}, and not of {_TYPE!r}")
        if not is_canonical:
            raise Untrusted(f'{MANIFEST_FILE} is not in the form that "plugin-operator sign" writes')
        return found

    def encode(self) -> bytes:
        """Return the only valid encoding: files sorted, one per line."""
        wire = _Wire(_TYPE, self.serial, {path: self.digests[path] for path in sorted(self.digests)})
        return msgspec.json.format(msgspec.json.encode(wire), indent=2) + b"\n"

    def compare(self, files: Mapping[str, bytes], refused: Collection[str] = ()) -> None:
        """Check that the manifest lists exactly the files that were found.

        Args:
            files: contents by path.
            refused: paths of entries that could not be read as files.

        Raises:
            Untrusted: a file is extra, missing or changed; the message names it.
        """
        extra = sorted((files.keys() | set(refused)) - self.digests.keys())
        missing = sorted(self.digests.keys() - files.keys())
        changed = sorted(
            path for path in self.digests.keys() & files.keys() if self.digests[path] != _digest(files[path])
        )
        for what, paths in (("not in", extra), ("changed since", changed), ("missing, but in", missing)):
            if paths:
                raise Untrusted(f"{_named(paths)} {'are' if len(paths) > 1 else 'is'} {what} {MANIFEST_FILE}")


def _named(paths: list[str]) -> str:
    rest = len(paths) - _NAMED
    # A name may contain any characters, including line breaks, and may come from an attacker.
    shown = (path if path.isprintable() else repr(path) for path in paths[:_NAMED])
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
