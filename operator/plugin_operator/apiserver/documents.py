"""Answers at paths that are no resources: health, version, discovery and OpenAPI."""

from aiohttp import web

from plugin_operator.apiserver import codec, discovery
from plugin_operator.apiserver.cluster import Cluster
from plugin_operator.apiserver.wire.failure import method_not_allowed
from plugin_operator.apiserver.wire.reply import Reply
from plugin_operator.apiserver.wire.target import parse_target

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


class Documents:
    """Answers for one server."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def answer(self, request: web.BaseRequest, path: str) -> Reply:
        """Return the document at a path, 404 in the real server's form if there is none."""
        registry = self._cluster.registry
        path = path.rstrip("/") or "/"
        if request.method not in {"GET", "HEAD"}:
            raise method_not_allowed()
        if path in _HEALTH:
            return self._health(request, path[1:])
        if path == "/version":
            return Reply(codec.encode(_VERSION))
        if path in {"/api", "/apis"}:
            return self._root(request, core=path == "/api")
        target = parse_target(path)
        parts = path.split("/")
        document = None
        if target is not None:
            document = discovery.resource_list(registry, target.group, target.version)
        elif len(parts) == 3 and parts[1] == "apis":
            document = discovery.group(registry, parts[2])
        return page_not_found() if document is None else Reply(codec.encode(document))

    @staticmethod
    def _health(request: web.BaseRequest, name: str) -> Reply:
        if "verbose" not in request.rel_url.query:
            return Reply(b"ok", media=_TEXT)
        return Reply(f"[+]ping ok\n[+]storage ok\n{name} check passed\n".encode(), media=_TEXT)

    def _root(self, request: web.BaseRequest, *, core: bool) -> Reply:
        registry = self._cluster.registry
        version = discovery.aggregated_version(request.headers.get("Accept", ""))
        if version:
            media = f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
            return Reply(codec.encode(discovery.aggregated(registry, version, core=core)), media=media)
        if core:
            return Reply(codec.encode(discovery.api_versions(request.host)))
        return Reply(codec.encode(discovery.group_list(registry)))


def page_not_found() -> Reply:
    """Return what the real server says about a path that nothing is registered for."""
    return Reply(b"404 page not found\n", 404, _TEXT, {"X-Content-Type-Options": "nosniff"})
