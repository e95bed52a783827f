"""The calls of plugins in a harness or scenario: each is recorded, and denied if no rule of the plugin allows it.

Fields that the API server does not store are recorded as well.
"""

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from types import FrameType

from msgspec.structs import replace

from plugin_operator import logs
from plugin_operator.client import ApiRequest, ByteStream, Response, Transport
from plugin_operator.client.object_requests import APPLY
from plugin_operator.hosting.permissions.calls import Call
from plugin_operator.hosting.permissions.needs import Need
from plugin_operator.hosting.permissions.request_calls import call_of
from plugin_operator.testing.checks.plugin_checks import PluginChecks
from plugin_operator.testing.checks.served_fields import ServedFields
from plugin_operator.testing.permissions.call_recording import RECORDING

_CREATED = 201


class CheckedTransport:
    """The transport of plugins, which answers 403 to a call that no rule of the plugin allows.

    Args:
        transport: sends the requests.
        needs: returns the needs of a plugin by its name and revision; None if they are not known.
        checks: takes the denied calls and the fields that were not stored.
        served: knows the fields of the kinds that the API server serves.
        original: returns the author's file for its copy in the plugins directory.
    """

    def __init__(
        self,
        transport: Transport,
        needs: Callable[[str, str], Sequence[Need] | None],
        checks: PluginChecks,
        served: ServedFields,
        original: Callable[[str], str],
    ) -> None:
        self._transport = transport
        self._needs = needs
        self._checks = checks
        self._served = served
        self._original = original

    async def send(self, request: ApiRequest) -> Response:
        """Send a request; see ``Transport.send``.

        Raises:
            ForbiddenError: no rule allows the call.
        """
        about = request.about or {}
        plugin, call = about.get("plugin"), call_of(request)
        if plugin is None or call is None:
            return await self._transport.send(request)  # of the operator, or discovery
        self._check(plugin, about.get("revision", ""), call)
        response = await self._transport.send(request)
        if request.content_type == APPLY and response.status == _CREATED:
            # kube-apiserver asks for this permission once it knows that the object does not exist.
            self._check(plugin, about.get("revision", ""), replace(call, verb="create"))
        if request.is_write:
            place = partial(self._place, f"{plugin}.py")
            self._checks.unstored.note(call, request, response, self._served, place)
        return response

    def _check(self, plugin: str, revision: str, call: Call) -> None:
        RECORDING.note(plugin, call)
        needs = self._needs(plugin, revision) if self._checks.permissions else None
        if needs is not None and (
            denial := self._checks.unallowed.denial(call, needs, partial(self._place, f"{plugin}.py"))
        ):
            raise denial

    def _place(self, otherwise: str) -> str:
        """Return file and line of the plugin's innermost frame; another text if none of its code is on the stack."""
        frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the documented way to find the caller
        while frame is not None:
            filename = frame.f_code.co_filename
            if logs.owner_of("", filename) is not None:
                return f"{self._original(filename.rpartition('@')[0])}:{frame.f_lineno}"
            frame = frame.f_back
        return otherwise

    def stream(self, request: ApiRequest) -> AbstractAsyncContextManager[ByteStream]:
        """Open a stream; see ``Transport.stream``."""
        return self._transport.stream(request)
