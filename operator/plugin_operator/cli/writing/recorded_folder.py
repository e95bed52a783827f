"""A folder of generated files that is written again: it replaces and removes only what it wrote itself.

Owns the record, which has the digest of each file. ``sha256sum --check`` reads it. Leaves the content to the commands.
"""

import contextlib
import hashlib
import os
import re
import stat
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath

from plugin_operator.cli.writing.new_files import replace_file
from plugin_operator.errors import UsageError
from plugin_operator.rendering import terminal_line

RECORD = ".plugin-operator.sha256"
_MAX_RECORD_BYTES = 16 * 1024 * 1024
_MOST_NAMED = 5
_LINE = re.compile(r"(?P<digest>[0-9a-f]{64})  (?P<path>.+)")

#: The digests of a file by its POSIX path; two for a moment, while one replaces the other.
_Record = dict[str, set[str]]


def write_recorded(files: Mapping[str, bytes], folder: Path, *, flag: str, removes: bool = True) -> None:
    """Write files into a folder, and record them there.

    A run that was interrupted is completed by the next one.

    Args:
        files: content by POSIX path below the folder.
        folder: a folder of this function, or a new or empty one.
        flag: the flag that names the folder, for errors.
        removes: remove what an earlier run wrote and ``files`` lack; the folder is then for nothing else. Otherwise it
            may have files of the user beside them.

    Raises:
        UsageError: a file that would be replaced or removed is not as this function wrote it; nothing is changed then.
            Or the folder cannot be used.
    """
    try:
        _write(files, folder, removes=removes)
    except _Refusal as refusal:
        raise UsageError(f"{flag} {folder}: {refusal}") from refusal
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        raise UsageError(f"{flag} {folder}: {error.strerror or error}{where}") from error


class _Refusal(Exception):
    """Why a folder is left as it is, and the way out."""


def _write(files: Mapping[str, bytes], folder: Path, *, removes: bool) -> None:
    if folder.is_symlink() and not folder.exists():
        raise _Refusal("is a link to nothing: remove it, or name another directory")
    if folder.exists() and not folder.is_dir():
        raise _Refusal("is no directory: name another")
    recorded = _read_record(folder)
    if removes and recorded is None and folder.is_dir() and any(folder.iterdir()):
        raise _Refusal("has other files: name a new directory")
    recorded = recorded or {}
    _check_unchanged(files, recorded, folder, removes=removes)
    digests = {path: _digest(content) for path, content in files.items()}
    # Written first, with the old and the new state: an interrupted run leaves no file that the record lacks.
    _write_record(folder, {path: {*recorded.get(path, ()), *_one(digests, path)} for path in recorded | digests})
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        replace_file(folder / path, content)
    kept = {path: seen for path, seen in recorded.items() if path not in files}
    if removes:
        _remove(kept, folder)
        kept = {}
    _write_record(folder, kept | {path: {digest} for path, digest in digests.items()})


def _one(digests: Mapping[str, str], path: str) -> Collection[str]:
    return (digests[path],) if path in digests else ()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _check_unchanged(files: Mapping[str, bytes], recorded: _Record, folder: Path, *, removes: bool) -> None:
    """Refuse if a file of someone else, or one that was edited, would be replaced or removed."""
    touched = dict.fromkeys([*(recorded if removes else ()), *files])
    found = dict.fromkeys(
        problem for path in touched if (problem := _obstacle(path, files.get(path), recorded.get(path, ()), folder))
    )
    if not found:
        return
    named = [terminal_line(each) for each in list(found)[:_MOST_NAMED]]
    more = [f"and {len(found) - _MOST_NAMED} more"] if len(found) > _MOST_NAMED else []
    raise _Refusal(
        f"{', '.join([*named, *more])}: not written by this command, or changed since. Nothing was changed. "
        "Move or remove what is yours, or name a new directory"
    )


def _obstacle(path: str, wanted: bytes | None, digests: Collection[str], folder: Path) -> str:
    """Return the file, folder or link that this module did not write and that is in the way; empty if there is none."""
    for parent in reversed(PurePosixPath(path).parents[:-1]):
        place = folder / parent
        if place.is_symlink() or (place.exists() and not place.is_dir()):
            return str(parent)
    place = folder / path
    if not os.path.lexists(place):
        return ""
    if place.is_symlink() or not place.is_file():
        return path
    content = place.read_bytes()
    return "" if content == wanted or _digest(content) in digests else path


def _remove(paths: Collection[str], folder: Path) -> None:
    """Remove files, and the folders that have become empty."""
    for path in paths:
        (folder / path).unlink(missing_ok=True)
    parents = {parent for path in paths for parent in PurePosixPath(path).parents[:-1]}
    for parent in sorted(parents, key=lambda each: len(each.parts), reverse=True):
        with contextlib.suppress(OSError):
            (folder / parent).rmdir()


def _read_record(folder: Path) -> _Record | None:
    """Return what the folder's record says; None if there is none."""
    place = folder / RECORD
    if os.path.lexists(place) and not stat.S_ISREG(place.lstat().st_mode):
        raise _Refusal(f"{RECORD} is no file that this command wrote: name a new directory")
    try:
        with os.fdopen(os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            return _parsed(file.read(_MAX_RECORD_BYTES + 1).decode())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise _Refusal(f"{RECORD} is not as this command wrote it: name a new directory") from error


def _parsed(text: str) -> _Record:
    """Return the record in a text.

    Raises:
        ValueError: the text is too long, or a line is no record of a file below the folder.
    """
    if len(text) > _MAX_RECORD_BYTES:
        raise ValueError(len(text))
    found: _Record = {}
    for digest, path in _lines(text):
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise ValueError(path)
        found.setdefault(path, set()).add(digest)
    return found


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.removesuffix("\n").split("\n") if text else ():
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(line)
        yield match["digest"], match["path"]


def _write_record(folder: Path, record: _Record) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{digest}  {path}\n" for path in sorted(record) for digest in sorted(record[path])]
    replace_file(folder / RECORD, "".join(lines).encode())
