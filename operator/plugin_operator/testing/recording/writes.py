"""The writes of plugins in a test, and the failures that a test plans for their requests.

Owns what is recorded and what fails. The requests of the test itself and of the operator pass unseen.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from kube_apiserver.registry import Registry
from plugin_operator.client import ApiRequest, ByteStream, Response
from plugin_operator.client.http.request_path import kind_at, object_of
from plugin_operator.client.http.transport import Transport
from plugin_operator.client.object_requests import APPLY
from plugin_operator.errors import PluginOperatorError, api_error
from plugin_operator.kube import GroupVersionKind
from plugin_operator.plugin.writes.expectations import Expectations
from plugin_operator.rendering import describe
from plugin_operator.testing.secret_masking import SECRETS

Body: TypeAlias = dict[str, Any] | list[dict[str, Any]]
Failure: TypeAlias = int | PluginOperatorError

_PLANNED_VERBS = ("get", "list", "create", "update", "patch", "apply", "delete")
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_REASONS = {400: "BadRequest", 403: "Forbidden", 404: "NotFound", 409: "Conflict", 422: "Invalid", 500: "InternalError"}
_REASONS |= {401: "Unauthorized", 410: "Expired", 429: "TooManyRequests", 503: "ServiceUnavailable", 504: "Timeout"}


@dataclass(frozen=True, slots=True, repr=False)
class Write:
    """One write of a plugin; its text is ``verb kind[/subresource] [namespace/]name``. Texts show no Secret data.

    Attributes:
        verb: ``create``, ``update``, ``patch``, ``apply`` or ``delete``.
        kind: the kind as in declarations, for example ``apps/v1/Deployment``.
        namespace: namespace of the object; empty for cluster-scoped kinds.
        name: name of the object.
        body: the object, or the patch; None for a delete without options.
        subresource: ``status`` or another; empty for the object itself.
        controller: name of the controller.
        error: the error of a write that failed; empty if the server accepted it.
    """

    verb: str
    kind: str
    namespace: str
    name: str
    body: Body | None = None
    subresource: str = ""
    controller: str = ""
    error: str = ""

    def __str__(self) -> str:
        where = f"{self.namespace}/{self.name}" if self.namespace else self.name
        what = f"{self.kind}/{self.subresource}" if self.subresource else self.kind
        # The name is shown: it is no secret, and a Secret of an earlier test may hold the same word.
        return f"{self.verb} {what} {where}" + (f": {SECRETS.mask(self.error)}" if self.error else "")

    def __repr__(self) -> str:
        return f"<{self} {SECRETS.mask(repr(self.body))}>" if self.body is not None else f"<{self}>"


@dataclass(slots=True)
class PlannedFailure:
    """A failure of requests of plugins.

    Attributes:
        verb: ``get``, ``list`` or a verb of ``Write``; ``patch`` includes ``apply``.
        error: the HTTP status, or the exception.
        kind: only requests about this kind; empty for all.
        times: how many requests fail from now on; None for all.
    """

    verb: str
    error: Failure
    kind: str = ""
    times: int | None = None

    def takes(self, verb: str, kind: str) -> bool:
        """Report whether a request fails, and count it."""
        verbs = {verb, "patch"} if verb == "apply" else {verb}
        if self.verb not in verbs or self.kind not in {"", kind} or self.times == 0:
            return False
        if self.times is not None:
            self.times -= 1
        return True

    def raised(self, verb: str) -> PluginOperatorError:
        """Return the exception that the plugin meets."""
        if not isinstance(self.error, int):
            return self.error
        reason = "AlreadyExists" if (verb, self.error) == ("create", 409) else _REASONS.get(self.error, "")
        return api_error(self.error, reason, "a planned failure of the test")


def planned(verb: str, error: Failure, kind: str = "", times: int | None = None) -> PlannedFailure:
    """Return a planned failure.

    Raises:
        ValueError: the verb is unknown, or the status is not one of a failure.
    """
    if verb not in _PLANNED_VERBS:
        raise ValueError(f"unknown verb {verb!r}: use one of {', '.join(_PLANNED_VERBS)}")
    if isinstance(error, int) and not 400 <= error <= 599:
        raise ValueError(f"{error} is not the status of a failure: use 400 to 599")
    return PlannedFailure(verb, error, kind, times)


def planned_failures(fail: Mapping[str, Failure | Sequence[Failure]]) -> list[PlannedFailure]:
    """Return planned failures by verb: a list fails that many requests in order, a single error all of them.

    Raises:
        ValueError: see ``planned``.
    """
    found = []
    for verb, errors in fail.items():
        if isinstance(errors, Sequence):
            found += [planned(verb, error, times=1) for error in errors]
        else:
            found.append(planned(verb, errors))
    return found


@dataclass(slots=True)
class WriteLog:
    """What plugins wrote, and what shall fail.

    Attributes:
        kind_of: returns the kind that a request path is about, as text.
        writes: all writes, in the order of their ends.
        failures: the planned failures.
        pending: how many requests of plugins and their schedules are in flight.
        expectations: what controllers wait for after their writes.
    """

    kind_of: Callable[[str], str]
    writes: list[Write] = field(default_factory=list)
    failures: list[PlannedFailure] = field(default_factory=list)
    pending: int = 0
    expectations: list[Expectations] = field(default_factory=list)

    def unmet_waits(self) -> int:
        """Return how many reconciles wait for what no cache shows yet."""
        return sum(each.unmet_waits() for each in self.expectations)

    def failure(self, verb: str, kind: str) -> PluginOperatorError | None:
        """Return the planned failure of a request, which counts it; None if there is none."""
        found = next((each for each in self.failures if each.takes(verb, kind)), None)
        return None if found is None else found.raised(verb)


def kind_in(registry: Registry, path: str) -> str:
    """Return the kind that a request path is about, as text; the plural if ``registry`` does not serve it."""
    group_version = kind_at(path)
    plural = object_of(path).get("resource", "")
    served = registry.find(group_version.group, group_version.version, plural)
    return str(GroupVersionKind(group_version.group, group_version.version, served.kind if served else plural))


class ObservedTransport:
    """The transport of plugins, which records writes and lets planned requests fail.

    Args:
        transport: sends the requests.
        log: takes the writes, and has the planned failures.
    """

    def __init__(self, transport: Transport, log: WriteLog) -> None:
        self._transport = transport
        self._log = log

    async def send(self, request: ApiRequest) -> Response:
        """Send a request; see ``Transport.send``."""
        self._log.pending += 1
        try:
            return await self._send(request)
        finally:
            self._log.pending -= 1

    async def _send(self, request: ApiRequest) -> Response:
        controller = (request.about or {}).get("controller")
        if controller is None or not request.path.startswith(("/api/", "/apis/")):
            return await self._transport.send(request)  # of the operator, or discovery
        place = object_of(request.path)
        if "resource" not in place:
            return await self._transport.send(request)
        verb = _verb(request, place)
        kind = self._log.kind_of(request.path)
        try:
            response = await self._answer(request, verb, kind)
        except Exception as error:
            self._note(request, verb, kind, controller, error=describe(error))
            raise
        self._note(request, verb, kind, controller, answer=response.body)
        return response

    async def _answer(self, request: ApiRequest, verb: str, kind: str) -> Response:
        if (failure := self._log.failure(verb, kind)) is not None:
            await asyncio.sleep(0)
            raise failure
        return await self._transport.send(request)

    def stream(self, request: ApiRequest) -> AbstractAsyncContextManager[ByteStream]:
        """Open a stream; see ``Transport.stream``."""
        return self._transport.stream(request)

    def _note(
        self, request: ApiRequest, verb: str, kind: str, controller: str, *, answer: bytes = b"", error: str = ""
    ) -> None:
        if not request.is_write or ("dryRun", "All") in request.query:
            return
        body: Body | None = msgspec.json.decode(request.body) if request.body else None
        if isinstance(body, dict) and body.get("dryRun"):
            return
        if kind == "v1/Secret" and isinstance(body, dict):
            SECRETS.note(msgspec.json.encode({"metadata": {"name": object_of(request.path).get("name", "")}, **body}))
        place = object_of(request.path)
        name = place.get("name") or _name_in(body, answer)
        subresource = request.path.rstrip("/").split("/")[-1] if _has_subresource(request.path, name) else ""
        self._log.writes.append(
            Write(verb, kind, place.get("namespace", ""), name, body, subresource, controller, error)
        )


def _verb(request: ApiRequest, place: dict[str, str]) -> str:
    if request.method == "GET":
        return "get" if "name" in place else "list"
    if request.method == "PATCH" and request.content_type == APPLY:
        return "apply"
    return _VERBS[request.method]


def _has_subresource(path: str, name: str) -> bool:
    return path.rstrip("/").split("/")[-2] == name


def _name_in(body: Body | None, answer: bytes) -> str:
    """Return the name of a created object, which the server may have generated."""
    objects: Sequence[Any] = (body, msgspec.json.decode(answer) if answer else None)
    for each in objects:
        if isinstance(each, dict) and (name := (each.get("metadata") or {}).get("name")):
            return str(name)
    return ""
