"""The calls of plugins with a ``fake_context``: which plugin makes them, and which no rule of it allows.

A fake context belongs to no file. So the plugin is found on the stack of the call: a module that declares a controller.
Calls of the test itself are free. The plugin of pytest takes the message at the end of each test.
"""

import sys
from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from msgspec.structs import replace

from plugin_operator.client import ApiRequest, ByteStream, Response, Transport
from plugin_operator.client.object_requests import APPLY
from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.permissions.calls import Call
from plugin_operator.hosting.permissions.declared import DeclaredController
from plugin_operator.hosting.permissions.needs import Need
from plugin_operator.hosting.permissions.plugin_needs import PluginFacts
from plugin_operator.hosting.permissions.request_calls import call_of
from plugin_operator.hosting.permissions.resources import ResourceTable
from plugin_operator.hosting.permissions.source.direct_analysis import needs_of
from plugin_operator.plugin import discover
from plugin_operator.plugin.declaration.options import MARK
from plugin_operator.testing.permissions.call_recording import RECORDING
from plugin_operator.testing.permissions.unallowed_calls import UnallowedCalls

_OURS = frozenset({"plugin_operator", "kube_apiserver", "asyncio"})
_LOOP = "asyncio.events"
_CREATED = 201

_UNALLOWED = UnallowedCalls()
_NEEDS: "WeakKeyDictionary[ModuleType, Sequence[Need] | None]" = WeakKeyDictionary()


def take_message() -> str:
    """Return why the present test fails, and forget it; empty if every call was allowed."""
    message = _UNALLOWED.message
    _UNALLOWED.clear()
    return message


class CheckedFakes:
    """The transport of a fake context, which answers 403 to a call that no rule of the calling plugin allows.

    Args:
        transport: answers the requests.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._plugins: dict[ModuleType, str] = {}

    def accessed(self, frame: FrameType) -> None:
        """Note which plugin uses the client; a task that it makes of a call has no frame of the plugin."""
        self._plugins |= _plugins_at(frame) or {}

    async def send(self, request: ApiRequest) -> Response:
        """Answer a request; see ``Transport.send``.

        Raises:
            ForbiddenError: no rule allows the call.
        """
        call = call_of(request)
        found = _plugins_at(sys._getframe())  # noqa: SLF001 - the documented way to find the caller
        plugins = self._plugins if found is None else found
        if call is None or not plugins:
            return await self._transport.send(request)
        await _check(plugins, call)
        response = await self._transport.send(request)
        if request.content_type == APPLY and response.status == _CREATED:
            await _check(plugins, replace(call, verb="create"))
        return response

    def stream(self, request: ApiRequest) -> AbstractAsyncContextManager[ByteStream]:
        """Open a stream; see ``Transport.stream``."""
        return self._transport.stream(request)


async def _check(plugins: dict[ModuleType, str], call: Call) -> None:
    """Record a call, and deny it if no rule of any of the modules on its stack allows it.

    Raises:
        ForbiddenError: no rule allows the call.
    """
    for module in plugins:
        RECORDING.note(_name_of(module), call)
    needs = [found for module in plugins if (found := await _needs_of(module)) is not None]
    if len(needs) == len(plugins):
        every = [need for each in needs for need in each]
        if denial := _UNALLOWED.denial(call, every, lambda: next(iter(plugins.values()))):
            raise denial


def _plugins_at(frame: FrameType | None) -> dict[ModuleType, str] | None:
    """Return the plugins among the callers, innermost first, with file and line; None if all callers are ours."""
    frames = []
    while frame is not None and frame.f_globals.get("__name__") != _LOOP:
        if str(frame.f_globals.get("__name__", "")).partition(".")[0] not in _OURS:
            frames.append(frame)
        frame = frame.f_back
    if not frames:
        return None
    test, found = frames[-1].f_globals.get("__name__"), {}
    for each in frames:
        name = each.f_globals.get("__name__")
        module = sys.modules.get(str(name))
        if module is None or module in found or not (entries := _entries_of(module)):
            continue
        # A module of tests may declare controllers too: then only what these call is the plugin's.
        if name != test or any(caller.f_code in entries for caller in frames):
            found[module] = f"{each.f_code.co_filename}:{each.f_lineno}"
    return found


def _entries_of(module: ModuleType) -> set[CodeType]:
    """Return the code of the controllers that a module declares; empty for another module."""
    own = [each for each in vars(module).values() if getattr(each, "__module__", None) == module.__name__]
    declared = [each for each in own if MARK in getattr(each, "__dict__", ())]
    if "new_controller" in vars(module) and vars(module)["new_controller"] in own:
        declared += [each for each in own if isinstance(each, type) and hasattr(each, "reconcile")]
        declared.append(vars(module)["new_controller"])
    return set(_codes_of(declared))


def _codes_of(targets: Iterable[Any]) -> Iterable[CodeType]:
    for target in targets:
        for each in (target, *(vars(target).values() if isinstance(target, type) else ())):
            code = getattr(each, "__code__", None)
            if isinstance(code, CodeType):
                yield code


async def _needs_of(module: ModuleType) -> Sequence[Need] | None:
    """Return the needs of a plugin; None if its file or its declarations cannot be read."""
    if module not in _NEEDS:
        try:
            facts = await _facts_of(module)
        except (PluginRejected, OSError):
            _NEEDS[module] = None
        else:
            _NEEDS[module] = tuple(needs_of(facts, ResourceTable()))
    return _NEEDS[module]


async def _facts_of(module: ModuleType) -> PluginFacts:
    path = Path(str(module.__file__))
    root = path.parent.parent if path.stem == "__init__" else path.parent
    controllers = tuple(DeclaredController.of(each) for each in await discover(module))
    files = {each.relative_to(root).as_posix(): each.read_bytes() for each in _files_of(module, root)}
    return PluginFacts(_name_of(module), "", controllers, files, str(root))


def _files_of(module: ModuleType, root: Path) -> Iterable[Path]:
    """Yield the file of a module, and those below ``root`` of what it has imported."""
    seen: set[str] = set()
    names = [module.__name__]
    while names:
        name = names.pop()
        file = getattr(sys.modules.get(name), "__file__", None)
        if name in seen or file is None or not Path(file).is_relative_to(root):
            continue
        seen.add(name)
        yield Path(file)
        values = list(vars(sys.modules[name]).values())
        names += [each.__name__ for each in values if isinstance(each, ModuleType)]
        names += [each for value in values if isinstance(each := getattr(value, "__module__", None), str)]


def _name_of(module: ModuleType) -> str:
    path = Path(str(module.__file__))
    return path.parent.name if path.stem == "__init__" else path.stem
