"""The imports and declarations of a source file, found without running it.

Imports inside functions count too, because a helper that is imported late also changes behaviour. Leaves parsing to
``parser``.
"""

import marshal
from types import CodeType

import msgspec

_ERRORS = {each.__name__: each for each in (SyntaxError, IndentationError, TabError)}


class FileFacts(msgspec.Struct, frozen=True):
    """Facts about one file.

    Attributes:
        top_level: first parts of absolute imports, and of relative imports from the plugins directory itself.
        is_dynamic: whether it imports by a name that is computed at run time.
        declares: whether it seems to declare a controller.
        is_parsed: whether it is valid Python.
        code: the compiled file, for ``code_of`` and ``index_reads_of``; empty if it was rejected.
        rejection: why it cannot be compiled within the limits, and the fix.
    """

    top_level: frozenset[str] = frozenset()
    is_dynamic: bool = False
    declares: bool = False
    is_parsed: bool = True
    code: bytes = b""
    rejection: str = ""


def code_of(made: bytes, filename: str) -> CodeType:
    """Return the code object of a file that the parser process compiled, with ``filename`` for tracebacks.

    Raises:
        SyntaxError: the file is not valid Python.
    """
    found = marshal.loads(made)  # noqa: S302 - from the operator's own parser process, which runs no plugin code
    if isinstance(found[0], CodeType):
        return _renamed(found[0], filename)
    kind, message, line, offset, text = found
    raise _ERRORS.get(kind, SyntaxError)(message, (filename, line, offset, text))


def index_reads_of(made: bytes) -> tuple[tuple[int, str], ...]:
    """Return line and name of each index that a compiled file reads of a lister by a literal name."""
    found = marshal.loads(made)  # noqa: S302 - as above
    reads: tuple[tuple[int, str], ...] = found[1] if isinstance(found[0], CodeType) else ()
    return reads


def _renamed(code: CodeType, filename: str) -> CodeType:
    constants = tuple(_renamed(each, filename) if isinstance(each, CodeType) else each for each in code.co_consts)
    return code.replace(co_filename=filename, co_consts=constants)
