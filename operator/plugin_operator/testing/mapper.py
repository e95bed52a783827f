"""A REST mapper for tests, which use a kind right after they create its CRD."""

import asyncio

import msgspec

from plugin_operator.client import RESTMapper
from plugin_operator.client.http.api_request import ApiRequest
from plugin_operator.client.http.transport import Transport
from plugin_operator.errors import NoMatchError
from plugin_operator.kube import GroupVersionKind, Resource

_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_POLL_SECONDS = 0.01
_DEADLINE_SECONDS = 5.0


class PatientMapper(RESTMapper):
    """REST mapper without a cache that waits for a kind with a CRD until the server serves it.

    Args:
        transport: sends discovery requests.
    """

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, refetch_seconds=0)
        self._definitions = transport

    async def resource_for(self, kind: GroupVersionKind | str) -> Resource:
        """Return the resource that serves ``kind``; see ``RESTMapper``.

        Raises:
            NoMatchError: the kind has no CRD, or the server does not serve it within five seconds.
        """
        gvk = GroupVersionKind.parse(kind) if isinstance(kind, str) else kind
        deadline = asyncio.get_running_loop().time() + _DEADLINE_SECONDS
        while True:
            try:
                return await super().resource_for(gvk)
            except NoMatchError:
                if asyncio.get_running_loop().time() > deadline or not await self._is_defined(gvk):
                    raise
            await asyncio.sleep(_POLL_SECONDS)

    async def _is_defined(self, gvk: GroupVersionKind) -> bool:
        found = msgspec.json.decode((await self._definitions.send(ApiRequest("GET", _DEFINITIONS))).body)
        return any(
            spec["group"] == gvk.group
            and spec["names"]["kind"] == gvk.kind
            and any(each["name"] == gvk.version and each["served"] for each in spec["versions"])
            for spec in (item["spec"] for item in found["items"] if "deletionTimestamp" not in item["metadata"])
        )
