"""The call of the author's API that raised an exception, as the author writes it.

Owns the way from a message or a traceback to a call. An object of the plugin is never called, and never asked for an
attribute.
"""

import linecache
import re
import sys
from collections.abc import Mapping, Sequence
from itertools import islice
from types import FrameType, ModuleType
from typing import Any

from plugin_operator.error_hints.signatures import API, METHODS, Signature, method_signature, public_names, signature_of
from plugin_operator.rendering import traceback_of

#: What authors write for the classes that their objects have; a message of Python names the class.
_OBJECTS: Mapping[str, str] = {
    **dict.fromkeys(("Context", "ControllerContext", "MapContext", "CleanupContext", "FakeContext"), "ctx"),
    **dict.fromkeys(("Client", "ApiClient", "ExpectingClient", "CleanupClient", "FinalizerClient"), "ctx.client"),
    **dict.fromkeys(("Lister", "TypedLister", "MergedLister", "FakeLister"), "ctx.lister"),
    **dict.fromkeys(("Recorder", "BoundRecorder", "ObservedRecorder"), "ctx.recorder"),
    **{each: each for each in METHODS},
}
_MODULE = type.__dict__["__dict__"]
_CALLED = re.compile(r"(\w+(?:\.\w+)*)\s*\(")

Call = tuple[str, Signature]
"""A call as the author writes it, without parentheses, and its arguments."""


def known_call(named: str, error: BaseException) -> Call | None:
    """Return the call of the API that a message names; None for a function of the plugin with such a name."""
    owner, _, name = named.rpartition(".")
    names = _names_of(error)
    if owner:
        shown = _OBJECTS.get(owner, "")
        found = method_signature(shown, name) if shown and _is_ours(names.get(owner)) else None
        return (f"{shown}.{name}", found) if found else None
    if name not in public_names():
        return None
    module = __import__(API)
    function = getattr(module, name)
    found = signature_of(function)
    if found is None:
        return None
    known = names[name] is function if name in names else _holds(names, function, module)
    return (name, found) if known else None


def written_call(error: BaseException) -> Call | None:
    """Return the call of a class of fields at which an exception was raised; None if it is unknown."""
    frame, instruction = _innermost(error)
    if frame is None:
        return None
    name = _called_at(frame, instruction)
    found = _value_of(name.split("."), {**frame.f_globals, **frame.f_locals})
    if not _has_fields(found):
        return None
    signature = signature_of(found)
    return (name, signature) if signature else None


def passed_struct(error: BaseException) -> str:
    """Return the class of an unchangeable struct that was passed to the function that raised; empty for another."""
    frame, _ = _innermost(error)
    found: list[Any] = [type(each) for each in frame.f_locals.values()] if frame is not None else []
    return next((each.__name__ for each in found if _has_fields(each) and each.__struct_config__.frozen), "")


def fields_of(value: object) -> list[str]:
    """Return the fields of an object of a class of fields; none for another object."""
    found: Any = type(value)
    return list(found.__struct_fields__) if _has_fields(found) else []


def fields_of_class(name: str, error: BaseException) -> list[str]:
    """Return the fields of the class of that name which the code that raised an exception has at hand."""
    for each in _names_of(error).values():
        found: Any = each if isinstance(each, type) else type(each)
        if _has_fields(found) and found.__name__ == name:
            return list(found.__struct_fields__)
    return []


def _has_fields(found: object) -> bool:
    library = sys.modules.get("msgspec")  # the process of the lints cannot import it
    return library is not None and issubclass(type(found), type(library.Struct))


def line_of(error: BaseException) -> str:
    """Return the line of source that raised an exception; empty if it is unknown.

    A call of an annotation raises in ``typing``, and the line is that of the call.
    """
    found = traceback_of(error)
    while found is not None and found.tb_next is not None:
        if found.tb_next.tb_frame.f_globals.get("__name__") == "typing":
            break
        found = found.tb_next
    if found is None:
        return ""
    frame = found.tb_frame
    return linecache.getline(frame.f_code.co_filename, found.tb_lineno, frame.f_globals)


def _innermost(error: BaseException) -> tuple[FrameType | None, int]:
    """Return the innermost frame that is not of this package, and its instruction."""
    frame, instruction, each = None, 0, traceback_of(error)
    while each is not None:
        name = each.tb_frame.f_globals.get("__name__")
        if not (isinstance(name, str) and name.startswith(f"{API}.")):
            frame, instruction = each.tb_frame, each.tb_lasti
        each = each.tb_next
    return frame, instruction


def _names_of(error: BaseException) -> dict[str, Any]:
    frame, _ = _innermost(error)
    return {**frame.f_globals, **frame.f_locals} if frame is not None else {}


def _is_ours(found: object) -> bool:
    """Report whether a name is not bound, or bound to a class of this package."""
    module = _MODULE.__get__(found).get("__module__") if isinstance(found, type) else ""
    return found is None or (isinstance(module, str) and module.startswith(f"{API}."))


def _holds(names: Mapping[str, Any], function: object, module: ModuleType) -> bool:
    return not names or any(value is function or value is module for value in names.values())


def _called_at(frame: FrameType, instruction: int) -> str:
    """Return the dotted name that an instruction of a frame calls; empty if it calls another expression."""
    line, _, column, _ = next(islice(frame.f_code.co_positions(), instruction // 2, None), (None,) * 4)
    if line is None or column is None:
        return ""
    source = linecache.getline(frame.f_code.co_filename, line, frame.f_globals)
    found = _CALLED.match(source.encode()[column:].decode(errors="replace"))
    return found[1] if found else ""


def _value_of(parts: Sequence[str], names: Mapping[str, Any]) -> object:
    """Return what a dotted name stands for, past any ``__getattr__``."""
    found: object = names.get(parts[0])
    for part in parts[1:]:
        if not isinstance(found, ModuleType):
            return None
        found = ModuleType.__getattribute__(found, "__dict__").get(part)
    return found
