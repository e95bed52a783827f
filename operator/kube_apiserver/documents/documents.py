"""Responses at non-resource paths: health, version, discovery and OpenAPI."""

import http1
from kube_apiserver import codec
from kube_apiserver.cluster import Cluster
from kube_apiserver.documents import discovery
from kube_apiserver.documents.openapi import V2, V3, OpenApiPaths
from kube_apiserver.openapi.version import COMPATIBLE_MINOR, MAJOR, MINOR
from kube_apiserver.registry import Registry
from kube_apiserver.security.token_signer import ALGORITHM
from kube_apiserver.security.tokens import AUDIENCE
from kube_apiserver.wire.negotiation import media_ranges
from kube_apiserver.wire.request_info import parse_target
from kube_apiserver.wire.response import Response
from kube_apiserver.wire.status_error import StatusError, method_not_allowed, no_such_resource

_VERSION = {
    "major": MAJOR,
    "minor": MINOR,
    "emulationMajor": MAJOR,
    "emulationMinor": MINOR,
    "minCompatibilityMajor": MAJOR,
    "minCompatibilityMinor": COMPATIBLE_MINOR,
    "gitVersion": f"v{MAJOR}.{MINOR}.0+plugin-operator",
    "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "",
    "compiler": "",
    "platform": "linux/amd64",
}
_HEALTH = frozenset({"/healthz", "/readyz", "/livez"})
_CONFIGURATION, _KEYS = "/.well-known/openid-configuration", "/openid/v1/jwks"
_KEY_SET = "application/jwk-set+json"
_ISSUER = frozenset({_CONFIGURATION, _KEYS})
_TEXT = "text/plain; charset=utf-8"


class Documents:
    """Answers the non-resource paths of one server."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._openapi = OpenApiPaths(cluster.registry, cluster.clock)

    async def answer(self, request: http1.Request, path: str) -> Response:
        """Return the document at ``path``, or the 404 of an unregistered path.

        Raises:
            StatusError: 404 or 405, where kube-apiserver answers with a Status.
        """
        path = path.rstrip("/") or "/"
        if path in _HEALTH or path.startswith(tuple(f"{name}/" for name in _HEALTH)):
            return self._health(request, path[1:])
        if request.method not in {"GET", "HEAD"}:
            raise method_not_allowed()
        if path in _ISSUER:
            return self._issuer(request, path)
        return await self._openapi.answer(request, path) or self._discovery(request, path)

    def _issuer(self, request: http1.Request, path: str) -> Response:
        """Answer OpenID Connect discovery, by which others verify the tokens of service accounts."""
        signer, headers = self._cluster.tokens.signer, {"Cache-Control": "public, max-age=3600"}
        media = _KEY_SET if path == _KEYS else "application/json"
        accept: str = request.headers.get("Accept", "*/*")
        if not {media, "application/*", "*/*"} & {found.media for found in media_ranges(accept or "*/*")}:
            why = f"406: Not Acceptable\n\nAvailable representations: {media}"
            raise StatusError(406, "NotAcceptable", why, {})
        if path == _KEYS:
            return Response(codec.encode(signer.key_set()), media=media, headers=headers)
        scheme, host = "https" if request.is_secure else "http", request.headers.get("Host", "")
        configuration = {
            "issuer": AUDIENCE,
            "jwks_uri": f"{scheme}://{host}{_KEYS}",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
        }
        return Response(codec.encode(configuration), headers=headers, ends_line=False)

    def _discovery(self, request: http1.Request, path: str) -> Response:
        registry = self._cluster.registry
        if path == "/":
            return Response(codec.encode({"paths": _paths(registry)}))
        if path == "/version":
            return Response(codec.encode(_VERSION), ends_line=False)
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

    def _health(self, request: http1.Request, path: str) -> Response:
        """Answer a health check. Only the path of a single check shows the reason of a failure."""
        name, _, check = path.partition("/")
        problem = self._cluster.store.problem
        if check == "ping" or not problem:
            if check or "verbose" not in request.query:
                return Response(b"ok", media=_TEXT)
            return Response(f"[+]ping ok\n[+]storage ok\n{name} check passed\n".encode(), media=_TEXT)
        if check:
            return Response(f"internal server error: {problem}\n".encode(), 500, _TEXT)
        text = f"[+]ping ok\n[-]storage failed: reason withheld\n{name} check failed\n"
        return Response(text.encode(), 500, _TEXT)

    def _root(self, request: http1.Request, *, core: bool) -> Response:
        registry = self._cluster.registry
        version = discovery.aggregated_version(request.headers.get("Accept", ""))
        if version:
            media = f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
            return Response(codec.encode(discovery.aggregated(registry, version, core=core)), media=media)
        if core:
            return Response(codec.encode(discovery.api_versions(request.headers.get("Host", ""))))
        return Response(codec.encode(discovery.group_list(registry)))


def page_not_found() -> Response:
    """Return the 404 of kube-apiserver for a path without a handler."""
    return Response(b"404 page not found\n", 404, _TEXT, {"X-Content-Type-Options": "nosniff"})


def _paths(registry: Registry) -> list[str]:
    paths = {
        *_ISSUER,
        "/api",
        "/apis",
        "/apis/",
        V2,
        V3,
        f"{V3}/",
        "/version",
        *_HEALTH,
        *(f"{path}/ping" for path in _HEALTH),
    }
    for group, versions in registry.versions().items():
        if group:
            paths.add(f"/apis/{group}")
        paths |= {f"/apis/{group}/{version}" if group else f"/api/{version}" for version in versions}
    return sorted(paths)
