"""Reading a directory as bytes, consistently.

Owns the order of looks that keeps a reader from seeing half of a swap: links are resolved once, everything is read
below what they pointed to, and if they point elsewhere afterwards, it is read again. Kubernetes swaps a ConfigMap
volume by flipping the link ``..data`` (kubelet's AtomicWriter), git-sync by flipping the link above the directory.
What is wrong with one entry is noted for that entry; only what is wrong with the directory itself stops a read.
"""

import errno
import os
import time
import zlib
from collections.abc import Collection
from dataclasses import dataclass, field

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
#: A file whose times have not changed is read again at every so manyth look all the same.
VERIFY_EVERY = 60
_MAX_UNIT_BYTES = 32 * 1024 * 1024
_ATTEMPTS = 5
_DATA_LINK = "..data"


@dataclass(slots=True)
class Tree:
    """Everything that was found below the plugins directory, by POSIX path below it.

    Attributes:
        directory, reason: in what state the directory itself is.
        real_root: the directory behind all links.
        files: what was read.
        folders: every folder that was looked into, or could not be.
        refused: why something cannot be read.
        ignored: odd names that were passed over, as ``repr``.
        watchable: the folders on disk that were looked into.
    """

    directory: Directory
    reason: str = ""
    real_root: str = ""
    files: dict[str, TreeFile] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    watchable: tuple[str, ...] = ()

    def is_same(self, other: "Tree") -> bool:
        """Tell whether another look found exactly this; what was read again with the same outcome is the same."""
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
    """Read all of ``root``; never raises for what may be found there. Blocks: call it in a thread.

    Args:
        root: the directory, as people know it.
        also: names directly in it that are wanted though they are no code.
        known: what was read before; a file of it is not read again while its times, size and inode stay.
        turn: number of this look; each file has its turn to be read all the same, see ``VERIFY_EVERY``.
        place: where it is, if that is not ``root``.
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
                continue  # as with an entry: another lookup gets a handle that is good
            return Tree(Directory.UNREADABLE, f"{root} cannot be read: {error.strerror or error}")
        if not tree.files and not tree.refused:
            tree.directory, tree.reason = Directory.EMPTY, f"{root} is empty"
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
    """Reads what a walk found, within the limits of the whole; what was there before comes first, then the small."""

    def __init__(self, tree: Tree, known: dict[str, TreeFile], turn: int, *, is_last: bool) -> None:
        self._tree = tree
        self._known = known
        self._turn = turn % VERIFY_EVERY
        self._is_last = is_last
        self._wall = time.time()
        self._files = 0
        self._bytes = 0

    def read(self, found: dict[str, list[Found]]) -> None:
        """Read all, each unit (the files of one folder, or one file) as a whole or not at all."""
        before = {name.partition("/")[0] for name in self._known}
        sizes = {unit: sum(each.stat.st_size for each in files) for unit, files in found.items()}
        for unit in sorted(found, key=lambda unit: (unit not in before, sizes[unit], unit)):
            if sizes[unit] > _MAX_UNIT_BYTES:
                self._tree.refused[unit] = f"holds {sizes[unit]:,} bytes: a folder may hold at most {_MAX_UNIT_BYTES:,}"
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
