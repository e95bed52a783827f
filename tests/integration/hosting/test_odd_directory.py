"""A host whose plugins directory, or working directory, is odd."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from msgspec.structs import replace

from plugin_operator.hosting import HostSettings
from plugin_operator.hosting.host import PluginHost
from plugin_operator.hosting.scan.snapshot import Directory, Snapshot
from plugin_operator.testing.eventually import eventually
from tests.host_harness import HostHarness


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
    make_harness: Callable[..., HostHarness], plugin_text: Callable[..., str]
) -> None:
    harness = make_harness(validate=True)
    await harness.create("a")
    harness.write("one.py", plugin_text("V1", head="import structlog"))
    await harness.host.start()
    harness.host.lead()
    await harness.ran("V1", "a")
    harness.write("one.py", plugin_text("V2", head="import structlog"))
    await harness.ran("V2", "a")
    assert harness.host.directory_problem == ""


async def test_a_link_to_the_root_stops_neither_watching_nor_reloads(
    make_harness: Callable[..., HostHarness], short_deadlines: HostSettings, plugin_text: Callable[..., str]
) -> None:
    harness = make_harness(
        settings=replace(short_deadlines, scan_interval_seconds=600)
    )  # what is seen was seen by watching
    await harness.create("a")
    (harness.root / "everything").symlink_to("/")
    (harness.root / ".loop").symlink_to(".loop")
    (harness.root / "loop.py").symlink_to("loop.py")
    harness.write("web/__init__.py", plugin_text("V1"))
    await harness.host.start()
    harness.host.lead()
    await harness.ran("V1", "a")
    for version in ("V2", "V3"):
        harness.write("web/__init__.py", plugin_text(version))
        await harness.ran(version, "a")
    harness.write("web/parts/deep.py", "WORD = 'V4'\n")
    harness.write("web/__init__.py", plugin_text("V4", head="from web.parts.deep import WORD"))
    await harness.ran("V4", "a")
    harness.write("web/parts/deep.py", "WORD = 'V5'\nraise SystemExit(WORD)\n")
    assert "V5" in (await harness.state("Rejected", "web")).reason
    assert "leads back to itself" in (await harness.state("Rejected", "loop")).reason


@pytest.mark.parametrize("directory", [Directory.UNREADABLE, Directory.UNSTABLE, None])
async def test_a_scan_that_fails_is_no_look_at_every_file(
    make_harness: Callable[..., HostHarness],
    plugin_text: Callable[..., str],
    directory: Directory | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    harness = make_harness()
    harness.write("one.py", plugin_text("V1"))
    host: PluginHost = harness.host
    scan = host._scanner.scan

    def fail() -> Snapshot:
        if directory is None:
            raise RuntimeError("a bug")
        return Snapshot(str(harness.root), directory, "no")

    monkeypatch.setattr(host._scanner, "scan", fail)
    await host.start()
    await eventually(lambda: host.directory_problem in {"no", f"{harness.root} cannot be scanned: RuntimeError: a bug"})
    assert not host.is_settled
    monkeypatch.setattr(host._scanner, "scan", scan)
    await harness.state("Active")
    await eventually(lambda: host.is_settled)


async def test_a_directory_that_answers_slowly_holds_up_neither_the_event_loop_nor_the_stop(
    make_harness: Callable[..., HostHarness], plugin_text: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = threading.Event()
    asked = threading.Event()
    on_loop: list[str] = []
    real = {name: getattr(os, name) for name in ("stat", "scandir", "readlink", "open")}
    harness = make_harness()
    harness.write("one.py", plugin_text("V1"))
    await harness.create("a")
    await harness.host.start()
    harness.host.lead()
    await harness.ran("V1", "a")

    def slow(name: str) -> Callable[..., Any]:
        def call(path: Any, *arguments: Any, **more: Any) -> Any:
            if threading.current_thread() is threading.main_thread():
                on_loop.extend(_callers(sys._getframe(), "watcher.py", "scanner.py", "tree.py"))
            elif str(path).startswith(str(harness.root)) and not answers.is_set():
                asked.set()
                answers.wait(20)
            return real[name](path, *arguments, **more)

        return call

    for name in real:
        monkeypatch.setattr(os, name, slow(name))
    await eventually(asked.is_set)
    await harness.change("a", 1)
    await eventually(lambda: harness.journal.reasons("one").count("V1") >= 2)
    answers.set()
    harness.write("one.py", plugin_text("V2"))
    await harness.ran("V2", "a")
    assert on_loop == []
