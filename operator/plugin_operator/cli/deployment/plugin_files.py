"""The files of plugins as entries of one ConfigMap: keys, paths in the volume, and the limits of its size."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from plugin_operator.errors import UsageError
from plugin_operator.hosting.scan.snapshot import PluginSource

#: Most bytes of keys and values that the API server takes in a ConfigMap.
MAX_BYTES = 1024 * 1024
#: Most bytes of an object that a client-side apply copies into its annotation.
MAX_CLIENT_SIDE_BYTES = 256 * 1024

_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")
_NOT_IN_KEYS = re.compile(r"[^-._a-zA-Z0-9]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file.

    Attributes:
        key: key in the ConfigMap.
        path: POSIX path below the plugins directory.
        content: its bytes.
    """

    key: str
    path: str
    content: bytes


def entries_of(sources: Iterable[PluginSource]) -> list[Entry]:
    """Return the files of plugins and of the helpers that they import, by path.

    Raises:
        UsageError: two plugins have different files of one path, two paths get one key, or a ConfigMap is too small.
    """
    files: dict[str, bytes] = {}
    for source in sources:
        for path, content in source.files.items():
            if files.setdefault(path, content) != content:
                raise UsageError(f"{source.root}/{path}: another directory has a different {path}: rename one of them")
    entries = [Entry(key_of(path), path, files[path]) for path in sorted(files)]
    _check_keys(entries)
    _check_size(entries)
    return entries


def key_of(path: str) -> str:
    """Return the key of a path: itself, or dots in place of what a key cannot have."""
    return path if _KEY.fullmatch(path) else _NOT_IN_KEYS.sub(".", path)[:253]


def items_of(entries: Iterable[Entry]) -> list[Mapping[str, str]]:
    """Return ``items`` for the volume; empty if each key is the name of its file."""
    listed = list(entries)
    return [{"key": each.key, "path": each.path} for each in listed] if any(e.key != e.path for e in listed) else []


def _check_keys(entries: Iterable[Entry]) -> None:
    first: dict[str, str] = {}
    for each in entries:
        other = first.setdefault(each.key, each.path)
        if other != each.path:
            raise UsageError(f"{each.path} and {other} have the same key {each.key} in a ConfigMap: rename one of them")


def _check_size(entries: list[Entry]) -> None:
    total = sum(len(each.key) + len(each.content) for each in entries)
    if total > MAX_BYTES:
        largest = max(entries, key=lambda each: len(each.content))
        raise UsageError(
            f"the plugins have {total} bytes, and a ConfigMap takes {MAX_BYTES}; the largest file is {largest.path} "
            f"({len(largest.content)} bytes). Put them on a volume: see the overlays git-sync and pvc"
        )
