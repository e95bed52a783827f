"""Consistent reads of a directory.

A read never mixes two versions of a swapped directory. It resolves links once, reads below their target, and starts
over if they have another target afterwards. Kubernetes swaps a ConfigMap volume by the link ``..data`` (kubelet's
AtomicWriter), git-sync by the link above the directory. An error of one entry is recorded for that entry; only an error
of the directory itself stops a read.
"""

import errno
import os
import time
import zlib
from collections.abc import Collection

import msgspec

from plugin_operator.hosting.scan.directory_walk import (
    TOO_MANY,
    Found,
    Moved,
    TooManyEntries,
    Walk,
    of_the_process,
    trouble,
)
from plugin_operator.hosting.scan.files import MAX_FILE_BYTES, Stamp, TreeFile, read_file
from plugin_operator.hosting.scan.snapshot import Directory

__all__ = ["MAX_FILE_BYTES", "Stamp", "Tree", "TreeFile", "read_tree"]

MAX_FILES = 10_000
MAX_TREE_BYTES = 128 * 1024 * 1024
#: Every file is read again after this many scans, even if its times have not changed.
VERIFY_EVERY = 60
_MAX_UNIT_BYTES = 32 * 1024 * 1024
_ATTEMPTS = 5
_DATA_LINK = "..data"


class Tree(msgspec.Struct):
    """The content of the plugins directory, by POSIX path below it.

    Attributes:
        directory, reason: state of the directory itself.
        real_root: the directory with all links resolved.
        files: the files that were read.
        folders: all folders, including unreadable ones.
        refused: reasons by path, for entries that cannot be read.
        ignored: ignored names, as ``repr``.
        watchable: the listed folders on disk.
    """

    directory: Directory
    reason: str = ""
    real_root: str = ""
    files: dict[str, TreeFile] = msgspec.field(default_factory=dict)
    folders: set[str] = msgspec.field(default_factory=set)
    refused: dict[str, str] = msgspec.field(default_factory=dict)
    ignored: list[str] = msgspec.field(default_factory=list)
    watchable: tuple[str, ...] = ()

    def is_same(self, other: "Tree") -> bool:
        """Report whether another read has the same result."""
        return (
            self.directory is other.directory
            and self.real_root == other.real_root
            and self.refused == other.refused
            and self.folders == other.folders
            and self.ignored == other.ignored
            and self.files.keys() == other.files.keys()
            and all(file is other.files[name] for name, file in self.files.items())
        )


def read_tree(
    root: str, also: Collection[str] = (), known: Tree | None = None, turn: int = 0, *, place: str | None = None
) -> Tree:
    """Read the directory and return its content; never raises. Blocks: call it in a thread.

    Args:
        root: path of the directory as shown to users.
        also: further names at its top level to read, although they are not code.
        known: files of the previous read; a file is not read again while its times, size and inode are unchanged.
        turn: number of this scan; see ``VERIFY_EVERY``.
        place: location of the directory, if it is not ``root``.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            tree = _read_once(place or root, also, known, turn, is_last=attempt == _ATTEMPTS)
        except Moved:
            continue
        except TooManyEntries as error:
            return Tree(Directory.UNREADABLE, f"{root} {error}")
        except FileNotFoundError:
            return Tree(Directory.MISSING, f"{root} does not exist")
        except NotADirectoryError:
            return Tree(Directory.UNREADABLE, f"{root} is not a directory")
        except OSError as error:
            if error.errno == errno.ESTALE and attempt < _ATTEMPTS:
                continue  # ESTALE: another lookup gets a valid handle
            return Tree(Directory.UNREADABLE, f"{root} cannot be read: {error.strerror or error}")
        if not tree.files and not tree.refused:
            tree.directory, tree.reason = Directory.EMPTY, f"{root} contains no Python files"
        return tree
    return Tree(Directory.UNSTABLE, f"{root} changed {_ATTEMPTS} times while it was read")


def _read_once(root: str, also: Collection[str], known: Tree | None, turn: int, *, is_last: bool) -> Tree:
    before = _identity(root)
    real_root, _, data = before
    walk = Walk(real_root, also, is_last=is_last)
    if data is not None:
        walk.top(os.path.join(real_root, data), is_atomic=True)  # noqa: PTH118 - bytes-exact names
    walk.top(real_root, is_atomic=False)
    tree = Tree(
        Directory.OK,
        real_root=real_root,
        folders=walk.folders,
        refused=walk.refused,
        ignored=walk.ignored,
        watchable=tuple(walk.looked_into),
    )
    _Reading(tree, known.files if known is not None else {}, turn, is_last=is_last).read(walk.found)
    if _identity(root) != before:
        raise Moved
    return tree


def _identity(root: str) -> tuple[str, tuple[int, int], str | None]:
    real_root = os.path.realpath(root)
    found = os.stat(real_root)  # noqa: PTH116 - the same call as everywhere in this module
    try:
        data: str | None = os.readlink(os.path.join(real_root, _DATA_LINK))  # noqa: PTH115, PTH118
    except OSError:
        data = None
    return real_root, (found.st_dev, found.st_ino), data


class _Reading:
    """Reads the files of a walk within the total limits: known files first, then small ones."""

    def __init__(self, tree: Tree, known: dict[str, TreeFile], turn: int, *, is_last: bool) -> None:
        self._tree = tree
        self._known = known
        self._turn = turn % VERIFY_EVERY
        self._is_last = is_last
        self._wall = time.time()
        self._files = 0
        self._bytes = 0

    def read(self, found: dict[str, list[Found]]) -> None:
        """Read all files; the files of one folder are read together or not at all."""
        before = {name.partition("/")[0] for name in self._known}
        sizes = {unit: sum(each.stat.st_size for each in files) for unit, files in found.items()}
        for unit in sorted(found, key=lambda unit: (unit not in before, sizes[unit], unit)):
            if sizes[unit] > _MAX_UNIT_BYTES:
                self._tree.refused[unit] = f"has {sizes[unit]:,} bytes: a folder may have at most {_MAX_UNIT_BYTES:,}"
            elif self._files + len(found[unit]) > MAX_FILES or self._bytes + sizes[unit] > MAX_TREE_BYTES:
                self._tree.refused[unit] = TOO_MANY.format(files=MAX_FILES, bytes=MAX_TREE_BYTES)
            else:
                self._files += len(found[unit])
                self._bytes += sizes[unit]
                for each in found[unit]:
                    self._file(each)

    def _file(self, found: Found) -> None:
        known = self._known.get(found.name)
        if known is not None and known.is_like(found.stat, is_atomic=found.is_atomic) and not self._has_turn(found):
            self._tree.files[found.name] = known
            return
        try:
            file = read_file(found.path, is_atomic=found.is_atomic, wall=self._wall)
        except OSError as error:
            if of_the_process(error):
                raise
            reason = trouble(error, found.path, is_last=self._is_last)
            if reason:
                self._tree.refused[found.name] = reason
            return
        same = known is not None and known.is_same(file)
        self._tree.files[found.name] = known if same and known is not None else file

    def _has_turn(self, found: Found) -> bool:
        return zlib.crc32(found.name.encode()) % VERIFY_EVERY == self._turn
