"""The requests about CustomResourceDefinitions and the objects of their kinds."""

from collections.abc import AsyncIterator, Awaitable, Iterable, Sequence
from typing import Any

from plugin_operator.client import ApiClient, ApiRequest, RESTMapper
from plugin_operator.client.answers import read_json
from plugin_operator.client.http.api_request import Query
from plugin_operator.client.http.transport import Transport
from plugin_operator.client.list_pages import each_page
from plugin_operator.errors import NoMatchError, NotFoundError
from plugin_operator.hosting.crds.decision import Definition
from plugin_operator.kube import GroupVersionKind, Object, Resource

#: Owner of the fields of definitions, apart from the owners of fields that controllers write.
FIELD_MANAGER = "plugin-operator-crds"

# No object has it: etcd counts from 1, and its first write is 2. A server-side apply with it creates an object that is
# missing, and conflicts with any other. A POST would be no substitute: RBAC cannot bind it to a name.
_ABSENT = "1"

DEFINITIONS = GroupVersionKind("apiextensions.k8s.io", "v1", "CustomResourceDefinition")


class DefinitionRequests:
    """Reads and applies definitions, and lists objects.

    Args:
        transport: sends the requests; its fence rejects writes once this process does not lead any more.
        mapper: the mapper that informers use, so that they find a new kind at once.
        timeout_seconds: deadline of each request.
    """

    def __init__(self, transport: Transport, mapper: RESTMapper, *, timeout_seconds: float = 30.0) -> None:
        self._transport = transport
        self._mapper = mapper
        self._timeout = timeout_seconds
        self._client = ApiClient(transport, mapper, field_manager=FIELD_MANAGER, timeout_seconds=timeout_seconds)

    async def get(self, name: str) -> Object | None:
        """Return a definition, or None if there is none."""
        try:
            found: Object = await self._client.get(str(DEFINITIONS), name)
        except NotFoundError:
            return None
        return found

    async def apply(self, wanted: Definition, version: str, *, dry_run: bool = False) -> Object:
        """Apply a definition by server-side apply without force, and return the result.

        Args:
            wanted: the definition.
            version: the resource version that it was compared with; empty if there is none, to create it.
            dry_run: the server answers and stores nothing.

        Raises:
            ConflictError: the definition has another resource version, or exists if ``version`` is empty, or another
                manager owns a field that differs.
        """
        metadata = {**wanted["metadata"], "resourceVersion": version or _ABSENT}
        done: Object = await self._client.apply({**wanted, "metadata": metadata}, dry_run=dry_run)
        return done

    async def objects(self, kind: GroupVersionKind) -> AsyncIterator[Sequence[Object]]:
        """Yield all objects of a kind, page by page."""
        resource = await self._mapper.resource_for(kind)

        def fetch(page: Query) -> Awaitable[bytes]:
            return self._fetch(resource, page)

        async for items in each_page(fetch, resource):
            yield [read_json(item, dict[str, Any]) for item in items]

    async def has_objects(self, kind: GroupVersionKind) -> bool:
        """Report whether there is any object of a kind."""
        body = await self._fetch(await self._mapper.resource_for(kind), [("limit", "1")])
        found = read_json(body, dict[str, Any])
        return bool(found.get("items"))

    async def served(self, kind: GroupVersionKind) -> Resource | None:
        """Ask the API server which resource serves a kind; None if it serves none."""
        self._mapper.invalidate(kind)
        try:
            return await self._mapper.resource_for(kind)
        except NoMatchError:
            return None

    async def all_served(self, kinds: Iterable[GroupVersionKind]) -> bool:
        """Report whether the API server serves all kinds."""
        return all([await self.served(kind) is not None for kind in kinds])

    async def openapi(self, kind: GroupVersionKind) -> Any:
        """Return the OpenAPI v3 document of the group version of a kind."""
        path = f"/openapi/v3/apis/{kind.group}/{kind.version}"
        answer = await self._transport.send(ApiRequest("GET", path, timeout_seconds=self._timeout))
        return read_json(answer.body, dict[str, Any])

    async def _fetch(self, resource: Resource, query: Query) -> bytes:
        request = ApiRequest("GET", resource.path(None), query, timeout_seconds=self._timeout)
        return (await self._transport.send(request)).body
