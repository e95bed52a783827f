"""Files that cost the process of the lints its life cost the caller nothing, and the next file is linted."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugin_operator.hosting.inspection.contained_process import ContainedProcess, ProcessEnded
from plugin_operator.hosting.lints import linter as linter_module
from plugin_operator.hosting.lints.facts import DeclaredController
from plugin_operator.hosting.lints.linter import Linter

SLOW = b"import time\nasync def f():\n    time.sleep(1)\n"


@pytest.fixture
def linter() -> Iterator[Linter]:
    """A linter that is closed after the test."""
    made = Linter()
    yield made
    made.close()


def test_findings_and_what_the_loader_read_cross_the_pipe(linter: Linter) -> None:
    (found,) = linter.lint(SLOW)
    assert (found.rule, found.severity, found.line, found.column) == ("PO101", "error", 3, 5)
    content = b"async def one(ctx, request):\n    ctx.lister_for('v1/Pod')\n"
    declared = [DeclaredController(line=1, has_kind=True, caches=("v1/Secret",))]
    assert [each.rule for each in linter.lint(content, declared=declared)] == ["PO103"]
    functions = linter.functions_of(SLOW + b"def g(): time.sleep(1)\n", "helper.py")
    assert functions == {"f": (True, ""), "g": (False, "time.sleep() in line 4 of helper.py")}
    (found,) = linter.lint(b"import helper\nasync def f(): helper.g()\n", helpers={"helper": functions})
    assert found.message == (
        "helper.g() blocks the event loop of all plugins: it calls time.sleep() in line 4 of helper.py: "
        "await asyncio.to_thread(helper.g, \u2026)"
    )
    assert linter.lint(b"import requests\nasync def f(): requests.get('x')\n", helpers={"requests": {}}) == []


@pytest.mark.parametrize(
    "content",
    [b"def x(:\n", b"x = '\xff'\n", b"x = 1\0\n", b"# coding: rot13\n", b"", b"\xef\xbb\xbfx = 1\n", b"\\"],
)
def test_a_file_that_is_no_python_has_no_findings(linter: Linter, content: bytes) -> None:
    assert linter.lint(content) == []


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "(" * 10_000 + ")" * 10_000,
        "x = " + "-" * 500_000 + "1",
        "x = a" + ".b" * 400_000,
        "x = " + "+".join("a" * 100_000),
        "x = [" + "[]," * 60_000 + "]",
    ],
    ids=["brackets", "minuses", "attributes", "sum", "lists"],
)
def test_a_costly_file_is_named_as_such_and_the_next_is_linted(linter: Linter, text: str) -> None:
    found = linter.lint(text.encode())
    assert {each.rule for each in found} <= {"PO003"}
    assert linter.functions_of(text.encode(), "x.py") == {}
    assert [each.rule for each in linter.lint(SLOW)] == ["PO101"]


def test_a_file_that_takes_too_long_is_named_with_the_limit(linter: Linter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linter_module, "_DEADLINE_SECONDS", 0.0)
    (found,) = linter.lint(SLOW)
    assert (found.rule, found.severity, found.line) == ("PO003", "warning", None)
    monkeypatch.undo()
    assert [each.rule for each in linter.lint(SLOW)] == ["PO101"]


def test_a_process_that_dies_or_answers_nonsense_is_replaced(tmp_path: Path) -> None:
    program = tmp_path / "dies.py"
    process = ContainedProcess(lambda: (str(program),))
    program.write_text("import os\nos.read(0, 4)\nos._exit(3)\n")
    with pytest.raises(ProcessEnded) as ended:
        process.ask(1, 30.0)
    assert ended.value.status == 3
    program.write_text("import os\nos.read(0, 4)\nos.write(1, b'\\0\\0\\0\\1?')\nos.read(0, 100)\nos.read(0, 1)\n")
    with pytest.raises(ProcessEnded):
        process.ask(1, 30.0)
    process.close()


def test_without_a_process_the_caller_gets_the_error(linter: Linter, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    with pytest.raises(OSError, match="temporarily unavailable"):
        linter.lint(SLOW)
