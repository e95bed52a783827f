"""Reading kubeconfig files, and merging several into one.

Owns the form of a file, and the rules of client-go's ``tools/clientcmd/loader.go`` for several: an absent or empty file
does not count, the first entry of a name wins, and so does the first current context. Messages quote names only: other
content may be a credential.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from plugin_operator.errors import ConfigError

#: What each list holds: the name of the part that has the content of an entry.
_PARTS = {"clusters": "cluster", "contexts": "context", "users": "user"}
_CURRENT = "current-context"
_WAY_OUT = "kubectl config view --flatten --minify prints a complete one"


@dataclass(frozen=True, slots=True)
class Entry:
    """A cluster, a context or a user.

    Attributes:
        content: its fields.
        folder: the folder that relative paths in it start from.
    """

    content: Mapping[str, Any] = field(repr=False)
    folder: str


class MergedKubeconfig(msgspec.Struct, frozen=True):
    """The content of all files.

    Attributes:
        current: the name of the current context; empty without one.
        entries: the entries by the name of their list, such as ``clusters``, and their own name.
    """

    current: str
    entries: Mapping[str, Mapping[str, Entry]]


def existing(paths: str) -> list[Path]:
    """Return the existing files of ``$KUBECONFIG``."""
    found = [Path(path).expanduser() for path in paths.split(os.pathsep) if path]
    return [path for path in found if path.exists()]


def merged(paths: str, source: str) -> MergedKubeconfig:
    """Read each file once, as pipes need, and merge them.

    Args:
        paths: paths as in ``$KUBECONFIG``.
        source: name of the files in messages.

    Raises:
        ConfigError: no file exists, all are empty, or one has another form.
    """
    found = existing(paths)
    if not found:
        raise ConfigError(f"the kubeconfig {source} does not exist")
    documents = {path: document for path in found if (document := _read(path, source))}
    if not documents:
        raise ConfigError(f"the kubeconfig {source} is empty: {_WAY_OUT}")
    current = ""
    entries: dict[str, dict[str, Entry]] = {kind: {} for kind in _PARTS}
    for path, document in documents.items():
        if not isinstance(named := document.get(_CURRENT), str | None):
            raise _wrong(source, path, f"{_CURRENT} is no text")
        current = current or named or ""
        for kind in _PARTS:
            for name, content in _entries(document, kind, path, source):
                entries[kind].setdefault(name, Entry(content, str(path.absolute().parent)))
    return MergedKubeconfig(current, entries)


def _read(path: Path, source: str) -> Mapping[str, Any]:
    """Return the content of a file; nothing if it is empty."""
    # Imported on demand: an operator in a pod reads no kubeconfig.
    import yaml

    try:
        document = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"the kubeconfig {source} cannot be read: {path}: {error.strerror}") from error
    except (UnicodeDecodeError, ValueError) as error:
        raise _wrong(source, path, "it is not a text in UTF-8") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"the kubeconfig {source} is not valid YAML, in {path}{_place(error)}") from None
    except RecursionError as error:
        raise ConfigError(f"the kubeconfig {source} is nested too deeply") from error
    if not isinstance(document, dict | None):
        raise _wrong(source, path, f"it is no kubeconfig, which has {', '.join(_PARTS)}")
    return document or {}


def _entries(
    document: Mapping[str, Any], kind: str, path: Path, source: str
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the entries of a list, each with its name."""
    part, entries = _PARTS[kind], document.get(kind)
    if not isinstance(entries, list | None):
        raise _wrong(source, path, f"{kind} is no list")
    for number, entry in enumerate(entries or ()):
        place = f"{kind}[{number}]"
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise _wrong(source, path, f"{place} has no name that is a text")
        if not isinstance(content := entry.get(part), dict | None):
            raise _wrong(source, path, f"{place}.{part} has no fields")
        yield entry["name"], content or {}


def _wrong(source: str, path: Path, reason: str) -> ConfigError:
    return ConfigError(f"the kubeconfig {source} cannot be used, in {path}: {reason}")


def _place(error: Any) -> str:
    """Return the position of a YAML error without the parser's message, which may quote a token."""
    mark = getattr(error, "problem_mark", None)
    return f" at line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
