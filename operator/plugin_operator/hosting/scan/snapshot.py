"""What one scan found: plugins as bytes, and what cannot be one.

Owns the values and the digest that decides whether anything has changed. They are made by ``scanner`` and read by
everything else here.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

_DIGEST_SHOWN = 8


class Directory(Enum):
    """In what state the plugins directory was found."""

    OK = "ok"
    EMPTY = "empty"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    UNSTABLE = "unstable"
    UNTRUSTED = "untrusted"


class Role(Enum):
    """What a file seems to be, judged without running it."""

    PLUGIN = "plugin"
    HELPER = "helper"
    BROKEN = "broken"  # imported by others, and cannot be parsed: it was one or the other before


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why something in the directory cannot be loaded, and the way out."""

    path: str
    reason: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class PluginSource:
    """One plugin as it stood on disk in one instant.

    Attributes:
        name: the file without ``.py``, or the folder.
        path: the file to name to a person: ``…/x.py`` or ``…/x/__init__.py``.
        files: its bytes and those of every helper it imports, by POSIX path below the plugins directory.
        digest: of all of ``files``.
        root: the plugins directory, as the user knows it.
        role: whether it seems to be a plugin at all.
        is_settled: False while somebody may still be writing one of the files.
        rejection: something it imports cannot be loaded.
        code: what its Python files were compiled to, for ``imports.code_of``; of one digest there is one.
    """

    name: str
    path: str
    files: Mapping[str, bytes]
    digest: str
    root: str = ""
    role: Role = Role.PLUGIN
    is_settled: bool = True
    rejection: Rejection | None = None
    code: Mapping[str, bytes] = field(default_factory=dict, compare=False, repr=False)

    @property
    def is_package(self) -> bool:
        """Whether it is a folder."""
        return f"{self.name}/__init__.py" in self.files

    @property
    def short_digest(self) -> str:
        """The part of the digest that is shown to people."""
        return self.digest[:_DIGEST_SHOWN]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole directory at one instant.

    Attributes:
        root: the directory, as the user knows it.
        directory: in what state it is; without OK the rest is empty and says nothing about the plugins.
        reason: what is wrong with the directory.
        sources: by name, helpers included.
        rejections: names under which something lies that cannot be loaded.
        vanishing: names that are gone too short a time to be believed: editors delete and re-create.
        retry_after_seconds: look again so soon because something is not settled.
        ignored: odd names that were passed over, as ``repr``, and other entries that cannot be read, with the reason.
        folders: the folders on disk in which changes show.
        pending: names of which is still being found out what they are.
    """

    root: str
    directory: Directory
    reason: str = ""
    sources: Mapping[str, PluginSource] = field(default_factory=dict)
    rejections: Mapping[str, Rejection] = field(default_factory=dict)
    vanishing: frozenset[str] = frozenset()
    retry_after_seconds: float | None = None
    ignored: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    pending: frozenset[str] = frozenset()


def digest_of(files: Mapping[str, bytes]) -> str:
    """Return the SHA-256 over names and contents, unambiguous and independent of order."""
    total = hashlib.sha256()
    for name in sorted(files):
        content = files[name]
        total.update(f"{len(name.encode())}:{name}:{len(content)}:".encode())
        total.update(content)
    return total.hexdigest()
