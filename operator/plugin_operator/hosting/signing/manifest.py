"""The list of everything in a plugins directory, and what must hold for it.

Owns the form and the comparison. A manifest has one spelling: what cannot have been written by ``Manifest.encode`` is
none, so that two readers never see two things in the same bytes. Names in it are only compared with names that were
found, never opened. Whether it is signed is left to ``signature``, which serial is too old to ``trust``.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated

import msgspec

from plugin_operator.errors import PluginOperatorError

MANIFEST_FILE = "plugins.manifest.json"
SIGNATURE_FILE = "plugins.manifest.sig"
MANIFEST_FILES = frozenset({MANIFEST_FILE, SIGNATURE_FILE})
#: The largest number that every reader of JSON takes for the same.
MAX_SERIAL = 2**53 - 1

# Part of what is signed, so that no signature over something else can ever pass for one over a manifest.
_TYPE = "plugin-operator.plugins-manifest/v1"
_NAMED = 3


class Untrusted(PluginOperatorError):
    """Nothing in the plugins directory may be loaded."""


class _Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    type: str
    serial: Annotated[int, msgspec.Meta(ge=1, le=MAX_SERIAL)]
    files: dict[str, str]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What lies in a plugins directory.

    Attributes:
        serial: grows with each one that is signed.
        digests: SHA-256 in hexadecimal, by POSIX path below the directory.
    """

    serial: int
    digests: Mapping[str, str]

    @classmethod
    def of(cls, serial: int, files: Mapping[str, bytes]) -> "Manifest":
        """Make it from contents."""
        return cls(serial, {path: _digest(content) for path, content in files.items()})

    @classmethod
    def decode(cls, content: bytes) -> "Manifest":
        """Read it.

        Raises:
            Untrusted: it is malformed, or spelt in another way than ``encode`` does.
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
            raise Untrusted(f'{MANIFEST_FILE} is not as "plugin-operator sign" writes it')
        return found

    def encode(self) -> bytes:
        """Return the one spelling of it: files sorted, one a line."""
        wire = _Wire(_TYPE, self.serial, {path: self.digests[path] for path in sorted(self.digests)})
        return msgspec.json.format(msgspec.json.encode(wire), indent=2) + b"\n"

    def compare(self, files: Mapping[str, bytes], refused: Collection[str] = ()) -> None:
        """Check that it lists exactly what was found.

        Args:
            files: contents by path.
            refused: paths at which something lies that could not be read as a file.

        Raises:
            Untrusted: something is extra, missing or changed; names it.
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
    # A name may hold anything, line ends included, and whoever put it there may not be a friend.
    shown = (path if path.isprintable() else repr(path) for path in paths[:_NAMED])
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
