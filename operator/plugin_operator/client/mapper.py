"""``RESTMapper``: map a kind to the resource that serves it.

Owns the results of discovery and their refresh. The first lookup sends one aggregated request to each of the two roots.
After that, an unknown kind costs one small request for its group version. So waiting for a CRD is cheap, and a broken
group does not affect the others.
"""

import asyncio
import difflib
import functools
from collections import defaultdict

from plugin_operator.client.discovery import AGGREGATED_ACCEPT, parse_aggregated, parse_group_version
from plugin_operator.client.http.api_request import ApiRequest
from plugin_operator.client.http.request_path import is_whole_object, kind_at, subresource_at
from plugin_operator.client.http.transport import Transport
from plugin_operator.clock import Clock, SystemClock
from plugin_operator.errors import ApiError, NoMatchError, NotFoundError, api_error
from plugin_operator.kube import GroupVersionKind, Resource

GroupVersion = tuple[str, str]

_parse = functools.lru_cache(maxsize=512)(GroupVersionKind.parse)  # plugins pass kinds as text in every call

_SIMILAR = 0.8
_INSTALL = "apply its CustomResourceDefinition, such as with kubectl apply -f crds"

# Messages of kube-apiserver for a path without a resource; those for a missing object differ.
_NO_SUCH_PATH = frozenset({"404 page not found", "the server could not find the requested resource"})


class RESTMapper:
    """Finds resources by kind, and caches them until ``invalidate``.

    Args:
        transport: connection for discovery.
        clock: measures the age of a response.
        refetch_seconds: time for which a missing kind is not looked up again.
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
            kind: the kind, or its text: "v1/ConfigMap", "apps/v1/Deployment".

        Raises:
            NoMatchError: the server does not serve the kind at present.
            ApiError: discovery of its group version fails.
            ApiConnectionError: the server cannot be reached.
            ValueError: the text is not a kind.
        """
        gvk = _parse(kind) if isinstance(kind, str) else kind
        found = self._resources.get(gvk)
        if found is not None:
            return found
        async with self._lock:
            await self._learn_everything()
        # One lock per group version: a group whose server hangs must not delay lookups of other groups.
        async with self._locks[(gvk.group, gvk.version)]:
            await self._learn(gvk)
        found = self._resources.get(gvk)
        if found is None:
            raise NoMatchError(f"the API server serves no {gvk}{self._hint(gvk)}")
        return found

    async def find(self, version: str, kind: str) -> list[Resource]:
        """Return the resources of all groups that serve ``kind`` in ``version``, for callers without a group."""
        async with self._lock:
            await self._learn_everything()
        return [res for gvk, res in self._resources.items() if gvk.version == version and gvk.kind == kind]

    async def resources(self) -> list[Resource]:
        """Return all resources that aggregated discovery shows, preferred versions of a group first.

        Raises:
            ApiConnectionError: the server cannot be reached.
        """
        async with self._lock:
            await self._learn_everything()
        return list(self._resources.values())

    def check_served(self, path: str, error: NotFoundError) -> None:
        """Raise a clear error if a 404 means that the kind at a path, or its status, is missing, and not the object.

        Raises:
            NoMatchError: the server does not serve the kind; the next call asks discovery again.
            NotFoundError: the kind has no subresource ``status``.
        """
        if error.message not in _NO_SUCH_PATH:
            return
        if is_whole_object(path):
            self.invalidate(kind_at(path))
            raise NoMatchError(f"the API server does not serve {path}: {error.message}") from error
        if subresource_at(path) == "status":
            way_out = "add subresources: {status: {}} to its CustomResourceDefinition"
            raise api_error(404, "NotFound", f"the kind at {path} has no subresource status: {way_out}") from error

    def invalidate(self, kind: GroupVersionKind | None = None) -> None:
        """Remove the group version of ``kind``, or all, from the cache; the next lookup asks the server."""
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
                continue  # forbidden or broken: single group versions can still be requested
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
        """Suggest similar kinds: another version, the plural, a slip in a served group; else how to define one."""
        word = gvk.kind.lower()
        near = {
            str(other)
            for other, resource in self._resources.items()
            if word in {other.kind.lower(), resource.plural, *resource.short_names} and other != gvk
        }
        if near:
            return f"; did you mean {' or '.join(sorted(near)[:3])}?"
        install = _INSTALL if "." in gvk.group else ""
        beside = {other.kind.lower(): str(other) for other in self._resources if other.group == gvk.group}
        if slip := difflib.get_close_matches(word, beside, n=1, cutoff=_SIMILAR):
            return f"; did you mean {beside[slip[0]]}?" + (f" If not, {install}" if install else "")
        return f": {install}" if install else ""
