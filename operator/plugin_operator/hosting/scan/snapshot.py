"""The result of one scan: the sources of plugins, and rejected names.

Owns the values and the digest that identifies a revision. ``scanner`` creates them, and all other stages read them.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

_DIGEST_SHOWN = 8


class Directory(Enum):
    """State of the plugins directory."""

    OK = "ok"
    EMPTY = "empty"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    UNSTABLE = "unstable"
    UNTRUSTED = "untrusted"


class Role(Enum):
    """Role of a file, decided without running it."""

    PLUGIN = "plugin"
    HELPER = "helper"
    BROKEN = "broken"  # imported by others, but cannot be parsed: it keeps its former role


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a name in the directory cannot be loaded, and how to fix it."""

    path: str
    reason: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class PluginSource:
    """The files of one plugin at one instant.

    Attributes:
        name: the file without ``.py``, or the folder.
        path: the file to show in messages: ``…/x.py`` or ``…/x/__init__.py``.
        files: content of its files and of all helpers it imports, by POSIX path below the plugins directory.
        digest: digest of ``files``.
        root: path of the plugins directory as shown to users.
        role: whether it is a plugin or a helper.
        is_settled: whether all files have settled.
        rejection: why a unit that it imports cannot be loaded, or None.
        code: compiled Python files, for ``imports.code_of``; determined by the digest.
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
        """Whether the plugin is a folder."""
        return f"{self.name}/__init__.py" in self.files

    @property
    def short_digest(self) -> str:
        """Prefix of the digest for display."""
        return self.digest[:_DIGEST_SHOWN]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The plugins directory at one instant.

    Attributes:
        root: path of the directory as shown to users.
        directory: state of the directory; unless it is OK, the fields below are empty and plugins keep running.
        reason: why the directory is unusable.
        sources: sources by name, including helpers.
        rejections: reasons by name, for names that cannot be loaded.
        vanishing: names that were deleted too recently to count as deleted, because editors delete and re-create.
        retry_after_seconds: time until the next scan, because files have not settled; None if all have.
        ignored: ignored names as ``repr``, and other unreadable entries with the reason.
        folders: folders on disk to watch for changes.
        pending: names whose files are still being parsed.
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
    """Return the SHA-256 over names and contents, independent of order and unambiguous."""
    total = hashlib.sha256()
    for name in sorted(files):
        content = files[name]
        total.update(f"{len(name.encode())}:{name}:{len(content)}:".encode())
        total.update(content)
    return total.hexdigest()
