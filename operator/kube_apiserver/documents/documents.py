"""Responses at non-resource paths: health, version, discovery and OpenAPI."""

from typing import Any

from aiohttp import web

from kube_apiserver import codec, openapi
from kube_apiserver.cluster import Cluster
from kube_apiserver.documents import discovery
from kube_apiserver.registry import Registry
from kube_apiserver.registry.resource import CRDS
from kube_apiserver.threads import in_thread
from kube_apiserver.wire.request_info import parse_target
from kube_apiserver.wire.response import Response
from kube_apiserver.wire.status_error import method_not_allowed, no_such_resource

_VERSION = {
    "major": "1",
    "minor": "36",
    "emulationMajor": "1",
    "emulationMinor": "36",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "35",
    "gitVersion": "v1.36.0+plugin-operator",
    "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "",
    "compiler": "",
    "platform": "linux/amd64",
}
_HEALTH = frozenset({"/healthz", "/readyz", "/livez"})
_TEXT = "text/plain; charset=utf-8"
_OPENAPI = "/openapi/v3"
_FOREVER = "public, max-age=31536000, immutable"


class Documents:
    """Answers the non-resource paths of one server."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def answer(self, request: web.BaseRequest, path: str) -> Response:
        """Return the document at ``path``, or the 404 of an unregistered path.

        Raises:
            StatusError: 404 or 405, where kube-apiserver answers with a Status.
        """
        path = path.rstrip("/") or "/"
        if path in _HEALTH or path.startswith(tuple(f"{name}/" for name in _HEALTH)):
            return self._health(request, path[1:])
        if request.method not in {"GET", "HEAD"}:
            raise method_not_allowed()
        if path == "/openapi/v2":
            if openapi.PROTOBUF in request.headers.get("Accept", ""):
                return Response(openapi.v2_without_definitions(), media=openapi.PROTOBUF_MEDIA)
            return Response(await in_thread(openapi.v2, self._crds()))
        if path == _OPENAPI:
            # kube-apiserver serves its index as a file without an extension, hence text/plain.
            return Response(codec.encode(await in_thread(openapi.index, self._crds())), media=_TEXT)
        if path.startswith(f"{_OPENAPI}/"):
            return await self._openapi(request, path.removeprefix(f"{_OPENAPI}/"))
        return self._discovery(request, path)

    def _discovery(self, request: web.BaseRequest, path: str) -> Response:
        registry = self._cluster.registry
        if path == "/":
            return Response(codec.encode({"paths": _paths(registry)}))
        if path == "/version":
            return Response(codec.encode(_VERSION))
        if path in {"/api", "/apis"}:
            return self._root(request, core=path == "/api")
        target, parts = parse_target(path), path.split("/")
        document = None
        if target is not None:
            document = discovery.resource_list(registry, target.group, target.version)
            if document is None and registry.is_builtin_group(target.group):
                raise no_such_resource()
        elif len(parts) == 3 and parts[1] == "apis":
            document = discovery.group(registry, parts[2])
        return page_not_found() if document is None else Response(codec.encode(document))

    def _health(self, request: web.BaseRequest, path: str) -> Response:
        """Answer a health check. Only the path of a single check shows the reason of a failure."""
        name, _, check = path.partition("/")
        problem = self._cluster.store.problem
        if check == "ping" or not problem:
            if check or "verbose" not in request.rel_url.query:
                return Response(b"ok", media=_TEXT)
            return Response(f"[+]ping ok\n[+]storage ok\n{name} check passed\n".encode(), media=_TEXT)
        if check:
            return Response(f"internal server error: {problem}\n".encode(), 500, _TEXT)
        text = f"[+]ping ok\n[-]storage failed: reason withheld\n{name} check failed\n"
        return Response(text.encode(), 500, _TEXT)

    def _root(self, request: web.BaseRequest, *, core: bool) -> Response:
        registry = self._cluster.registry
        version = discovery.aggregated_version(request.headers.get("Accept", ""))
        if version:
            media = f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
            return Response(codec.encode(discovery.aggregated(registry, version, core=core)), media=media)
        if core:
            return Response(codec.encode(discovery.api_versions(request.host)))
        return Response(codec.encode(discovery.group_list(registry)))

    async def _openapi(self, request: web.BaseRequest, name: str) -> Response:
        crds = self._crds()
        if name not in openapi.document_names(crds):
            return Response(b"", 404, media="")
        digest, wanted = openapi.document_hash(name, crds), request.rel_url.query.get("hash")
        headers = {"Etag": f'"{digest}"', "Vary": "Accept"}
        if wanted and wanted != digest:
            location = f"{_OPENAPI}/{name}?hash={digest}"
            return Response(b"", 301, media="", headers={"Location": location})
        if wanted:
            headers["Cache-Control"] = _FOREVER
        if request.headers.get("If-None-Match") == headers["Etag"]:
            return Response(b"", 304, media="", headers=headers)
        body = await in_thread(openapi.document, name, crds)
        return Response(body or b"", headers=headers)

    def _crds(self) -> list[dict[str, Any]]:
        served = self._cluster.registry.crd_names()
        items = self._cluster.store.bucket(CRDS).page("", "")
        return [item.decode() for item in items if item.name in served]


def page_not_found() -> Response:
    """Return the 404 of kube-apiserver for a path without a handler."""
    return Response(b"404 page not found\n", 404, _TEXT, {"X-Content-Type-Options": "nosniff"})


def _paths(registry: Registry) -> list[str]:
    paths = {"/api", "/apis", "/healthz", "/livez", "/readyz", "/openapi/v2", _OPENAPI, "/version"}
    for group, versions in registry.versions().items():
        if group:
            paths.add(f"/apis/{group}")
        paths |= {f"/apis/{group}/{version}" if group else f"/api/{version}" for version in versions}
    return sorted(paths)
