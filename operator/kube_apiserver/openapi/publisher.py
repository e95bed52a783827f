"""The publication of a server's OpenAPI documents: each is built once for each change of its group version.

A document is built at its first request, in a thread, while the loop serves others. Requests that come meanwhile wait
for the same build.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

from kube_apiserver.openapi.documents import builtin_document, builtin_names, document, document_hash, document_name
from kube_apiserver.openapi.v2 import v2
from kube_apiserver.registry import Registry, ServedResource
from kube_apiserver.threads import in_thread, started_in_thread


class Published:
    """One published document.

    Attributes:
        digest: the hash of its content. Quoted, it is the ETag.
    """

    __slots__ = ("_build", "_building", "digest")

    def __init__(self, digest: str, build: Callable[[], bytes]) -> None:
        self.digest = digest
        self._build = build
        self._building: asyncio.Future[bytes] | None = None

    async def body(self) -> bytes:
        """Return the document as JSON.

        The first call builds it. A failed build is repeated at the next call. A cancellation does not stop the build,
        because others may wait for it.
        """
        building = self._building
        if building is None or (building.done() and building.exception() is not None):
            building = self._building = started_in_thread(self._build)
        return await asyncio.shield(building)


class Publisher:
    """Publishes the documents of one server, which follow its registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._seen_revision = -1
        self._members: dict[str, tuple[ServedResource, ...]] = {}
        self._documents: dict[str, Published] = {}
        self._v2: Published | None = None
        self._refreshing = asyncio.Lock()

    async def index(self) -> dict[str, Any]:
        """Return the response body of ``/openapi/v3``: the URL of every document, with the hash of its content."""
        documents = await self._refreshed()
        addresses = {name: f"/openapi/v3/{name}?hash={found.digest}" for name, found in sorted(documents.items())}
        return {"paths": {name: {"serverRelativeURL": address} for name, address in addresses.items()}}

    async def find(self, name: str) -> Published | None:
        """Return the document ``name``, such as ``apis/apps/v1``, None if there is none."""
        return (await self._refreshed()).get(name)

    async def version_two(self) -> Published:
        """Return the document of ``/openapi/v2``, which is converted from all others."""
        documents = await self._refreshed()
        digest = hashlib.sha512("".join(found.digest for found in documents.values()).encode()).hexdigest().upper()
        if self._v2 is None or self._v2.digest != digest:
            members = dict(self._members)
            self._v2 = Published(digest, partial(_converted, members) if any(members.values()) else _builtin_v2)
        return self._v2

    async def _refreshed(self) -> Mapping[str, Published]:
        """Return all documents, after those whose resources changed were replaced. Others keep what was built."""
        async with self._refreshing:
            while self._seen_revision != self._registry.revision:
                revision, members = self._registry.revision, self._grouped()
                changed = {name: found for name, found in members.items() if found != self._members.get(name)}
                digests = await in_thread(_digests, changed)
                kept = {name: found for name, found in self._documents.items() if name in members}
                for name, digest in digests.items():
                    if name not in kept or kept[name].digest != digest:
                        kept[name] = Published(digest, partial(_built, name, members[name]))
                self._documents, self._members, self._seen_revision = kept, members, revision
            return self._documents

    def _grouped(self) -> dict[str, tuple[ServedResource, ...]]:
        """Return the custom resources of each document."""
        groups: dict[str, list[ServedResource]] = {name: [] for name in builtin_names()}
        for resource in self._registry.all():
            if resource.custom is not None:
                groups.setdefault(document_name(resource.group, resource.version), []).append(resource)
        return {name: tuple(sorted(found, key=lambda one: one.plural)) for name, found in groups.items()}


def _digests(changed: Mapping[str, Sequence[ServedResource]]) -> dict[str, str]:
    return {name: document_hash(name, members) for name, members in changed.items()}


def _built(name: str, members: Sequence[ServedResource]) -> bytes:
    return document(name, members) if members else builtin_document(name)


def _converted(members: Mapping[str, Sequence[ServedResource]]) -> bytes:
    return v2(_built(name, found) for name, found in sorted(members.items()))


@cache
def _builtin_v2() -> bytes:
    return v2(builtin_document(name) for name in sorted(builtin_names()))
