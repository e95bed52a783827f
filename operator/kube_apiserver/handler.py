"""The HTTP handler. A request passes its filters, one after the other, until one of them answers it.

A failure is answered with a Status. ``Handler`` lists the filters in their order.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from msgspec.structs import replace

import http1
from kube_apiserver.cluster import Cluster
from kube_apiserver.controllers import snapshot_endpoint
from kube_apiserver.controllers.snapshot import NumberedSnapshots
from kube_apiserver.dispatch import Verb, is_watch, require, resolve, verb_name
from kube_apiserver.documents.documents import Documents, page_not_found
from kube_apiserver.faults import endpoint
from kube_apiserver.faults.requests import LOST, cut, inject
from kube_apiserver.faults.watches import subject_of
from kube_apiserver.protobuf import ProtobufError
from kube_apiserver.requests.request import Request
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
_DEBUGGING = "/debug/"
_FAULTS = frozenset({endpoint.PATH, endpoint.COMPACT_PATH})
_SNAPSHOTS = frozenset({snapshot_endpoint.PATH, snapshot_endpoint.RESTORE_PATH})


@dataclass(slots=True)
class _Exchange:
    """A request on its way through the filters, with what they have found so far.

    Attributes:
        target: what the path names, None for a path that is no resource.
        user: who asks.
        call: the request for a served resource, None until it is resolved.
        name: the verb, as authorization names it.
        verb: carries the request out, None if the resource does not support it.
        is_lost: whether a planned fault cuts the connection in place of the response.
    """

    http: http1.Request
    target: RequestInfo | None = None
    user: User = ANONYMOUS
    call: Request | None = None
    name: str = ""
    verb: Verb | None = None
    is_lost: bool = False

    @property
    def path(self) -> str:
        return self.http.path


_Answer = Response | http1.Stream
_Filter = Callable[[_Exchange], Awaitable[_Answer | None]]


class Handler:
    """Answers the requests of one server."""

    def __init__(self, cluster: Cluster, authenticator: Authenticator, snapshots: NumberedSnapshots) -> None:
        self._cluster = cluster
        self._snapshots = snapshots
        self._authenticator = authenticator
        self._documents = Documents(cluster)
        self._filters: tuple[_Filter, ...] = (
            self._parse_path,
            self._check_timeout,
            self._authenticate,
            self._inject_fault,
            self._answer_debugging,
            self._answer_document,
            self._resolve,
            self._authorize,
            self._carry_out,
        )

    async def __call__(self, request: http1.Request) -> http1.Answer:
        """Answer one request. Raise nothing except on cancellation."""
        accept = request.headers.get("Accept", "")
        try:
            answer = await self._answer(_Exchange(request), accept)
        except JournalFailed as error:
            answer = failed(internal(str(error)), accept)
        except (ConnectionError, TimeoutError):
            # The client disconnected while it sent its request, so there is no response to send.
            return http1.Response(400)
        except Exception:  # noqa: BLE001 - every failure of a request must be answered and logged
            _log.exception("Request failed: method=%s url=%s", request.method, request.target)
            answer = failed(internal(OWN_FAULT), accept)
        if not isinstance(answer, Response):
            return answer
        try:
            return await respond(request, answer)
        except ProtobufError as error:
            return await respond(request, failed(internal(str(error))))

    async def _answer(self, exchange: _Exchange, accept: str) -> _Answer:
        try:
            answer = await self._filtered(exchange)
        except StatusError as failure:
            if exchange.call is not None:
                # The failure may follow from a write that is not on disk yet. Wait before the client learns of it.
                await self._cluster.store.durable(self._cluster.store.revision)
            answer = failed(failure, accept)
        if exchange.is_lost:
            raise cut(exchange.http)
        if exchange.call is not None and exchange.call.warnings and isinstance(answer, Response):
            return replace(answer, warnings=tuple(exchange.call.warnings))
        return answer

    async def _filtered(self, exchange: _Exchange) -> _Answer:
        for each in self._filters:
            answer = await each(exchange)
            if answer is not None:
                return answer
        raise LookupError("the last filter answers every request")

    async def _parse_path(self, exchange: _Exchange) -> None:
        exchange.target = parse_target(exchange.path)

    async def _check_timeout(self, exchange: _Exchange) -> None:
        query = exchange.http.query
        if "timeout" in query and not is_watch(exchange.http, exchange.target):
            check_timeout(query["timeout"])

    async def _authenticate(self, exchange: _Exchange) -> None:
        exchange.user = self._authenticator.authenticate(exchange.http.headers)

    async def _inject_fault(self, exchange: _Exchange) -> Response | None:
        """Inject a planned fault. Return its response, None if the request shall be answered normally."""
        # A probe without credentials must not use up a fault that is planned for a client.
        if not len(self._cluster.faults) or exchange.user is ANONYMOUS:
            return None
        request, target = exchange.http, exchange.target
        if target is None or not target.plural:
            verb = request.method.lower()
        else:
            verb = verb_name(request.method, target, watching=is_watch(request, target))
        subject = subject_of(request, target, verb)
        if subject.path.startswith(_DEBUGGING):
            return None  # otherwise a fault could block its own removal
        fault = self._cluster.faults.take(subject)
        answer = None if fault is None else await inject(fault, request)
        exchange.is_lost = answer is LOST
        return None if exchange.is_lost else answer

    async def _answer_debugging(self, exchange: _Exchange) -> Response | None:
        """Answer a request about faults or snapshots, which only the group ``system:masters`` may send."""
        path = exchange.path
        if path not in _FAULTS | _SNAPSHOTS:
            return None
        if MASTERS not in exchange.user.groups:
            raise refusal(exchange.user, Attributes(exchange.http.method.lower(), path=path))
        if path in _SNAPSHOTS:
            return await snapshot_endpoint.answer(self._snapshots, exchange.http, path)
        return await endpoint.answer(self._cluster.faults, self._cluster.store, exchange.http, path)

    async def _answer_document(self, exchange: _Exchange) -> Response | None:
        """Answer a request for a path that is no resource: discovery, OpenAPI, health."""
        if exchange.target is not None and exchange.target.plural:
            return None
        self._require(exchange.user, Attributes(exchange.http.method.lower(), path=exchange.path))
        return await self._documents.answer(exchange.http, exchange.path)

    async def _resolve(self, exchange: _Exchange) -> Response | None:
        """Find the resource and the verb. Answer a request for an unserved resource."""
        target = _known(exchange.target)
        resolved = resolve(self._cluster, exchange.http, target, exchange.user)
        if resolved is None:
            self._require(exchange.user, _attributes(target, verb_name(exchange.http.method, target, watching=False)))
            return self._missing(target)
        exchange.call, exchange.name, exchange.verb = resolved
        if deprecation := exchange.call.resource.strategy.deprecation:
            exchange.call.warnings.append(deprecation)
        return None

    async def _authorize(self, exchange: _Exchange) -> None:
        call = _known(exchange.call)
        self._require(exchange.user, _attributes(call.target, exchange.name, call.query))

    async def _carry_out(self, exchange: _Exchange) -> _Answer:
        call = _known(exchange.call)
        media = "" if call.target.subresource in CONNECTED else call.representation().media
        answer = await require(exchange.verb)(call)
        if isinstance(answer, Response) and answer.media == "application/json" != media:
            return replace(answer, media=media)
        return answer

    def _missing(self, target: RequestInfo) -> Response:
        """Answer a request for an unserved resource. kube-apiserver and apiextensions-apiserver differ in their 404."""
        if self._cluster.registry.is_builtin_group(target.group):
            raise no_such_resource()
        return page_not_found()

    def _require(self, user: User, attributes: Attributes) -> None:
        if not self._cluster.authorizer.allows(user, attributes):
            raise refusal(user, attributes)


def _attributes(target: RequestInfo, verb: str, query: Mapping[str, str] | None = None) -> Attributes:
    name = target.name
    if not name and query and verb in {"list", "watch"}:
        # RBAC that allows a single object allows to list and watch that object by name.
        name = exact_name(query.get("fieldSelector", ""))
    return Attributes(verb, target.group, target.plural, target.subresource, target.namespace, name)


_Found = TypeVar("_Found")


def _known(found: _Found | None) -> _Found:
    """Return what an earlier filter has set."""
    if found is None:
        raise LookupError("a filter ran before the one that it needs")
    return found
