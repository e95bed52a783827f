"""The objects that a scenario starts with: dicts, and documents of YAML and JSON files."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from kube_apiserver.wire.yaml_loader import JsonTypesLoader, RefusedYaml
from plugin_operator.client import Client
from plugin_operator.client.models import declared_dict
from plugin_operator.errors import AlreadyExistsError, ApiError, NoMatchError
from plugin_operator.kube import Object, without_server_fields
from plugin_operator.kube.objects import ApiObject

_DEFINITION = "CustomResourceDefinition"

#: An object, or the path of a file with objects.
Seed: TypeAlias = str | Path | Mapping[str, Any] | ApiObject


def place(path: str | Path, base: Path) -> Path:
    """Return the file or folder that a test names: relative to the test's folder, else to the working directory.

    Raises:
        FileNotFoundError: there is none in either.
    """
    given = Path(path)
    for each in (base / given, Path.cwd() / given):
        if each.exists():
            # ".." is not shown, unless it leads through a link.
            short = Path(os.path.normpath(each))
            return short if short.exists() and short.samefile(each) else each
    raise FileNotFoundError(f"{given} is neither in {base}, the folder of the test, nor in {Path.cwd()}")


def aware(field: str, given: datetime | None) -> datetime:
    """Return a time of a test, or the present second.

    Raises:
        ValueError: it has no time zone.
    """
    if given is not None and given.utcoffset() is None:
        raise ValueError(f"{field} is {given!r}, which has no time zone: write {field}=datetime(…, tzinfo=UTC)")
    return given or datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class SeedObject:
    """One object, and where it is from: ``document 2 of crds/widgets.yaml``."""

    obj: Object
    where: str


def load(given: Iterable[Seed], base: Path) -> list[SeedObject]:
    """Return objects: dicts as they are, typed ones as dicts, and documents of files; a ``List`` becomes its items.

    Raises:
        FileNotFoundError: a file does not exist.
        ValueError: a document is not an object with apiVersion, kind and metadata.
        TypeError: it is a single object or path.
    """
    if isinstance(given, Mapping | str | Path | ApiObject):
        raise TypeError(f"objects and crds take a list: write [{type(given).__name__}(…)], or […] around it")
    return [obj for each in given for obj in _objects(each, base)]


def _objects(given: Seed, base: Path) -> Iterator[SeedObject]:
    if isinstance(given, Mapping | ApiObject):
        yield from _items(dict(declared_dict(given)), "an object")
        return
    path = place(given, base)
    try:
        documents = list(yaml.load_all(path.read_text("utf-8"), JsonTypesLoader))
    except (yaml.YAMLError, RefusedYaml) as error:
        raise ValueError(f"{path}: {error}") from error
    for number, document in enumerate(documents, 1):
        if document is not None:
            yield from _items(document, f"document {number} of {path}")


def _items(document: Any, what: str) -> Iterator[SeedObject]:
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
    # As kubectl get -o yaml prints it: a server creates no object that has a version already.
    is_read = isinstance(document["metadata"], Mapping) and "resourceVersion" in document["metadata"]
    yield SeedObject(without_server_fields(document) if is_read else document, what)


async def create(client: Client, objects: Iterable[SeedObject], *, defers: bool = False) -> list[SeedObject]:
    """Create objects with their status: CRDs first, and the namespaces that are missing.

    Args:
        client: the client of the test.
        objects: the objects.
        defers: whether objects whose kind is not served are left for later, because a plugin may define it.

    Returns:
        What is left for later.

    Raises:
        ApiError: the server rejects an object; a note says which, and where it is from.
    """
    known: set[str] = set()
    rest: list[SeedObject] = []
    for each in sorted(objects, key=lambda each: each.obj["kind"] not in {_DEFINITION, "Namespace"}):
        try:
            await _create(client, each.obj, known)
        except ApiError as error:
            if defers and isinstance(error, NoMatchError):
                rest.append(each)
                continue
            named = each.obj["metadata"].get("name") or each.obj["metadata"].get("generateName", "")
            error.add_note(f"The API server refused {each.obj['apiVersion']}/{each.obj['kind']} {named}, {each.where}")
            raise
    return rest


async def _create(client: Client, obj: Object, known: set[str]) -> None:
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
