"""A host whose plugins directory, or working directory, is odd."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from plugin_operator.hosting.host import PluginHost
from plugin_operator.hosting.scan.snapshot import Directory, Snapshot
from plugin_operator.testing.eventually import eventually


def _callers(frame: FrameType | None, *files: str) -> Iterator[str]:
    """Yield those of ``files`` that are on the stack."""
    while frame is not None:
        name = frame.f_code.co_filename.rpartition("/")[2]
        if name in files:
            yield name
        frame = frame.f_back


@pytest.fixture
def gone_folder(tmp_path: Path) -> Iterator[None]:
    """Stand in a working directory that is no more."""
    here = os.open(".", os.O_RDONLY)
    gone = tmp_path / "gone"
    gone.mkdir()
    os.chdir(gone)
    gone.rmdir()
    yield
    os.fchdir(here)
    os.close(here)


@pytest.mark.usefixtures("gone_folder")
async def test_a_plugin_loads_and_reloads_without_a_working_directory(
    make_bench: Any, plugin_text: Callable[..., str]
) -> None:
    bench = make_bench(validate=True)
    await bench.create("a")
    bench.write("one.py", plugin_text("V1", head="import structlog"))
    await bench.host.start()
    bench.host.lead()
    await bench.ran("V1", "a")
    bench.write("one.py", plugin_text("V2", head="import structlog"))
    await bench.ran("V2", "a")
    assert bench.host.directory_problem == ""


async def test_a_link_to_the_root_stops_neither_watching_nor_reloads(
    make_bench: Any, quick: Any, plugin_text: Callable[..., str]
) -> None:
    bench = make_bench(settings=replace(quick, scan_interval_seconds=600))  # what is seen was seen by watching
    await bench.create("a")
    (bench.root / "everything").symlink_to("/")
    (bench.root / ".loop").symlink_to(".loop")
    (bench.root / "loop.py").symlink_to("loop.py")
    bench.write("web/__init__.py", plugin_text("V1"))
    await bench.host.start()
    bench.host.lead()
    await bench.ran("V1", "a")
    for version in ("V2", "V3"):
        bench.write("web/__init__.py", plugin_text(version))
        await bench.ran(version, "a")
    bench.write("web/parts/deep.py", "WORD = 'V4'\n")
    bench.write("web/__init__.py", plugin_text("V4", head="from web.parts.deep import WORD"))
    await bench.ran("V4", "a")
    bench.write("web/parts/deep.py", "WORD = 'V5'\nraise SystemExit(WORD)\n")
    assert "V5" in (await bench.state("Rejected", "web")).reason
    assert "leads back to itself" in (await bench.state("Rejected", "loop")).reason


@pytest.mark.parametrize("directory", [Directory.UNREADABLE, Directory.UNSTABLE, None])
async def test_a_scan_that_fails_is_no_look_at_every_file(
    make_bench: Any, plugin_text: Callable[..., str], directory: Directory | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make_bench()
    bench.write("one.py", plugin_text("V1"))
    host: PluginHost = bench.host
    scan = host._scanner.scan

    def fail() -> Snapshot:
        if directory is None:
            raise RuntimeError("a bug")
        return Snapshot(str(bench.root), directory, "no")

    monkeypatch.setattr(host._scanner, "scan", fail)
    await host.start()
    await eventually(lambda: host.directory_problem in {"no", f"{bench.root} cannot be scanned: RuntimeError: a bug"})
    assert not host.is_settled
    monkeypatch.setattr(host._scanner, "scan", scan)
    await bench.state("Active")
    await eventually(lambda: host.is_settled)


async def test_a_directory_that_answers_slowly_holds_up_neither_the_event_loop_nor_the_stop(
    make_bench: Any, plugin_text: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = threading.Event()
    asked = threading.Event()
    on_loop: list[str] = []
    real = {name: getattr(os, name) for name in ("stat", "scandir", "readlink", "open")}
    bench = make_bench()
    bench.write("one.py", plugin_text("V1"))
    await bench.create("a")
    await bench.host.start()
    bench.host.lead()
    await bench.ran("V1", "a")

    def slow(name: str) -> Callable[..., Any]:
        def call(path: Any, *arguments: Any, **more: Any) -> Any:
            if threading.current_thread() is threading.main_thread():
                on_loop.extend(_callers(sys._getframe(), "watcher.py", "scanner.py", "tree.py"))
            elif str(path).startswith(str(bench.root)) and not answers.is_set():
                asked.set()
                answers.wait(20)
            return real[name](path, *arguments, **more)

        return call

    for name in real:
        monkeypatch.setattr(os, name, slow(name))
    await eventually(asked.is_set)
    await bench.change("a", 1)
    await eventually(lambda: bench.journal.reasons("one").count("V1") >= 2)
    answers.set()
    bench.write("one.py", plugin_text("V2"))
    await bench.ran("V2", "a")
    assert on_loop == []
