"""One HTTP request from its first byte to its last: authenticate, route, answer, and turn failures into Statuses."""

import logging

from aiohttp import web

from plugin_operator.apiserver import codec, discovery
from plugin_operator.apiserver.call import Reply
from plugin_operator.apiserver.cluster import Cluster
from plugin_operator.apiserver.dispatch import resolve
from plugin_operator.apiserver.security.authentication import Authenticator
from plugin_operator.apiserver.security.authorization import Attributes, refusal
from plugin_operator.apiserver.security.user import User
from plugin_operator.apiserver.wire.failure import ApiFailure, internal
from plugin_operator.apiserver.wire.target import Target, parse_target

_log = logging.getLogger(__name__)
_VERSION = {
    "major": "1",
    "minor": "36",
    "gitVersion": "v1.36.0+plugin-operator",
    "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "",
    "compiler": "python",
    "platform": "linux/amd64",
}
_HEALTH = frozenset({"/healthz", "/readyz", "/livez"})


class Handler:
    """Answers every request of one server."""

    def __init__(self, cluster: Cluster, authenticator: Authenticator) -> None:
        self._cluster = cluster
        self._authenticator = authenticator

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request; never raises but for cancellation."""
        try:
            answer = await self._answer(request)
        except ApiFailure as failure:
            return _failed(failure)
        except (ConnectionError, TimeoutError):
            # The client left in the middle of its own request: there is nobody to tell.
            return web.Response(status=400)
        except Exception:  # noqa: BLE001 - the edge of the process: one bad request must not end a connection silently
            _log.exception("request failed: %s %s", request.method, request.rel_url)
            return _failed(internal("the request could not be handled, see the log of the server"))
        if isinstance(answer, Reply):
            return _respond(answer)
        return answer

    async def _answer(self, request: web.BaseRequest) -> Reply | web.StreamResponse:
        user = self._authenticator.authenticate(request.headers)
        path = request.rel_url.raw_path
        target = parse_target(path)
        if target is None or not target.plural:
            self._authorize(user, Attributes(request.method.lower(), path=path))
            return self._document(request, path, target)
        call, name, verb = resolve(self._cluster, request, target, user)
        self._authorize(user, _attributes(target, name))
        return await verb(call)

    def _authorize(self, user: User, attributes: Attributes) -> None:
        if not self._cluster.authorizer.allows(user, attributes):
            raise refusal(user, attributes)

    def _document(self, request: web.BaseRequest, path: str, target: Target | None) -> Reply:
        path = path.rstrip("/") or "/"
        registry = self._cluster.registry
        if path in _HEALTH:
            return Reply(b"ok", media="text/plain; charset=utf-8")
        if path == "/version":
            return Reply(codec.encode(_VERSION))
        if path in {"/api", "/apis"}:
            return self._discovery_root(request, core=path == "/api")
        parts = path.split("/")
        if target is not None:
            document = discovery.resource_list(registry, target.group, target.version)
        elif len(parts) == 3 and parts[1] == "apis":
            document = discovery.group(registry, parts[2])
        else:
            document = None
        if document is None:
            return Reply(
                b"404 page not found\n", 404, "text/plain; charset=utf-8", {"X-Content-Type-Options": "nosniff"}
            )
        return Reply(codec.encode(document))

    def _discovery_root(self, request: web.BaseRequest, *, core: bool) -> Reply:
        registry = self._cluster.registry
        version = discovery.aggregated_version(request.headers.get("Accept", ""))
        if version:
            media = f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
            return Reply(codec.encode(discovery.aggregated(registry, version, core=core)), media=media)
        if core:
            return Reply(codec.encode(discovery.api_versions(request.host)))
        return Reply(codec.encode(discovery.group_list(registry)))


def _attributes(target: Target, verb: str) -> Attributes:
    namespace = target.namespace
    return Attributes(verb, target.group, target.plural, target.subresource, namespace, target.name)


def _respond(reply: Reply) -> web.Response:
    headers = {"Content-Type": reply.media, "Cache-Control": "no-cache, private", **reply.headers}
    return web.Response(body=reply.body, status=reply.status, headers=headers)


def _failed(failure: ApiFailure) -> web.Response:
    return _respond(Reply(codec.encode(failure.body()), failure.code, headers=failure.headers))
