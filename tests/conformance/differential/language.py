"""The language of the cases: what is sent, in order.

Every string in a step may use ``$ns`` (the case's own namespace), ``$id`` (a word of its own, for cluster-scoped
names) and whatever an earlier step kept under a name, as ``$rv``. A case's outcome must not depend on other cases, on
timing or on the order in which a server does what it does in the background: use ``until`` where it needs time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CONFIG_MAPS = "/api/v1/namespaces/$ns/configmaps"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
METADATA = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"


@dataclass(frozen=True, slots=True)
class Call:
    """One request and its answer.

    ``keep`` saves values out of a good answer (name to dotted path) for later steps, or out of one with the status
    ``keep_from``; ``only`` compares but what is at this path, whose steps are separated by spaces, for documents too
    large or too much a server's own to compare whole; ``until`` repeats the request until it has that status, and what
    ``only`` asks for, for what happens in the background, and only the last answer counts; ``silent`` answers are not
    compared: they only set the scene.
    """

    method: str
    path: str
    body: Any = None
    content_type: str = "application/json"
    accept: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    keep: Mapping[str, str] = field(default_factory=dict)
    keep_from: int | None = None
    only: str = ""
    until: int | None = None
    silent: bool = False


@dataclass(frozen=True, slots=True)
class OpenWatch:
    """Open a watch and leave it open; its status and content type are compared at once."""

    path: str
    name: str = "watch"
    accept: str = "application/json"


@dataclass(frozen=True, slots=True)
class Events:
    """Read so many events from an open watch, then close it; ``count=None`` reads until the server ends it.

    How many bookmarks come is a matter of time: they are left out, but for the first of several with ``bookmarks``.
    """

    count: int | None
    name: str = "watch"
    bookmarks: bool = False


Step = Call | OpenWatch | Events


@dataclass(frozen=True, slots=True)
class Case:
    """A sequence with a name that states behaviour; ``cleanup`` lists paths to delete afterwards."""

    name: str
    steps: tuple[Step, ...]
    cleanup: tuple[str, ...] = ()


def case(name: str, *steps: Step, cleanup: tuple[str, ...] = ()) -> Case:
    """Write a case as its name and its steps."""
    return Case(name, steps, cleanup)


def get(path: str, **options: Any) -> Call:
    """Read."""
    return Call("GET", path, **options)


def post(path: str, body: Any, **options: Any) -> Call:
    """Create."""
    return Call("POST", path, body, **options)


def put(path: str, body: Any, **options: Any) -> Call:
    """Replace."""
    return Call("PUT", path, body, **options)


def patch(path: str, body: Any, content_type: str = MERGE, **options: Any) -> Call:
    """Patch, as JSON merge patch unless told otherwise."""
    return Call("PATCH", path, body, content_type, **options)


def apply(path: str, body: Any, manager: str = "one", *, force: bool = False, query: str = "", **options: Any) -> Call:
    """Apply on the server's side."""
    query = f"?fieldManager={manager}" + ("&force=true" if force else "") + query
    return Call("PATCH", path + query, body, APPLY, **options)


def delete(path: str, body: Any = None, **options: Any) -> Call:
    """Delete one object or a collection."""
    return Call("DELETE", path, body, **options)


def documents(*each: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """Return the documents of a table; a type checker finds no common type for dicts that differ by themselves."""
    return each


def config_map(name: str, data: Mapping[str, str] | None = None, **metadata: Any) -> dict[str, Any]:
    """Write a ConfigMap."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, **metadata},
        **({"data": dict(data)} if data is not None else {}),
    }


COMPACT = post("/debug/compact", None, silent=True)
"""Forget every version but the newest of each object; only servers that are started for these cases do so."""
