"""From a kind to the resource that serves it.

Owns what was learnt from discovery and when to ask again. One aggregated request for each of the two roots at first;
after that a kind that is not known costs one small request for its own group version, so that waiting for a CRD is
cheap and one group that is broken disturbs nobody else.
"""

import asyncio
import functools
from collections import defaultdict

from plugin_operator.client.discovery import AGGREGATED_ACCEPT, parse_aggregated, parse_group_version
from plugin_operator.client.http.api_request import ApiRequest
from plugin_operator.client.http.transport import Transport
from plugin_operator.clock import Clock, SystemClock
from plugin_operator.errors import ApiError, NoMatchError, NotFoundError
from plugin_operator.kube import GroupVersionKind, Resource

GroupVersion = tuple[str, str]

_parse = functools.lru_cache(maxsize=512)(GroupVersionKind.parse)  # authors name kinds as text in every call


class RESTMapper:
    """Finds resources by kind, and caches them until ``invalidate``.

    Args:
        transport: where to ask.
        clock: measures how old an answer is.
        refetch_seconds: an answer "no such kind" is believed for this long.
    """

    def __init__(self, transport: Transport, *, clock: Clock | None = None, refetch_seconds: float = 0.5) -> None:
        self._transport = transport
        self._clock = clock or SystemClock()
        self._refetch_seconds = refetch_seconds
        self._resources: dict[GroupVersionKind, Resource] = {}
        self._asked: dict[GroupVersion, float] = {}
        self._aggregated_tried = False
        self._lock = asyncio.Lock()
        self._locks: defaultdict[GroupVersion, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def resource_for(self, kind: GroupVersionKind | str) -> Resource:
        """Return the resource that serves ``kind``.

        Args:
            kind: or its text, "v1/ConfigMap", "apps/v1/Deployment".

        Raises:
            NoMatchError: the server does not serve it now.
            ApiError: discovery of its group version fails.
            ApiConnectionError: the server cannot be reached.
            ValueError: the text is no kind.
        """
        gvk = _parse(kind) if isinstance(kind, str) else kind
        found = self._resources.get(gvk)
        if found is not None:
            return found
        async with self._lock:
            await self._learn_everything()
        # A lock for each, so that a group whose server hangs holds up nobody who asks for another.
        async with self._locks[(gvk.group, gvk.version)]:
            await self._learn(gvk)
        found = self._resources.get(gvk)
        if found is None:
            raise NoMatchError(f"the API server serves no {gvk}{self._hint(gvk)}")
        return found

    async def find(self, version: str, kind: str) -> list[Resource]:
        """Return the resources of any group that serve ``kind`` in ``version``; for callers who know no group."""
        async with self._lock:
            await self._learn_everything()
        return [res for gvk, res in self._resources.items() if gvk.version == version and gvk.kind == kind]

    def invalidate(self, kind: GroupVersionKind | None = None) -> None:
        """Forget the group version of ``kind``, or everything; the next lookup asks the server."""
        if kind is None:
            self._resources.clear()
            self._asked.clear()
            self._aggregated_tried = False
            return
        self._forget((kind.group, kind.version))

    async def _learn(self, gvk: GroupVersionKind) -> None:
        group_version = (gvk.group, gvk.version)
        asked = self._asked.get(group_version)
        fresh = asked is not None and self._clock.monotonic() - asked < self._refetch_seconds
        if gvk in self._resources or fresh:
            return
        prefix = f"/apis/{gvk.group}" if gvk.group else "/api"
        self._forget(group_version)
        try:
            answer = await self._transport.send(ApiRequest("GET", f"{prefix}/{gvk.version}"))
        except NotFoundError:
            resources = []
        else:
            resources = parse_group_version(answer.body, gvk.group, gvk.version)
        self._remember(resources)
        self._asked[group_version] = self._clock.monotonic()

    async def _learn_everything(self) -> None:
        if self._aggregated_tried:
            return
        for root in ("/api", "/apis"):
            try:
                answer = await self._transport.send(ApiRequest("GET", root, accept=AGGREGATED_ACCEPT))
                resources = parse_aggregated(answer.body)
            except ApiError:
                continue  # not allowed, or broken: each group version can still be asked for
            for resource in resources or ():
                self._asked[(resource.gvk.group, resource.gvk.version)] = self._clock.monotonic()
            self._remember(resources or ())
        self._aggregated_tried = True

    def _remember(self, resources: "list[Resource] | tuple[()]") -> None:
        self._resources.update((resource.gvk, resource) for resource in resources)

    def _forget(self, group_version: GroupVersion) -> None:
        self._asked.pop(group_version, None)
        for gvk in [gvk for gvk in self._resources if (gvk.group, gvk.version) == group_version]:
            del self._resources[gvk]

    def _hint(self, gvk: GroupVersionKind) -> str:
        """Name what a slip of the pen may have meant: another version, another case, the plural."""
        word = gvk.kind.lower()
        near = {
            str(other)
            for other, resource in self._resources.items()
            if word in {other.kind.lower(), resource.plural, *resource.short_names} and other != gvk
        }
        return f"; did you mean {' or '.join(sorted(near)[:3])}?" if near else ""
