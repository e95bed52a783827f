"""Text of plugin values and exceptions, without ever raising.

A plugin's ``__str__``, ``__repr__`` and ``__name__`` may raise anything, call ``sys.exit`` or return no text. Logs,
status and error messages render values of plugins with this module only.
"""

import traceback
import unicodedata
import weakref
from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import islice
from types import FrameType, FunctionType, MethodType, TracebackType
from typing import Any

#: Longest text of a plugin value that is shown, in characters.
MAX_CHARACTERS = 500

#: Most exceptions of one chain or group, and most notes, that are shown.
MAX_EXCEPTIONS = 50

#: Most frames over all tracebacks of one exception; unbounded recursion leaves as many as the interpreter allows.
MAX_FRAMES = 5000

_MAX_PLACES = 5
_MAX_NAME = 200
_MAX_CHAIN = 5
_MAX_LOOKED_AT = 1000

Locate = Callable[[str], str | None]
"""Maps the file name of a code object to the path shown to users; None if the code is not the plugin's."""

_CLASS_NAME = type.__dict__["__name__"]
_CLASS_QUALNAME = type.__dict__["__qualname__"]
_WEAKREF_OFFSET = type.__dict__["__weakrefoffset__"]
_CAUSE = BaseException.__dict__["__cause__"]
_CONTEXT = BaseException.__dict__["__context__"]
_DICT = BaseException.__dict__["__dict__"]
_MEMBERS = BaseExceptionGroup.__dict__["exceptions"]
_ARGS = BaseException.__dict__["args"]
_TRACEBACK = BaseException.__dict__["__traceback__"]

# Cache of one entry: the exception, its traceback and arguments when it was rendered, and the message.
_last: tuple[weakref.ref[BaseException] | None, tuple[int, int], str] = (None, (0, 0), "")


def class_name(value: object) -> str:
    """Return the truncated class name of ``value``, read from the interpreter, past any metaclass."""
    return str(_CLASS_NAME.__get__(type(value)))[:_MAX_NAME]


def qualified_class_name(value: object) -> str:
    """Return the truncated ``__qualname__`` of the class of ``value``."""
    return str(_CLASS_QUALNAME.__get__(type(value)))[:_MAX_NAME]


def traceback_of(error: BaseException) -> TracebackType | None:
    """Return the traceback of an exception, even if its class overrides the attribute."""
    found: TracebackType | None = _TRACEBACK.__get__(error)
    return found


def cause_of(error: BaseException) -> BaseException | None:
    """Return the cause of an exception, else its context, even if its class overrides the attributes."""
    cause: BaseException | None = _CAUSE.__get__(error) or _CONTEXT.__get__(error)
    return cause


def is_endless(error: BaseException) -> bool:
    """Report whether an exception is too large to render: too many causes, members, notes or frames, or a cycle.

    The time of traceback renderers grows with the cube of the depth, and they never finish a cycle. A class with an
    overlong name counts as too large as well.
    """
    waiting = [error]
    count = frames = 0
    while waiting and count <= MAX_EXCEPTIONS:
        each = waiting.pop()
        count += 1
        frames += _count_frames(traceback_of(each), MAX_FRAMES - frames)
        if frames >= MAX_FRAMES or len(_CLASS_NAME.__get__(type(each))) > MAX_CHARACTERS:
            return True
        if (cause := cause_of(each)) is not None:
            waiting.append(cause)
        if issubclass(type(each), BaseExceptionGroup):
            waiting += _MEMBERS.__get__(each)[: MAX_EXCEPTIONS + 1]
        notes = _DICT.__get__(each).get("__notes__")
        count += len(notes) if type(notes) is list else 0
    return count > MAX_EXCEPTIONS


def _count_frames(of: TracebackType | None, most: int) -> int:
    count = 0
    while of is not None and count < most:
        of = of.tb_next
        count += 1
    return count


def message_of(error: BaseException, limit: int = MAX_CHARACTERS) -> str:
    """Return ``str(error)``, truncated to ``limit`` characters, or a note if it raises. Never raises.

    The last result of a plugin's class is cached: log, status and health describe the same failure, and its
    ``__str__`` may be slow.
    """
    global _last  # noqa: PLW0603 - one entry, replaced as a whole, so that threads may race
    if not _WEAKREF_OFFSET.__get__(type(error)):  # a class of Python itself, without weak references
        text = _message_of(error)
    else:
        raised = id(traceback_of(error)), id(_ARGS.__get__(error))
        known, when, text = _last
        if known is None or known() is not error or when != raised or limit > MAX_CHARACTERS:
            text = _message_of(error)[: max(limit, MAX_CHARACTERS) + 1]
            # A weak reference: an exception keeps the module of its plugin alive.
            _last = weakref.ref(error), raised, text
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _message_of(error: BaseException) -> str:
    try:
        return str.__str__(str(error))
    except BaseException as raised:  # noqa: BLE001 - see the module
        return f"<its __str__ raised {class_name(raised)}>"


def describe(error: BaseException, limit: int = MAX_CHARACTERS) -> str:
    """Return ``Type: message`` of an exception, truncated to ``limit`` characters; never raises."""
    name, message = class_name(error), message_of(error, limit)
    text = f"{name}: {message}" if message else name
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def safe_repr(value: object) -> str:
    """Return ``repr(value)``, or a note with its type if that raises; never raises."""
    try:
        return str.__str__(repr(value))
    except BaseException as raised:  # noqa: BLE001 - see the module
        return f"<{class_name(value)}: its __repr__ raised {class_name(raised)}>"


def safe_text(value: object) -> str:
    """Return ``str(value)``, or a note with its type if that raises; never raises."""
    try:
        return str.__str__(str(value))
    except BaseException as raised:  # noqa: BLE001 - see the module
        return f"<{class_name(value)}: its __str__ raised {class_name(raised)}>"


def stack_of(error: BaseException, limit: int = 5) -> tuple[str, ...]:
    """Return ``file:line`` of the frames in the traceback of ``error``, innermost first, without references to them."""
    frames = deque(traceback.walk_tb(traceback_of(error)), limit)
    return tuple(f"{frame.f_code.co_filename}:{line}" for frame, line in reversed(frames))


class WrongResult(TypeError):
    """An invalid value that a function of a plugin returned: its place is the function, for no frame of it is left.

    Args:
        message: what is wrong with the value.
        function: the function; of a ``partial``, the one inside counts.
    """

    def __init__(self, message: str, function: Any) -> None:
        super().__init__(message)
        inner = function.func if type(function) is partial else function
        inner = inner.__func__ if type(inner) is MethodType else inner
        # No reference to the function: an exception may outlive the module of its plugin.
        is_plain = type(inner) is FunctionType
        self.place = (inner.__code__.co_filename, inner.__code__.co_firstlineno) if is_plain else None


def places_of(error: BaseException, locate: Locate) -> tuple[str, ...]:
    """Return ``file:line`` of the plugin's own frames in the traceback of ``error``, innermost first.

    If there are none, as in a timeout that the operator raises, the frames of the cause count.
    """
    if type(error) is WrongResult:
        path = locate(error.place[0]) if error.place is not None else None
        return (f"{path}:{error.place[1]}",) if path is not None and error.place is not None else ()
    current: BaseException | None = error
    for _ in range(_MAX_CHAIN):
        if current is None:
            break
        # Every failed reconcile comes here: plain loops cost half of generators.
        steps: list[TracebackType] = []
        step = traceback_of(current)
        while step is not None:
            steps.append(step)
            step = step.tb_next
        places: list[str] = []
        for step in reversed(steps[-_MAX_LOOKED_AT:]):
            path = locate(step.tb_frame.f_code.co_filename)
            if path is not None:
                places.append(f"{path}:{step.tb_lineno}")
                if len(places) == _MAX_PLACES:
                    break
        if places:
            return tuple(places)
        current = cause_of(current)
    return ()


def places_in(frame: FrameType | None, locate: Locate) -> tuple[str, ...]:
    """Return ``file:line`` of the plugin's own frames in a stack, innermost first."""
    looked_at = islice(traceback.walk_stack(frame), _MAX_LOOKED_AT) if frame is not None else ()
    found = (f"{path}:{line}" for each, line in looked_at if (path := locate(each.f_code.co_filename)) is not None)
    return tuple(islice(found, _MAX_PLACES))


def valid_unicode(text: Any) -> str:
    """Return ``text`` with lone surrogates escaped, so that it can be encoded; render a value that is not text."""
    # Not isinstance: it reads __class__, which a plugin's class may define as a property.
    plain = str.__str__(text) if issubclass(type(text), str) else safe_text(text)
    return plain.encode("utf-8", "backslashreplace").decode()


def terminal_text(text: Any) -> str:
    r"""Return text that a terminal shows and never obeys: ``\x1b`` stands for ESC. Line feeds and tabs stay.

    Characters that are invisible or change the direction of the text are escaped too; spaces of any width stay.
    """
    plain = valid_unicode(text)
    return plain if plain.isprintable() else "".join(map(_visible, plain))


def terminal_line(text: Any) -> str:
    """Return ``terminal_text`` as one line: runs of white space are one space."""
    plain = valid_unicode(text)
    return plain if plain.isprintable() and "  " not in plain else terminal_text(" ".join(plain.split()))


def _visible(char: str) -> str:
    if char.isprintable() or char in "\n\t" or unicodedata.category(char) == "Zs":
        return char
    number = ord(char)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
