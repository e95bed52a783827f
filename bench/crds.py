"""``python -m bench.crds``: many CustomResourceDefinitions on the embedded API server and on a real kube-apiserver.

Owns the definitions that it makes up, the load, and the table. Each server gets the same bodies by server-side apply,
one after the other, and is then asked for the OpenAPI index and for every document in it, as kubectl and controllers
do. All the while a bystander reads a ConfigMap: its slowest answer is how long a server lets others wait.
"""

import argparse
import asyncio
import contextlib
import gzip
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import aiohttp
from rich.console import Console
from rich.table import Table

from bench.apiservers import controlplane, embedded, machine, resident_mib, server_process
from tests.conformance.differential.targets import Target, running

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
KINDS_IN_A_GROUP = 5
#: Kilobytes of the JSON of a definition. Most are small; one that embeds a Pod's template is big.
SIZES = (5, 10, 15, 20, 30, 5, 10, 15, 20, 120)
DEADLINE_SECONDS = 300.0
ROWS = {
    "apply": ("server-side apply of all definitions, s", 1),
    "apply_wait": ("slowest read of a bystander meanwhile, s", 3),
    "memory": ("memory for the definitions, MiB", 0),
    "cold": ("OpenAPI index and all documents, first time, s", 2),
    "cold_wait": ("slowest read of a bystander meanwhile, s", 3),
    "warm": ("OpenAPI index and all documents, again, s", 2),
    "changed": ("the same after one definition changed, s", 2),
    "unmodified": ("all documents with their ETag, s", 2),
    "memory_all": ("memory with all documents built, MiB", 0),
}


def definition(number: int, kilobytes: int) -> dict[str, Any]:
    """Return a CustomResourceDefinition of about this size."""
    group, kind = f"g{number // KINDS_IN_A_GROUP}.example.com", f"Made{number}"
    properties: dict[str, Any] = {}
    part = 0
    while len(json.dumps(properties)) < kilobytes * 900:
        properties[f"part{part}"] = _part(part)
        part += 1
    status = {"type": "object", "properties": {"ready": {"type": "boolean"}, "message": {"type": "string"}}}
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": properties}, "status": status}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"plural": kind.lower() + "s", "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{names['plural']}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": names,
            "versions": [{**version, "subresources": {"status": {}}}],
        },
    }


def _part(number: int) -> dict[str, Any]:
    """Return a schema with the keywords that generated definitions have."""
    words = f"Part {number} says how one part of the system behaves, which is why its text is as long as this one is."
    key = {"type": "string", "description": words, "minLength": 1, "maxLength": 63, "pattern": "^[a-z0-9-]+$"}
    entry = {"type": "object", "required": ["key"], "properties": {"key": key, "value": {"type": "string"}}}
    return {
        "type": "object",
        "description": words,
        "properties": {
            "mode": {"type": "string", "description": words, "enum": ["Off", "On", "Auto"], "default": "Auto"},
            "replicas": {"type": "integer", "format": "int32", "minimum": 0, "description": words},
            "size": {"anyOf": [{"type": "integer"}, {"type": "string"}], "x-kubernetes-int-or-string": True},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "entries": {
                "type": "array",
                "items": entry,
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["key"],
            },
        },
        "required": ["mode"],
    }


class Bystander:
    """Reads a small object all the while, and knows how long the slowest answer took."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self.slowest_seconds = 0.0

    async def read(self) -> None:
        """Read until cancelled."""
        while True:
            began = time.monotonic()
            async with self._session.get("/api/v1/namespaces/default/configmaps?limit=1") as answer:
                await answer.read()
            self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - began)
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def beside(session: aiohttp.ClientSession) -> Any:
    """Run a bystander during a block."""
    bystander = Bystander(session)
    reading = asyncio.create_task(bystander.read())
    try:
        yield bystander
    finally:
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading


async def _apply(session: aiohttp.ClientSession, bodies: Sequence[tuple[str, bytes]]) -> float:
    began = time.monotonic()
    headers = {"Content-Type": "application/apply-patch+yaml"}
    for name, body in bodies:
        url = f"{CRDS}/{name}?fieldManager=bench&force=true"
        async with session.patch(url, data=body, headers=headers) as answer:
            if answer.status not in (200, 201):
                raise RuntimeError(f"{name}: {answer.status} {await answer.text()}")
            await answer.read()
    return time.monotonic() - began


async def _index(session: aiohttp.ClientSession) -> dict[str, str]:
    """Return the address of each document."""
    async with session.get("/openapi/v3") as answer:
        paths = json.loads(await answer.read())["paths"]
    return {name: entry["serverRelativeURL"] for name, entry in paths.items()}


async def _published(session: aiohttp.ClientSession, groups: set[str], last: str = "") -> str:
    """Wait until the index has every group, and another address of the first one than ``last``. Return that address.

    kube-apiserver publishes a document some time after it serves its definitions.
    """
    while True:
        index = await _index(session)
        addresses = [index.get(f"apis/{group}/v1", "") for group in sorted(groups)]
        if all(addresses) and addresses[0] != last:
            return addresses[0]
        await asyncio.sleep(0.1)


async def _read_documents(session: aiohttp.ClientSession, *, unmodified: bool = False) -> tuple[float, int]:
    """Return the seconds for the index and all documents, and the bytes of the documents."""
    began, size = time.monotonic(), 0
    for url in (await _index(session)).values():
        etag = url.rpartition("hash=")[2]
        headers = {"If-None-Match": f'"{etag}"'} if unmodified else {}
        async with session.get(url, headers=headers) as answer:
            body = await answer.read()
            if answer.status != (304 if unmodified else 200):
                raise RuntimeError(f"{url}: {answer.status}")
        size += len(gzip.decompress(body)) if answer.headers.get("Content-Encoding") == "gzip" else len(body)
    return time.monotonic() - began, size


async def _load(target: Target, pid: int, definitions: Sequence[dict[str, Any]]) -> dict[str, float]:
    bodies = [(entry["metadata"]["name"], json.dumps(entry).encode()) for entry in definitions]
    changed = json.loads(bodies[0][1])
    changed["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["more"] = {"type": "string"}
    session = aiohttp.ClientSession(
        target.url,
        headers={"Authorization": f"Bearer {target.token}", "Accept-Encoding": "gzip"},
        connector=aiohttp.TCPConnector(ssl=target.context or False),
        auto_decompress=False,
    )
    found = {}
    async with session:
        empty = resident_mib(pid)
        async with beside(session) as bystander:
            found["apply"] = await _apply(session, bodies)
        found["apply_wait"] = bystander.slowest_seconds
        groups = {entry["spec"]["group"] for entry in definitions}
        first = await _published(session, groups)
        found["memory"] = resident_mib(pid) - empty
        async with beside(session) as bystander:
            found["cold"], _ = await _read_documents(session)
        found["cold_wait"] = bystander.slowest_seconds
        found["warm"], size = await _read_documents(session)
        await _apply(session, [(bodies[0][0], json.dumps(changed).encode())])
        await _published(session, groups, first)
        found["changed"], _ = await _read_documents(session)
        found["unmodified"], _ = await _read_documents(session, unmodified=True)
        found["memory_all"] = resident_mib(pid) - empty
    return {**found, "bytes": size}


def _measure(command: list[str], folder: Path, definitions: Sequence[dict[str, Any]]) -> dict[str, float]:
    folder.mkdir()
    with running([*command], folder / "kubeconfig", folder / "log") as target:
        loading = _load(target, server_process(folder / "log"), definitions)
        return asyncio.run(asyncio.wait_for(loading, DEADLINE_SECONDS))


def _servers(folder: Path, only: str) -> Iterator[tuple[str, list[str]]]:
    if only != "embedded":
        yield "kube-apiserver", controlplane(folder / "kube-apiserver")
    if only != "real":
        yield "embedded", embedded(folder / "embedded")


def _print(results: dict[str, dict[str, float]], title: str) -> None:
    table = Table("", *results, *(["embedded : real"] if len(results) == 2 else []), title=title)
    for key, (name, digits) in ROWS.items():
        values = [measured[key] for measured in results.values()]
        cells = [f"{value:,.{digits}f}" for value in values]
        ratios = [f"{values[1] / values[0]:.2f}"] if len(values) == 2 and values[0] > 0 else []
        table.add_row(name, *cells, *ratios)
    Console(width=140).print(table)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.crds", description=__doc__)
    parser.add_argument("--definitions", type=int, default=150)
    parser.add_argument("--only", choices=("embedded", "real"), default="")
    arguments = parser.parse_args()
    definitions = [definition(number, SIZES[number % len(SIZES)]) for number in range(arguments.definitions)]
    size = sum(len(json.dumps(entry)) for entry in definitions) / 2**20
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        results = {
            name: _measure(command, folder / name, definitions) for name, command in _servers(folder, arguments.only)
        }
    _print(results, f"{len(definitions)} CRDs, {size:.1f} MiB; ratios below 1 are better; {machine()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
