"""The files of plugins as entries of one ConfigMap: keys, paths in the volume, and the limits of its size."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from plugin_operator.errors import UsageError
from plugin_operator.hosting.scan.snapshot import PluginSource

#: Most bytes of keys and values that the API server takes in a ConfigMap.
MAX_BYTES = 1024 * 1024
#: Most bytes of an object that a client-side apply copies into its annotation.
MAX_CLIENT_SIDE_BYTES = 256 * 1024

_MAX_KEY = 253
_KEY = re.compile(r"(?!\.\.|\.\Z)[-._a-zA-Z0-9]{1,253}")
_NOT_IN_KEYS = re.compile(r"[^-._a-zA-Z0-9]+")
#: Paths that kustomize reads in ``KEY=FILE``.
_FILE = re.compile(r"[-._a-zA-Z0-9/]+")
#: Characters that no YAML has as they are: kustomize and a server-side apply fail at them.
_NOT_IN_YAML = re.compile("[\x7f-\x9f\ufffe\uffff]")
_DIGITS = 8
_MAX_SUFFIX = 16


class Entry(msgspec.Struct, frozen=True):
    """One file.

    Attributes:
        key: key in the ConfigMap.
        path: POSIX path below the plugins directory.
        content: its bytes.
    """

    key: str
    path: str
    content: bytes

    @property
    def file(self) -> str:
        """POSIX path in a kustomization: ``path``, or the key if kustomize could read ``path`` in another way."""
        return self.path if _FILE.fullmatch(self.path) else self.key


def entries_of(sources: Iterable[PluginSource]) -> list[Entry]:
    """Return the files of plugins and of the helpers that they import, by path.

    Raises:
        UsageError: two plugins have different files of one path, a file has a character that YAML cannot have, or a
            ConfigMap is too small.
    """
    files: dict[str, bytes] = {}
    for source in sources:
        for path, content in source.files.items():
            if files.setdefault(path, content) != content:
                raise UsageError(f"{source.root}/{path}: another directory has a different {path}: rename one of them")
    for path, content in files.items():
        _check_characters(path, content)
    keys = keys_of(files)
    entries = [Entry(keys[path], path, files[path]) for path in sorted(files)]
    _check_size(entries)
    return entries


def keys_of(paths: Iterable[str]) -> dict[str, str]:
    """Return a key of its own for each path: itself, itself with dots for slashes, or one with a digest of the path."""
    dotted = {path: path.replace("/", ".") for path in sorted(paths)}
    uses = Counter(dotted.values())
    keys = {path: key for path, key in dotted.items() if _KEY.fullmatch(key) and (key == path or uses[key] == 1)}
    taken = set(keys.values())
    for path in dotted.keys() - keys.keys():
        keys[path] = next(key for key in _keys_with_digest(path) if key not in taken)
        taken.add(keys[path])
    return keys


def _keys_with_digest(path: str) -> Iterator[str]:
    digest = hashlib.sha256(path.encode()).hexdigest()
    stem, dot, suffix = path.rpartition(".")
    end = f".{suffix}" if dot and _KEY.fullmatch(suffix) and len(suffix) <= _MAX_SUFFIX else ""
    start = _NOT_IN_KEYS.sub("-", stem.replace("/", ".") if end else path).strip("-.")
    for digits in range(_DIGITS, len(digest) + 1):
        tail = f"{digest[:digits]}{end}"
        shortened = start[: _MAX_KEY - len(tail) - 1]
        yield f"{shortened}-{tail}" if shortened else tail


def items_of(entries: Iterable[Entry]) -> list[Mapping[str, str]]:
    """Return ``items`` for the volume; empty if each key is the name of its file."""
    listed = list(entries)
    return [{"key": each.key, "path": each.path} for each in listed] if any(e.key != e.path for e in listed) else []


def _check_characters(path: str, content: bytes) -> None:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return  # it becomes binary data
    if (found := _NOT_IN_YAML.search(text)) is not None:
        line, code = text.count("\n", 0, found.start()) + 1, ord(found[0])
        escape = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
        raise UsageError(f"{path}:{line}: kubectl cannot apply a file with the character U+{code:04X}: write {escape}")


def _check_size(entries: list[Entry]) -> None:
    total = sum(len(each.key) + len(each.content) for each in entries)
    if total > MAX_BYTES:
        largest = max(entries, key=lambda each: len(each.content))
        raise UsageError(
            f"the plugins have {total} bytes, and a ConfigMap takes {MAX_BYTES}; the largest file is {largest.path} "
            f"({len(largest.content)} bytes). Put them on a volume: see the overlays git-sync and pvc"
        )
