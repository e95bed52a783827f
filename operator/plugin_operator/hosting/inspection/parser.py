"""The parser process: parses and compiles plugin files without running them.

Parsing a file of 1 MiB may take 1 GiB of memory, so the operator never does it itself. ``inspector`` starts this module
as a script, without site-packages: it needs the standard library only and starts in some twenty milliseconds. The
process sets its own resource limits; if it exceeds them and dies, the file is rejected.
"""

import ast
import codecs
import importlib.util
import io
import marshal
import os
import re
import resource
import signal
import struct
import sys
import tokenize
from collections.abc import Callable, Iterator
from typing import Any

MAX_CODE_BYTES = 4 * 1024 * 1024
LENGTH = struct.Struct(">I")

_SPLIT = "split it, or keep its data in a file beside it"
_TOO_LARGE = (
    "takes more than {} MiB of memory to be compiled, the limit for its size, or is nested too deeply: " + _SPLIT
)
_TOO_DEEP = "is nested too deeply to be compiled"
_TOO_MUCH_CODE = f"compiles to more than {MAX_CODE_BYTES:,} bytes: {_SPLIT}"
_NICENESS = 5
_MAX_TEXT = 200
_MAX_HEAD = 4096
_PACKAGE = "plugin_operator"
# Charmaps and multi-byte codecs in C. Other codecs may take quadratic time, or are not text encodings.
_CODINGS = re.compile(r"utf-8(-sig)?|ascii|iso8859-\d+|cp\d+|koi8-[rtu]|mac-\w+|gb\w+|big5\w*|euc_\w+|shift_jis\w*")
_CODING_LINE = re.compile(rb"[ \t\f]*#.{0,200}?coding[:=]")


# Functions that take the name of a module to import, or to read its files.
_IMPORTERS = frozenset({"import_module", "__import__", "resolve_name", "find_spec", "run_module"})
_RELATIVE = frozenset({"import_module", "find_spec"})
_READERS = frozenset(
    [
        *("get_data", "files", "read_text", "read_binary"),
        *("open_text", "open_binary", "path", "contents", "is_resource"),
    ]
)


def source_text(content: bytes) -> str:
    """Return the text of a source file.

    Raises:
        SyntaxError: the file declares an encoding that is not supported for plugins; the error has the line.
        UnicodeError: the file is not valid in its encoding.
    """
    line = 2 if _CODING_LINE.match(content.partition(b"\n")[2]) else 1
    try:
        coding, _ = tokenize.detect_encoding(io.BytesIO(content[:_MAX_HEAD]).readline)
        known = codecs.lookup(coding).name
    except (LookupError, SyntaxError) as error:
        raise SyntaxError(f"{error}: save the file as UTF-8", ("", line, None, None)) from None
    if not _CODINGS.fullmatch(known):
        raise SyntaxError(f"{coding!r} is not an encoding for plugins: save the file as UTF-8", ("", line, None, None))
    return importlib.util.decode_source(content)


def inspect_source(content: bytes, depth: int, optimize: int) -> dict[str, Any]:
    """Return the imports and declarations of a file, and its code.

    Args:
        content: content of the file.
        depth: depth of the file below the plugins directory.
        optimize: as for ``compile``.

    Returns:
        The fields of ``imports.FileFacts`` as plain values. ``code`` is a marshalled code object, or the arguments of
        ``syntax_error``.

    Raises:
        MemoryError: the memory limit is exceeded.
    """
    try:
        source_text(content)
        compiled = compile(content, "", "exec", dont_inherit=True, optimize=optimize)
        code = marshal.dumps(compiled)
    except SyntaxError as error:
        where = (type(error).__name__, error.msg, error.lineno, error.offset, (error.text or "")[:_MAX_TEXT])
        return {"is_parsed": False, "code": marshal.dumps(where)}
    except ValueError as error:  # null bytes, which some versions do not report as a syntax error; invalid text
        reason = _TOO_DEEP if "nested" in str(error) else ""
        return {
            "is_parsed": False,
            "code": marshal.dumps(("SyntaxError", str(error), None, None, "")),
            "rejection": reason,
        }
    except RecursionError:
        return {"is_parsed": False, "rejection": _TOO_DEEP}
    if len(code) > MAX_CODE_BYTES:
        return {"is_parsed": False, "rejection": _TOO_MUCH_CODE}
    try:
        tree = ast.parse(content)
        return _facts(tree, depth) | {"code": marshal.dumps((compiled, tuple(_index_reads(tree))))}
    except RecursionError:
        return {"is_parsed": False, "rejection": _TOO_DEEP}


def _index_reads(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and name of each index that is read of a lister by a literal name."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(
                    attr="by_index" | "index_keys",
                    value=ast.Attribute(attr="lister") | ast.Call(func=ast.Attribute(attr="lister_for")),
                ),
                args=[ast.Constant(value=str() as name), *_],
            ):
                yield node.lineno, name


def _facts(tree: ast.Module, depth: int) -> dict[str, Any]:
    names: set[str] = set()
    markers: set[str] = set()
    is_dynamic = False
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                names.update(alias.name.partition(".")[0] for alias in node.names)
            case ast.ImportFrom():
                first = (node.module or "").partition(".")[0]
                if node.level == 0:
                    names.add(first)
                    if first == _PACKAGE:
                        markers |= {alias.asname or alias.name for alias in node.names if alias.name == "controller"}
                elif node.level == depth + 1:
                    names |= {first} if first else {alias.name for alias in node.names}
            case ast.Call():
                found = list(_called(node))
                is_dynamic = is_dynamic or None in found
                names.update(name for name in found if name)
    declares = any(_node_declares(node, markers) for node in tree.body)
    return {"top_level": sorted(names), "is_dynamic": is_dynamic, "declares": declares, "is_parsed": True}


def _called(node: ast.Call) -> Iterator[str | None]:
    """Yield the module names that a call imports; None for a name that is computed at run time."""
    function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if function not in _IMPORTERS and function not in _READERS:
        return
    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
    name = node.args[0] if node.args else keywords.get("name", keywords.get("mod_name"))
    package = node.args[1] if function in _RELATIVE and len(node.args) > 1 else keywords.get("package")
    for argument in (name, package):
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            yield argument.value.lstrip(".").partition(":")[0].partition(".")[0]
        elif function in _READERS:
            continue  # usually an imported module, or another function of that name
        elif argument is not None and argument is name and (function != "resolve_name" or _is_of_pkgutil(node.func)):
            yield None


def _is_of_pkgutil(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and getattr(function.value, "id", "") == "pkgutil"


def _node_declares(node: ast.stmt, markers: set[str]) -> bool:
    match node:
        case ast.FunctionDef(name="new_controller") | ast.AsyncFunctionDef(name="new_controller"):
            return True
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return any(_is_marker(each, markers) for each in node.decorator_list)
        case ast.Assign():
            return any(isinstance(target, ast.Name) and target.id == "new_controller" for target in node.targets)
        case ast.ImportFrom():
            return any((alias.asname or alias.name) == "new_controller" for alias in node.names)
        case ast.If() | ast.Try():
            return any(_node_declares(each, markers) for each in node.body)
    return False


def _is_marker(decorator: ast.expr, markers: set[str]) -> bool:
    function = decorator.func if isinstance(decorator, ast.Call) else decorator
    if isinstance(function, ast.Attribute):
        return function.attr == "controller"
    return isinstance(function, ast.Name) and function.id in markers


def _limit(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    try:
        resource.setrlimit(which, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))
    except (OSError, ValueError):
        return  # not every platform has every limit


def _limit_processor(seconds: int) -> None:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _limit(resource.RLIMIT_CPU, int(usage.ru_utime + usage.ru_stime) + 1 + seconds)


def _read_exactly(count: int) -> bytes:
    data = b""
    while len(data) < count:
        chunk = os.read(0, count - len(data))
        if not chunk:
            raise EOFError
        data += chunk
    return data


def _answer(answer: dict[str, Any]) -> None:
    data = marshal.dumps(answer)
    data = LENGTH.pack(len(data)) + data
    while data:
        data = data[os.write(1, data) :]


def serve(answer_to: Callable[..., dict[str, Any]], memory_bytes: int, processor_seconds: int) -> None:
    """Serve requests until the operator closes the pipe, or memory is exhausted.

    Args:
        answer_to: gets the values of a request, and returns those of the answer.
        memory_bytes: limit of this process.
        processor_seconds: limit of each request.
    """
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS, memory_bytes)
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    os.nice(_NICENESS)
    try:
        # If the container runs out of memory, the kernel should kill this process, not the operator.
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib takes time to import
            file.write("1000")
    except OSError:
        pass
    while True:
        try:
            request = _read_exactly(LENGTH.unpack(_read_exactly(LENGTH.size))[0])
        except EOFError:
            return
        content, *others = marshal.loads(request)  # noqa: S302 - from the operator
        _limit_processor(processor_seconds)
        try:
            answer = answer_to(content, *others)
        except MemoryError:
            _answer({"is_parsed": False, "rejection": _TOO_LARGE.format(memory_bytes // 2**20)})
            return
        _answer(answer)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    serve(inspect_source, int(sys.argv[1]), int(sys.argv[2]))
