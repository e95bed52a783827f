"""The objects that a scenario starts with: dicts, and documents of YAML and JSON files."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from plugin_operator.client import Client
from plugin_operator.errors import AlreadyExistsError
from plugin_operator.kube import Object

_DEFINITION = "CustomResourceDefinition"


def place(path: str | Path, base: Path) -> Path:
    """Return the file or folder that a test names: relative to the test's folder, else to the working directory.

    Raises:
        FileNotFoundError: there is none in either.
    """
    given = Path(path)
    for each in (base / given, Path.cwd() / given):
        if each.exists():
            return each
    raise FileNotFoundError(f"{given} is neither in {base}, the folder of the test, nor in {Path.cwd()}")


def aware(field: str, given: datetime | None) -> datetime:
    """Return a time of a test, or the present second.

    Raises:
        ValueError: it has no time zone.
    """
    if given is not None and given.utcoffset() is None:
        raise ValueError(f"{field} is {given!r}, which has no time zone: write {field}=datetime(…, tzinfo=UTC)")
    return given or datetime.now(UTC).replace(microsecond=0)


def load(given: Iterable[str | Path | Mapping[str, Any]], base: Path) -> list[Object]:
    """Return objects: dicts as they are, and the documents of files; a ``List`` becomes its items.

    Raises:
        FileNotFoundError: a file does not exist.
        ValueError: a document is not an object with apiVersion, kind and metadata.
        TypeError: it is a single object or path.
    """
    if isinstance(given, Mapping | str | Path):
        raise TypeError(f"objects and crds take a list: write [{type(given).__name__}(…)], or […] around it")
    return [obj for each in given for obj in _objects(each, base)]


def _objects(given: str | Path | Mapping[str, Any], base: Path) -> Iterator[Object]:
    if isinstance(given, Mapping):
        yield from _items(dict(given), "an object")
        return
    path = place(given, base)
    try:
        documents = list(yaml.safe_load_all(path.read_text("utf-8")))
    except yaml.YAMLError as error:
        raise ValueError(f"{path}: {error}") from error
    for number, document in enumerate(documents, 1):
        if document is not None:
            yield from _items(document, f"document {number} of {path}")


def _items(document: Any, what: str) -> Iterator[Object]:
    if isinstance(document, dict) and document.get("kind", "").endswith("List") and "items" in document:
        for each in document["items"]:
            yield from _items(each, f"an item of {what}")
        return
    fields = ("apiVersion", "kind", "metadata")
    missing = [each for each in fields if not isinstance(document, dict) or not document.get(each)]
    if missing:
        named = (document.get("metadata") or {}).get("name") if isinstance(document, dict) else None
        which = f"{what} named {named!r}" if named else what
        raise ValueError(f"{which} has no {' and no '.join(missing)}: write apiVersion, kind and metadata")
    yield document


async def create(client: Client, objects: Iterable[Object]) -> None:
    """Create objects with their status: CRDs first, and the namespaces that are missing.

    Raises:
        ApiError: the server rejects an object.
    """
    known: set[str] = set()
    for obj in sorted(objects, key=lambda each: each["kind"] not in {_DEFINITION, "Namespace"}):
        namespace = obj["metadata"].get("namespace")
        if namespace and namespace not in known:
            known.add(namespace)
            await _create_namespace(client, namespace)
        stored = await client.create(obj)
        if "status" in obj and obj["kind"] != _DEFINITION:
            await client.patch_status(
                f"{obj['apiVersion']}/{obj['kind']}", stored["metadata"]["name"], obj["status"], namespace
            )


async def _create_namespace(client: Client, name: str) -> None:
    try:
        await client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    except AlreadyExistsError:
        return
