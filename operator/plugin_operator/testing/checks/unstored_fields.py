"""Fields that plugins of a test wrote, and that the API server did not store.

The server drops a field that it does not know, and says so in a warning alone. It drops a status that comes with a
write of the object itself, and says nothing. So neither mistake in a dict would fail a test. Owns the messages that a
test fails with.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from plugin_operator.client import ApiRequest, Response
from plugin_operator.client.http.server_warnings import warnings_in
from plugin_operator.client.object_requests import APPLY
from plugin_operator.hosting.permissions.calls import Call
from plugin_operator.testing.checks.served_fields import ServedFields
from plugin_operator.testing.permissions.unallowed_calls import dotted

_OF_UNKNOWN_FIELDS = "unknown field "
_MAX_NAMED = 20
_STATUS = "status"
_UNKNOWN_HEAD = (
    "plugins wrote fields that the API server does not know, and that it did not store. Correct the names, or pass "
    "check_fields=False:"
)
_STATUS_HEAD = (
    "plugins wrote a status with calls that do not write it, and the API server did not store it. Leave it out, or "
    "write it in a block ctx.status(obj) or with ctx.client.patch_status(). Or pass check_fields=False:"
)


class UnstoredFields:
    """The fields that the plugins of one test wrote in vain."""

    def __init__(self) -> None:
        self._unknown: dict[str, None] = {}
        self._status: dict[str, None] = {}

    def note(
        self, call: Call, request: ApiRequest, response: Response, served: ServedFields, place: Callable[[], str]
    ) -> None:
        """Record what a write that succeeded has lost.

        Args:
            call: the write.
            request: its request.
            response: the answer.
            served: knows the fields of its kind.
            place: returns file and line of the plugin.
        """
        unknown = [each for each in warnings_in(response.headers) if each.startswith(_OF_UNKNOWN_FIELDS)]
        may_lose_status = not call.subresource and served.has_status(request.path)
        lost = list(_lost_status(request, response)) if may_lose_status else []
        if not unknown and not lost:
            return
        about = f"{place()}: {_described(call, request, response)}"
        for text in unknown:
            meant = served.meant(request.path, text.removeprefix(_OF_UNKNOWN_FIELDS).strip('"'))
            self._unknown[f"{about}: {text}" + (f": did you mean {meant!r}?" if meant else "")] = None
        if lost:
            more = [f"and {len(lost) - _MAX_NAMED} more"] if len(lost) > _MAX_NAMED else []
            self._status[f"{about}: {', '.join([*lost[:_MAX_NAMED], *more])}"] = None

    @property
    def message(self) -> str:
        """Why the test fails, with one line a field or write; empty without any."""
        return "\n".join([*_listed(_UNKNOWN_HEAD, self._unknown.keys()), *_listed(_STATUS_HEAD, self._status.keys())])


def _listed(head: str, found: Iterable[str]) -> list[str]:
    lines = list(found)
    if not lines:
        return []
    more = [f"… and {len(lines) - _MAX_NAMED} more"] if len(lines) > _MAX_NAMED else []
    return [head, *lines[:_MAX_NAMED], *more]


def _described(call: Call, request: ApiRequest, response: Response) -> str:
    verb = "apply" if request.content_type == APPLY else call.verb
    where = f" in {call.namespace}" if call.namespace else ""
    name = call.name or _metadata(msgspec.json.decode(response.body)).get("name", "")
    return f'{verb} {dotted(call)} "{name}"{where}'


def _lost_status(request: ApiRequest, response: Response) -> Iterator[str]:
    """Yield the paths of a status that was sent with a write of the object itself, and is not in the answer."""
    if request.body is None or b"status" not in request.body:
        return
    sent = msgspec.json.decode(request.body)
    if isinstance(sent, list):  # a JSON patch
        paths = [str(each.get("path", "")).strip("/").split("/") for each in sent if each.get("op") != "test"]
        yield from (".".join(path) for path in paths if path[0] == _STATUS)
        return
    if request.method == "PUT" and not _metadata(sent).get("resourceVersion"):
        return  # its status may be older than that of the server, and not the plugin's own
    yield from _missing(sent.get(_STATUS), msgspec.json.decode(response.body).get(_STATUS), _STATUS)


def _missing(sent: Any, stored: Any, path: str) -> Iterator[str]:
    """Yield the paths of the values that are not stored; an empty object or list states nothing."""
    if isinstance(sent, dict):
        inner = stored if isinstance(stored, dict) else {}
        for key, value in sent.items():
            yield from _missing(value, inner.get(key), f"{path}.{key}")
    elif isinstance(sent, list) and isinstance(stored, list) and len(sent) == len(stored):
        for number, (value, other) in enumerate(zip(sent, stored, strict=True)):
            yield from _missing(value, other, f"{path}[{number}]")
    elif sent not in (stored, []):
        yield path


def _metadata(obj: Any) -> dict[str, Any]:
    found = obj.get("metadata") if isinstance(obj, dict) else None
    return found if isinstance(found, dict) else {}
