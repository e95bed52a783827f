"""What a source file imports and declares, found without running it.

Imports anywhere count, inside functions too, because a helper that is imported late changes behaviour all the same. How
it is found is ``inspection``'s affair.
"""

import marshal
from dataclasses import dataclass
from types import CodeType

_ERRORS = {each.__name__: each for each in (SyntaxError, IndentationError, TabError)}


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What was found in one file.

    Attributes:
        top_level: first parts of absolute imports, and of relative ones that climb to the plugins directory itself.
        is_dynamic: it imports by a name that is made at run time, so that nobody can tell what.
        declares: it seems to declare a controller.
        is_parsed: it is Python at all.
        code: for ``code_of``; empty if it was refused.
        rejection: why it cannot even be compiled within limits, and the way out.
    """

    top_level: frozenset[str] = frozenset()
    is_dynamic: bool = False
    declares: bool = False
    is_parsed: bool = True
    code: bytes = b""
    rejection: str = ""


def code_of(made: bytes, filename: str) -> CodeType:
    """Return the code of a file that was compiled elsewhere, with ``filename`` in its tracebacks.

    Raises:
        SyntaxError: it is no Python.
    """
    found = marshal.loads(made)  # noqa: S302 - made by our own process, which runs nothing of the file
    if isinstance(found, CodeType):
        return _renamed(found, filename)
    kind, message, line, offset, text = found
    raise _ERRORS.get(kind, SyntaxError)(message, (filename, line, offset, text))


def _renamed(code: CodeType, filename: str) -> CodeType:
    constants = tuple(_renamed(each, filename) if isinstance(each, CodeType) else each for each in code.co_consts)
    return code.replace(co_filename=filename, co_consts=constants)
