"""Files that are costly to parse cost the operator nothing, and hold up no other file."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from plugin_operator.hosting.inspection import inspector, parser
from plugin_operator.hosting.inspection.imports import FileFacts, code_of
from plugin_operator.hosting.scan.scanner import Scanner
from plugin_operator.hosting.scan.snapshot import Snapshot
from plugin_operator.testing.eventually import eventually

PLUGIN = "from plugin_operator import controller\n@controller(for_='v1/Pod')\nasync def one(ctx, request): ...\n"
MOST = 1024 * 1024 - 1


def finally_in_finally(depth: int) -> str:
    """Return a text whose code doubles with each level."""
    lines = ["def f():"]
    for level in range(1, depth + 1):
        lines += [" " * level + "try:", " " * level + " a()", " " * level + "finally:"]
    return "\n".join([*lines, " " * (depth + 1) + "b()", ""])


HOSTILE = {
    "lists": ("x=[" + "[]," * 340_000 + "]", "of memory to be compiled"),
    "statements": ("a;" * (MOST // 2), "of memory to be compiled"),
    "names": ("x=[" + "a," * 500_000 + "]", "of memory to be compiled"),
    "finally": (finally_in_finally(18), "of memory to be compiled"),
    "minuses": ("x=" + "-" * 500_000 + "1", "nested too deeply"),
    "lambdas": ("x=" + "lambda:" * 90_000 + "1", "nested too deeply"),
    "attributes": ("x=a" + ".b" * 400_000, "nested too deeply"),
    "sum": ("x=" + "+".join("a" * 100_000), "nested too deeply"),
    "much code": ("x=[" + ",".join(f"a{n}b" for n in range(120_000)) + "]", "to"),
}
GROWTH = """
import os, sys, time
from plugin_operator.hosting.scan.scanner import Scanner

def peak() -> int:
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))

scanner = Scanner(sys.argv[1], patience_seconds=0.2)
scanner.scan()
os.rename(sys.argv[2], sys.argv[1] + "/costly.py")
before = peak()
while scanner.scan().pending:
    time.sleep(0.05)
print(peak() - before)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "plugins"
    made.mkdir()
    (made / "good.py").write_text(PLUGIN)
    return made


def final(scanner: Scanner) -> Snapshot:
    while (found := scanner.scan()).pending:
        time.sleep(0.02)
    return found


@pytest.mark.parametrize("name", HOSTILE)
def test_a_costly_file_is_refused_with_the_way_out_and_the_others_are_found(root: Path, name: str) -> None:
    text, words = HOSTILE[name]
    (root / "costly.py").write_text(text)
    (root / "needy.py").write_text("import costly\n" + PLUGIN)
    found = final(Scanner(root))
    assert words in found.rejections["costly"].reason
    assert found.rejections["costly"].path == f"{root}/costly.py"
    assert found.sources["good"].rejection is None
    assert found.sources["needy"].rejection == found.rejections["costly"]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize("name", ["lists", "statements", "names"])
def test_the_operators_memory_does_not_grow_with_what_a_file_costs(root: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "costly").write_text(HOSTILE[name][0])
    run = subprocess.run(
        [sys.executable, "-c", GROWTH, str(root), str(tmp_path / "costly")],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert int(run.stdout) < 16 * 1024


def test_a_large_file_of_ordinary_code_is_compiled(root: Path) -> None:
    part = Path(inspector.__file__).read_text()
    text = "\n".join([part] * (MOST // (len(part) + 1)))
    (root / "large.py").write_text(text)
    found = final(Scanner(root))
    assert found.rejections == {}
    code = code_of(found.sources["large"].code["large.py"], "here")
    assert code.co_filename == "here"


@pytest.mark.parametrize("coding", ["rot13", "klingon", "punycode", "zlib", "utf-16", "undefined", "unicode_escape"])
def test_a_coding_that_is_none_for_plugins_is_a_syntax_error_with_its_line(root: Path, coding: str) -> None:
    (root / "coded.py").write_text(f"#!/usr/bin/python\n# -*- coding: {coding} -*-\n" + PLUGIN)
    source = final(Scanner(root)).sources["coded"]
    with pytest.raises(SyntaxError, match="save the file as UTF-8") as caught:
        code_of(source.code["coded.py"], "here")
    assert (caught.value.filename, caught.value.lineno) == ("here", 2)


@pytest.mark.parametrize("coding", ["utf-8", "latin-1", "cp1252", "koi8-r", "shift_jis", "gbk"])
def test_a_file_may_be_in_any_ordinary_coding(root: Path, coding: str) -> None:
    (root / "coded.py").write_text(f"# coding: {coding}\n" + PLUGIN, coding)
    source = final(Scanner(root)).sources["coded"]
    assert code_of(source.code["coded.py"], "here").co_filename == "here"


def test_a_file_that_takes_long_holds_up_only_itself_and_those_who_import_it(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()
    inspect = inspector._Process.inspect

    def slow(process: inspector._Process, content: bytes, depth: int) -> FileFacts:
        if len(content) > 100_000:
            over.wait(30)
        return inspect(process, content, depth)

    monkeypatch.setattr(inspector._Process, "inspect", slow)
    (root / "slow.py").write_text("#" * 200_000 + "\nimport helper\n" + PLUGIN)
    (root / "helper.py").write_text("x = 1\n")
    (root / "needy.py").write_text("import slow\n" + PLUGIN)
    scanner = Scanner(root, patience_seconds=2.0)
    time.sleep(0.4)  # until all are settled
    found = scanner.scan()
    settled = {name for name, source in found.sources.items() if source.is_settled}
    assert settled == {"good"}
    assert found.pending == {"slow"}
    (root / "good.py").write_text(PLUGIN + "x = 1\n")
    started = time.monotonic()
    while b"x = 1" not in scanner.scan().sources["good"].files["good.py"]:
        pass
    assert time.monotonic() - started < 10
    over.set()
    found = final(scanner)
    assert {name for name, source in found.sources.items() if source.is_settled} >= {"slow", "helper", "needy"}
    assert "helper.py" in found.sources["needy"].files


async def test_the_processes_that_parse_end_when_they_are_idle(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspector, "_IDLE_SECONDS", 0.1)
    scanner = Scanner(root)
    final(scanner)
    await eventually(lambda: not any(lane.is_alive for lane in scanner._inspector._lanes))
    (root / "good.py").write_text(PLUGIN + "x = 1\n")
    assert b"x = 1" in final(scanner).sources["good"].files["good.py"]


@pytest.mark.parametrize("signal", ["SIGKILL", "SIGSEGV"])
def test_a_file_that_ends_the_process_that_parses_it_is_refused(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signal: str
) -> None:
    program = tmp_path / "dies.py"
    program.write_text(f"import os, signal\nos.read(0, 4)\nos.kill(os.getpid(), signal.{signal})\n")
    monkeypatch.setattr(parser, "__file__", str(program))
    found = final(Scanner(root))
    assert found.rejections["good"].reason == f"ends the process that parses it ({signal})"


def test_without_processes_nothing_is_refused_and_all_is_tried_again(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspector, "_PAUSE_SECONDS", 0.01)
    start, tries = subprocess.Popen, []

    def refuse(*arguments: object, **more: object) -> object:
        tries.append(1)
        if len(tries) < 3:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return start(*arguments, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", refuse)
    assert final(Scanner(root)).rejections == {}
    assert len(tries) == 3


def test_a_thread_that_broke_is_replaced_at_the_next_look(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = []

    def end(lane: inspector._Lane) -> None:
        broken.append(lane)

    monkeypatch.setattr(inspector._Lane, "_next", end)
    scanner = Scanner(root, patience_seconds=0.05)
    assert scanner.scan().pending == {"good"}
    assert broken
    monkeypatch.undo()
    assert not final(scanner).pending


def test_a_process_that_answers_nothing_is_ended(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "hangs.py"
    program.write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setattr(parser, "__file__", str(program))
    monkeypatch.setattr(inspector, "_DEADLINE_SECONDS", 0.1)
    (root / "large.py").write_text("#" * 900_000)
    found = final(Scanner(root))
    assert set(found.rejections) == {"good", "large"}
    assert "SIGKILL" in found.rejections["good"].reason
