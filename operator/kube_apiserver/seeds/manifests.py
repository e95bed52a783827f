"""Kubernetes objects in YAML and JSON files that users name.

Owns reading, and messages that name file and document. YAML has the types that kubectl gives it. A file may come from
anywhere: its size, its nesting and what its aliases expand to are bounded.
"""

import json
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kube_apiserver.wire.yaml_loader import MAX_DEPTH, TOO_DEEP, JsonTypesLoader, RefusedYaml

SUFFIXES = (".json", ".yaml", ".yml")
DEFINITION = "CustomResourceDefinition"
_FIRST = (DEFINITION, "Namespace")
_MAX_BYTES = 32 * 1024 * 1024
_MAX_VALUES = 5_000_000


class ManifestError(ValueError):
    """A file with objects cannot be used. The message names the file and the document."""


class ManifestRejected(ManifestError):
    """The server rejects an object of a file. The message names file, document and field."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object, and where it is from: ``crds/widgets.yaml, document 2``."""

    obj: dict[str, Any]
    where: str

    @property
    def kind(self) -> str:
        """Its kind with group and version."""
        return f"{self.obj['apiVersion']}/{self.obj['kind']}"

    def __str__(self) -> str:
        metadata = self.obj["metadata"]
        return f"{self.where}: {self.kind} {metadata.get('name') or metadata.get('generateName', '')}"


def read_manifests(paths: Iterable[Path]) -> list[Manifest]:
    """Return the objects of files, and of the files directly in folders, in order; a ``List`` becomes its items.

    Args:
        paths: files, and folders whose YAML and JSON files are read in the order of their names.

    Raises:
        ManifestError: a file cannot be read, is too large, or has a document that is no Kubernetes object.
    """
    return [manifest for path in paths for file in _files(path) for manifest in _manifests(file)]


def in_order(manifests: Iterable[Manifest]) -> list[Manifest]:
    """Return manifests in the order in which they can be created: CRDs, namespaces, the rest as written."""
    return sorted(manifests, key=_rank)


def _rank(manifest: Manifest) -> int:
    kind = manifest.obj["kind"]
    return _FIRST.index(kind) if kind in _FIRST else len(_FIRST)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    try:
        found = sorted(each for each in path.iterdir() if each.suffix in SUFFIXES and not each.name.startswith("."))
    except OSError as error:
        raise ManifestError(f"{path} cannot be read ({error.strerror})") from error
    if not found:
        raise ManifestError(f"{path} has no file that ends in {', '.join(SUFFIXES)}")
    return found


def _manifests(path: Path) -> Iterator[Manifest]:
    for number, document in enumerate(_documents(path), 1):
        if document is not None:
            where = f"{path}, document {number}"
            _check_size(document, where)
            yield from _objects(document, where)


def _documents(path: Path) -> Iterator[Any]:
    text = _text(path)
    number = 0
    try:
        if path.suffix == ".json":
            yield json.loads(text, parse_constant=_no_constant)
            return
        for document in yaml.load_all(text, JsonTypesLoader):
            number += 1
            yield document
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
        raise ManifestError(f"{path}{f':{mark.line + 1}' if mark else ''}: is not YAML: {problem}") from error
    except RefusedYaml as error:
        raise ManifestError(f"{path}, document {number + 1}: {error.why}") from error
    except RecursionError as error:
        raise ManifestError(f"{path}, document {number + 1}: {TOO_DEEP}") from error
    except ValueError as error:
        raise ManifestError(f"{path}, document {number + 1}: {error}") from error


def _text(path: Path) -> str:
    try:
        # Opening a pipe would wait for its writer.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise ManifestError(f"{path} is not a file")
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise ManifestError(f"{path} cannot be read ({error.strerror})") from error
    if len(data) > _MAX_BYTES:
        raise ManifestError(f"{path} is larger than {_MAX_BYTES // 1024 // 1024} MiB: split it")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ManifestError(f"{path} is not text in UTF-8 (byte {error.start})") from error


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _check_size(document: Any, where: str) -> None:
    """Bound what aliases expand to: "a: &a [x, x]", "b: &b [*a, *a]", … doubles with each line."""
    count = 0
    level, depth = [document], 0
    while level:
        count, depth = count + len(level), depth + 1
        if depth > MAX_DEPTH:
            raise ManifestError(f"{where}: {TOO_DEEP}")
        below: list[Any] = []
        for value in level:
            children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
            if count + len(below) + len(children) > _MAX_VALUES:
                raise ManifestError(f"{where}: has too many values, with its aliases expanded")
            below.extend(children)
        level = below


def _objects(document: Any, where: str) -> Iterator[Manifest]:
    if not isinstance(document, dict):
        raise ManifestError(f"{where}: is not a Kubernetes object: write apiVersion, kind and metadata")
    if str(document.get("kind", "")).endswith("List") and isinstance(document.get("items"), list):
        for number, item in enumerate(document["items"], 1):
            yield from _objects(item, f"{where}, item {number}")
        return
    problem = _problem(document)
    if problem:
        raise ManifestError(f"{where}: {problem}")
    yield Manifest(document, where)


def _problem(document: dict[str, Any]) -> str:
    """Return what is missing for the request that creates the object; an empty text if it is complete."""
    for name in ("apiVersion", "kind"):
        if not isinstance(document.get(name), str) or not document[name]:
            return f"has no {name}: write apiVersion, kind and metadata"
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        return f"the {document['kind']} has no metadata"
    if not any(isinstance(metadata.get(name), str) and metadata[name] for name in ("name", "generateName")):
        return f"the {document['kind']} has no metadata.name, or it is not text: write it in quotes"
    if not isinstance(metadata.get("namespace") or "", str):
        return f"the {document['kind']} has a metadata.namespace that is not text: write it in quotes"
    return ""
