"""Walking a plugins directory without reading files.

Owns the errors of single entries, such as a link loop, an overlong name, an unreadable folder or too many entries. Such
an entry is rejected with a reason, and the walk continues. Leaves reading to ``tree``.
"""

import errno
import os
import stat
from collections.abc import Collection

import msgspec

from plugin_operator.hosting.scan.files import MAX_FILE_BYTES
from plugin_operator.hosting.scan.names import is_ignored

CODE = (".py", ".so", ".pyd")
TOO_MANY = "exceeds the limit of the directory: {files:,} files and {bytes:,} bytes"
MAX_ENTRIES = 100_000
MAX_FOLDER_ENTRIES = 5_000
_MAX_DEPTH = 16
_DATA_LINK = "..data"
_KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_OF_THE_PROCESS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
_REASONS = {
    errno.ELOOP: "is a link that leads back to itself",
    errno.ENAMETOOLONG: "is a link to a name that is too long, or has one",
}


class Moved(Exception):
    """The directory changed during the walk."""


class TooManyEntries(Exception):
    """The directory has too many entries."""


class Found(msgspec.Struct, frozen=True):
    """One file to read: its location on disk, its POSIX path below the directory, and its ``stat`` result."""

    path: str
    name: str
    stat: os.stat_result
    is_atomic: bool


class Walk:
    """One pass over the directory.

    Args:
        real_root: the directory with all links resolved.
        also: further names at its top level to read, although they are not code.
        is_last: whether this is the last attempt, so that entries that vanish count as deleted.

    Attributes:
        found: files to read, by the first part of their path.
        folders, refused, ignored: as in ``tree.Tree``.
        looked_into: the listed folders on disk, the directory itself first.
    """

    def __init__(self, real_root: str, also: Collection[str], *, is_last: bool) -> None:
        self.found: dict[str, list[Found]] = {}
        self.folders: set[str] = set()
        self.refused: dict[str, str] = {}
        self.ignored: list[str] = []
        self.looked_into: list[str] = []
        self._also = also
        self._is_last = is_last
        self._names: set[str] = set()
        self._entries = 0
        self._in_folder = 0
        self._above = _identities(real_root)
        self._packages: set[str] = set()
        self._crowded: set[str] = set()

    def top(self, path: str, *, is_atomic: bool) -> None:
        """Walk the directory itself, or the target of its link ``..data``.

        Raises:
            OSError: the directory cannot be listed, or this process has no free file descriptor.
            Moved: the directory has changed.
            TooManyEntries: the directory has too many entries.
        """
        entries = self._list(path, MAX_ENTRIES - self._entries, is_atomic=is_atomic)
        if entries is None:
            raise TooManyEntries(f"holds more than {MAX_ENTRIES:,} entries")
        for entry in entries:
            if not is_ignored(entry.name) and not (not is_atomic and _leads_into_data(entry)):
                self._in_folder = 0
                self._entry(entry, entry.name, is_atomic=is_atomic, depth=0)

    def _list(self, path: str, most: int, *, is_atomic: bool) -> list["os.DirEntry[str]"] | None:
        """Return the sorted entries of a folder with printable names; None if there are more than ``most``."""
        entries: list[os.DirEntry[str]] = []
        with os.scandir(path) as found:
            for entry in found:
                if len(entries) >= most:
                    return None
                entries.append(entry)
        self._entries += len(entries)
        self._in_folder += len(entries)
        if not is_atomic:
            self.looked_into.append(path)
        entries.sort(key=lambda each: each.name)
        return [entry for entry in entries if self._is_text(entry.name)]

    def _is_text(self, name: str) -> bool:
        """Report whether a name is printable; line breaks or terminal codes could forge lines of the status."""
        if name.isprintable():  # False also for names that are not UTF-8
            return True
        self.ignored.append(repr(os.fsencode(name)))
        return False

    def _entry(self, entry: "os.DirEntry[str]", name: str, *, is_atomic: bool, depth: int) -> None:
        try:
            is_wanted = name.endswith(CODE) or name in self._also or name.partition("/")[0] in self._packages
            if not is_wanted and not entry.is_symlink() and entry.is_file():
                return
            found = entry.stat()
            if stat.S_ISDIR(found.st_mode):
                self._folder(entry.path, name, found, is_atomic=is_atomic, depth=depth)
            elif is_wanted:
                self._file(entry.path, name, found, is_atomic=is_atomic)
        except OSError as error:
            if of_the_process(error):
                raise
            reason = trouble(error, entry.path, is_last=self._is_last)
            if reason:
                self.refused[name] = reason

    def _folder(self, path: str, name: str, found: os.stat_result, *, is_atomic: bool, depth: int) -> None:
        identity = (found.st_dev, found.st_ino)
        if name.endswith(".py"):
            self.refused[name] = "is a directory: rename it without '.py', or make it a file"
        elif identity in self._above:
            self.refused[name] = "is a link to a folder above itself"
        elif depth >= _MAX_DEPTH:
            self.refused[name] = f"lies more than {_MAX_DEPTH} folders deep"
        else:
            self.folders.add(name)
            if depth == 0 and os.path.lexists(os.path.join(path, "__init__.py")):  # noqa: PTH118 - bytes-exact names
                self._packages.add(name)  # data files belong to a plugin only inside a package
            self._above.add(identity)
            try:
                self._inside(path, name, is_atomic=is_atomic, depth=depth + 1)
            finally:
                self._above.discard(identity)

    def _inside(self, path: str, name: str, *, is_atomic: bool, depth: int) -> None:
        """Walk a folder below the directory; one with too many entries is rejected as a whole."""
        top = name.partition("/")[0]
        most = min(MAX_FOLDER_ENTRIES - self._in_folder, MAX_ENTRIES - self._entries)
        entries = self._list(path, most, is_atomic=is_atomic)
        if entries is None:
            self._crowded.add(top)
            self.found.pop(top, None)
            self.refused[top] = f"holds more than {MAX_FOLDER_ENTRIES:,} entries, or makes too many with all others"
            return
        for entry in entries:
            if top in self._crowded:
                return
            if not is_ignored(entry.name):
                self._entry(entry, f"{name}/{entry.name}", is_atomic=is_atomic, depth=depth)

    def _file(self, path: str, name: str, found: os.stat_result, *, is_atomic: bool) -> None:
        for test, what in _KINDS:
            if test(found.st_mode):
                self.refused[name] = f"is {what}, not a file"
                return
        if found.st_size > MAX_FILE_BYTES:
            self.refused[name] = f"has {found.st_size:,} bytes: a file may have at most {MAX_FILE_BYTES:,}"
        elif name not in self._names:
            self._names.add(name)
            self.found.setdefault(name.partition("/")[0], []).append(Found(path, name, found, is_atomic))


def of_the_process(error: OSError) -> bool:
    """Report whether an error concerns this process, such as exhausted file descriptors, and not the entry."""
    return error.errno in _OF_THE_PROCESS


def trouble(error: OSError, path: str, *, is_last: bool) -> str:
    """Return why an entry is rejected; empty if it was just deleted.

    Raises:
        Moved: another attempt may succeed.
    """
    if error.errno == errno.ENOENT and os.path.islink(path):  # noqa: PTH114
        return "is a link to nothing"
    if error.errno in {errno.ENOENT, errno.ESTALE} and not is_last:
        raise Moved from None
    if error.errno == errno.ENOENT:
        return ""
    return _REASONS.get(error.errno or 0, f"cannot be read: {error.strerror or error}")


def _identities(path: str) -> set[tuple[int, int]]:
    """Return device and inode of a folder and all its parents, to detect links that form a loop."""
    found = set()
    while True:
        try:
            state = os.stat(path)  # noqa: PTH116
            found.add((state.st_dev, state.st_ino))
        except OSError:
            pass  # no accessible entry can link there
        above = os.path.dirname(path)  # noqa: PTH120
        if above == path:
            return found
        path = above


def _leads_into_data(entry: "os.DirEntry[str]") -> bool:
    """Report whether an entry is a kubelet link into ``..data``, whose target the walk has already visited."""
    try:
        return entry.is_symlink() and os.readlink(entry.path).startswith(_DATA_LINK + "/")  # noqa: PTH115
    except OSError:
        return False
