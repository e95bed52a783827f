"""The HTTP handler: authenticates, dispatches and authorizes a request, and answers failures with a Status."""

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from aiohttp import web

from kube_apiserver.cluster import Cluster
from kube_apiserver.dispatch import is_watch, require, resolve, verb_name
from kube_apiserver.documents.documents import Documents, page_not_found
from kube_apiserver.faults import endpoint
from kube_apiserver.faults.requests import LOST, cut, inject
from kube_apiserver.faults.watches import subject_of
from kube_apiserver.protobuf import ProtobufError
from kube_apiserver.requests.selection import exact_name
from kube_apiserver.security.authentication import Authenticator
from kube_apiserver.security.authorization import Attributes, refusal
from kube_apiserver.security.user import ANONYMOUS, MASTERS, User
from kube_apiserver.storage import JournalFailed
from kube_apiserver.verbs.connecting import CONNECTED
from kube_apiserver.wire.request_info import RequestInfo, parse_target
from kube_apiserver.wire.response import Response, failed, respond
from kube_apiserver.wire.status_error import StatusError, internal, no_such_resource
from kube_apiserver.wire.timeout import check_timeout

_log = logging.getLogger(__name__)
#: The message for an exception that nothing else caught, which is a fault of this server.
OWN_FAULT = "the server failed to handle the request; its log has the cause"


class Handler:
    """Answers the requests of one server."""

    def __init__(self, cluster: Cluster, authenticator: Authenticator) -> None:
        self._cluster = cluster
        self._authenticator = authenticator
        self._documents = Documents(cluster)

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request. Raise nothing except on cancellation."""
        accept = request.headers.get("Accept", "")
        try:
            answer = await self._answer(request)
        except StatusError as failure:
            answer = failed(failure, accept)
        except JournalFailed as error:
            answer = failed(internal(str(error)), accept)
        except (ConnectionError, TimeoutError):
            # The client disconnected while it sent its request, so there is no response to send.
            return web.Response(status=400)
        except Exception:  # noqa: BLE001 - every failure of a request must be answered and logged
            _log.exception("Request failed: method=%s url=%s", request.method, request.rel_url)
            answer = failed(internal(OWN_FAULT), accept)
        if not isinstance(answer, Response):
            return answer
        try:
            return await respond(request, answer)
        except ProtobufError as error:
            return await respond(request, failed(internal(str(error))))

    async def _answer(self, request: web.BaseRequest) -> Response | web.StreamResponse:
        target = parse_target(request.rel_url.raw_path)
        if "timeout" in request.rel_url.query and not is_watch(request, target):
            check_timeout(request.rel_url.query["timeout"])
        user = self._authenticator.authenticate(request.headers)
        # A probe without credentials must not use up a fault that is planned for a client.
        planned = len(self._cluster.faults) and user is not ANONYMOUS
        if planned and (fault_answer := await self._fault(request, target)) is not None:
            if fault_answer is not LOST:
                return fault_answer
            with suppress(StatusError):
                await self._carry_out(request, target, user)
            raise cut(request)
        return await self._carry_out(request, target, user)

    async def _carry_out(
        self, request: web.BaseRequest, target: RequestInfo | None, user: User
    ) -> Response | web.StreamResponse:
        path = request.rel_url.raw_path
        if path in {endpoint.PATH, endpoint.COMPACT_PATH}:
            return await self._plan_faults(user, request, path)
        if target is None or not target.plural:
            self._authorize(user, Attributes(request.method.lower(), path=path))
            return await self._documents.answer(request, path)
        resolved = resolve(self._cluster, request, target, user)
        if resolved is None:
            name = verb_name(request.method, target, watching=False)
            self._authorize(user, _attributes(target, name))
            return self._missing(target)
        call, name, verb = resolved
        if call.resource.strategy.deprecation:
            call.warnings.append(call.resource.strategy.deprecation)
        try:
            self._authorize(user, _attributes(target, name, call.query))
            media = "" if target.subresource in CONNECTED else call.representation().media
            answer = await require(verb)(call)
            if isinstance(answer, Response) and answer.media == "application/json":
                answer = replace(answer, media=media)
        except StatusError as failure:
            # The failure may follow from a write that is not on disk yet. Wait for it before the client learns of it.
            await self._cluster.store.durable(self._cluster.store.revision)
            answer = failed(failure, request.headers.get("Accept", ""))
        if call.warnings and isinstance(answer, Response):
            return replace(answer, warnings=tuple(call.warnings))
        return answer

    async def _fault(self, request: web.BaseRequest, target: RequestInfo | None) -> Response | None:
        """Inject a planned fault. Return its response, None if the request shall be answered normally."""
        if target is None or not target.plural:
            verb = request.method.lower()
        else:
            verb = verb_name(request.method, target, watching=is_watch(request, target))
        subject = subject_of(request, target, verb)
        if subject.path.startswith(endpoint.PATH):
            return None  # otherwise a fault could block its own removal
        fault = self._cluster.faults.take(subject)
        return None if fault is None else await inject(fault, request)

    async def _plan_faults(self, user: User, request: web.BaseRequest, path: str) -> Response:
        """Answer a request to the fault endpoint, which only the group ``system:masters`` may use."""
        if MASTERS not in user.groups:
            raise refusal(user, Attributes(request.method.lower(), path=path))
        return await endpoint.answer(self._cluster.faults, self._cluster.store, request, path)

    def _missing(self, target: RequestInfo) -> Response:
        """Answer a request for an unserved resource. kube-apiserver and apiextensions-apiserver differ in their 404."""
        if self._cluster.registry.is_builtin_group(target.group):
            raise no_such_resource()
        return page_not_found()

    def _authorize(self, user: User, attributes: Attributes) -> None:
        if not self._cluster.authorizer.allows(user, attributes):
            raise refusal(user, attributes)


def _attributes(target: RequestInfo, verb: str, query: Mapping[str, str] | None = None) -> Attributes:
    name = target.name
    if not name and query and verb in {"list", "watch"}:
        # RBAC that allows a single object allows to list and watch that object by name.
        name = exact_name(query.get("fieldSelector", ""))
    return Attributes(verb, target.group, target.plural, target.subresource, target.namespace, name)
