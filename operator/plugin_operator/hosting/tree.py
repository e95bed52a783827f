"""Reading a directory as bytes, consistently.

Owns the order of looks that keeps a reader from seeing half of a swap: links are resolved once, everything is read
below what they pointed to, and if they point elsewhere afterwards, it is read again. Kubernetes swaps a ConfigMap
volume by flipping the link ``..data`` (kubelet's AtomicWriter), git-sync by flipping the link above the directory.
"""

import errno
import os
import stat
from collections.abc import Collection
from dataclasses import dataclass, field

from plugin_operator.hosting.names import is_ignored
from plugin_operator.hosting.snapshot import Directory

MAX_FILE_BYTES = 1024 * 1024
MAX_FILES = 5_000
MAX_TREE_BYTES = 128 * 1024 * 1024
_MAX_DEPTH = 16
_ATTEMPTS = 5
_DATA_LINK = "..data"
_CODE = (".py", ".so", ".pyd")
_KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells one state of a file from another without reading it; a hint, never proof of sameness."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def of(cls, found: os.stat_result) -> "Stamp":
        """Take it from ``stat``."""
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


@dataclass(frozen=True, slots=True)
class TreeFile:
    """One file that was read.

    Attributes:
        content: its bytes.
        stamp: its state when it was read.
        is_atomic: it lies where only whole files appear (below ``..data``).
        is_changing: it changed under the reader's eyes.
    """

    content: bytes
    stamp: Stamp
    is_atomic: bool
    is_changing: bool


@dataclass(slots=True)
class Tree:
    """Everything that was found below the plugins directory, by POSIX path below it."""

    directory: Directory
    reason: str = ""
    real_root: str = ""
    files: dict[str, TreeFile] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    total_bytes: int = 0


class _Moved(Exception):
    """The directory changed while it was read."""


def read_tree(root: str, also: Collection[str] = ()) -> Tree:
    """Read all of ``root``; never raises for what may be found there. Blocks: call it in a thread.

    Args:
        root: the directory.
        also: names directly in it that are wanted though they are no code.
    """
    for _ in range(_ATTEMPTS):
        try:
            return _read_once(root, also)
        except _Moved:
            continue
        except FileNotFoundError:
            return Tree(Directory.MISSING, f"{root} does not exist")
        except NotADirectoryError:
            return Tree(Directory.UNREADABLE, f"{root} is not a directory")
        except OSError as error:
            return Tree(Directory.UNREADABLE, f"{root} cannot be read: {error.strerror or error}")
    return Tree(Directory.UNSTABLE, f"{root} changed {_ATTEMPTS} times while it was read")


def _read_once(root: str, also: Collection[str]) -> Tree:
    before = _identity(root)
    real_root, _, data = before
    tree = Tree(Directory.OK, real_root=real_root)
    reader = _Reader(tree, also)
    if data is not None:
        reader.folder(os.path.join(real_root, data), "", is_atomic=True, depth=0)  # noqa: PTH118 - bytes-exact names
    reader.folder(real_root, "", is_atomic=False, depth=0)
    if _identity(root) != before:
        raise _Moved
    if not tree.files and not tree.refused:
        tree.directory, tree.reason = Directory.EMPTY, f"{root} is empty"
    return tree


def _identity(root: str) -> tuple[str, tuple[int, int], str | None]:
    real_root = os.path.realpath(root)
    found = os.stat(real_root)  # noqa: PTH116 - the same call as everywhere in this module
    try:
        data: str | None = os.readlink(os.path.join(real_root, _DATA_LINK))  # noqa: PTH115, PTH118
    except OSError:
        data = None
    return real_root, (found.st_dev, found.st_ino), data


class _Reader:
    """One pass over the directory."""

    def __init__(self, tree: Tree, also: Collection[str]) -> None:
        self._tree = tree
        self._also = also
        self._open_folders: set[tuple[int, int]] = set()
        self._packages: set[str] = set()

    def folder(self, path: str, prefix: str, *, is_atomic: bool, depth: int) -> None:
        """Read what lies in ``path``, files first so that a huge folder harms only itself; names get ``prefix``."""
        with os.scandir(path) as found:
            entries = sorted(found, key=lambda each: (each.is_dir(), each.name))
        for entry in entries:
            if depth == 0 and not is_atomic and _leads_into_data(entry):
                continue
            try:
                entry.name.encode()
            except UnicodeEncodeError:
                self._tree.ignored.append(repr(os.fsencode(entry.name)))
                continue
            if not is_ignored(entry.name):
                self._entry(entry.path, prefix + entry.name, is_atomic=is_atomic, depth=depth)

    def _entry(self, path: str, name: str, *, is_atomic: bool, depth: int) -> None:
        try:
            found = os.stat(path)  # noqa: PTH116
            if stat.S_ISDIR(found.st_mode):
                self._subfolder(path, name, found, is_atomic=is_atomic, depth=depth)
            elif name.endswith(_CODE) or name in self._also or name.partition("/")[0] in self._packages:
                self._file(path, name, found, is_atomic=is_atomic)
        except FileNotFoundError:
            if not os.path.islink(path):  # noqa: PTH114
                raise _Moved from None
            self._refuse(name, "is a link to nothing")
        except OSError as error:
            if error.errno == errno.ESTALE:
                raise _Moved from None
            self._refuse(name, f"cannot be read: {error.strerror or error}")

    def _subfolder(self, path: str, name: str, found: os.stat_result, *, is_atomic: bool, depth: int) -> None:
        identity = (found.st_dev, found.st_ino)
        if name.endswith(".py"):
            self._refuse(name, "is a directory: rename it without '.py', or make it a file")
        elif identity in self._open_folders:
            self._refuse(name, "is a link to a folder above itself")
        elif depth >= _MAX_DEPTH:
            self._refuse(name, f"lies more than {_MAX_DEPTH} folders deep")
        else:
            self._tree.folders.add(name)
            if depth == 0 and os.path.exists(os.path.join(path, "__init__.py")):  # noqa: PTH110, PTH118
                self._packages.add(name)  # only a package's data files are part of a plugin
            self._open_folders.add(identity)
            self.folder(path, name + "/", is_atomic=is_atomic, depth=depth + 1)
            self._open_folders.discard(identity)

    def _file(self, path: str, name: str, found: os.stat_result, *, is_atomic: bool) -> None:
        for test, what in _KINDS:
            if test(found.st_mode):
                self._refuse(name, f"is {what}, not a file")
                return
        if found.st_size > MAX_FILE_BYTES:
            self._refuse(name, f"has {found.st_size:,} bytes: a file may have at most {MAX_FILE_BYTES:,}")
        elif len(self._tree.files) >= MAX_FILES or self._tree.total_bytes + found.st_size > MAX_TREE_BYTES:
            self._refuse(name, f"is one too many: at most {MAX_FILES:,} files and {MAX_TREE_BYTES:,} bytes are read")
        elif name not in self._tree.files:
            self._read(path, name, is_atomic=is_atomic)

    def _read(self, path: str, name: str, *, is_atomic: bool) -> None:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            before = os.fstat(descriptor)
            content = b"".join(_chunks(descriptor, MAX_FILE_BYTES + 1))
            after = Stamp.of(os.fstat(descriptor))
        finally:
            os.close(descriptor)
        changing = Stamp.of(before) != after or len(content) != after.size
        self._tree.files[name] = TreeFile(content, after, is_atomic, changing)
        self._tree.total_bytes += len(content)

    def _refuse(self, name: str, reason: str) -> None:
        self._tree.refused[name] = reason


def _chunks(descriptor: int, most: int) -> list[bytes]:
    chunks = []
    while most > 0 and (chunk := os.read(descriptor, most)):
        chunks.append(chunk)
        most -= len(chunk)
    return chunks


def _leads_into_data(entry: "os.DirEntry[str]") -> bool:
    """Tell the links that kubelet keeps for people: what they lead to was read below the resolved ``..data``."""
    return entry.is_symlink() and os.readlink(entry.path).startswith(_DATA_LINK + "/")  # noqa: PTH115
