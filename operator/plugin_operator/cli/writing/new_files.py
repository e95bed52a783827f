"""Writing whole files: those of a new plugin all or none, and never over a file that is there."""

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from plugin_operator.errors import PluginOperatorError, UsageError


def write_all(files: Mapping[Path, str], *, overwrites: bool, flag: str = "--dir") -> None:
    """Write text files and make their folders.

    Args:
        files: content by path.
        overwrites: replace files that exist.
        flag: the flag that names the folder, for errors.

    Raises:
        UsageError: a file exists, and ``overwrites`` is false. No file is written.
        PluginOperatorError: a file or folder cannot be written. Files that were written before are removed, unless they
            replaced others.
    """
    existing = [path for path in files if os.path.lexists(path)]
    if existing and not overwrites:
        names = ", ".join(map(str, existing))
        which = "is there already" if len(existing) == 1 else "are there already"
        raise UsageError(f"{names} {which}: choose another name, another {flag}, or --force to overwrite")
    written: list[Path] = []
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, text.encode(), overwrites=overwrites)
            written.append(path)
    except OSError as error:
        for path in written:
            if path not in existing:
                with contextlib.suppress(OSError):
                    path.unlink()
        where = error.filename or path
        raise PluginOperatorError(f"{where} cannot be written ({error.strerror}): choose another {flag}") from error


def replace_file(path: Path, content: bytes) -> None:
    """Write a whole file in place of the one that is there, if any.

    Raises:
        OSError: it cannot be written; what was there stays.
    """
    _write(path, content, overwrites=True)


def _write(path: Path, content: bytes, *, overwrites: bool) -> None:
    """Write a whole file under a name that the operator ignores, then give it its own: no scan sees half of it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        if overwrites:
            draft.replace(path)
        else:
            _name(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _name(draft: Path, path: Path) -> None:
    """Rename a file, unless another has come to be there."""
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        raise
    except OSError:  # the file system has no hard links
        draft.rename(path)
    else:
        draft.unlink()
