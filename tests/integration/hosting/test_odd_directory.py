"""A host whose plugins directory, or working directory, is odd."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from plugin_operator.hosting.host import PluginHost
from plugin_operator.hosting.snapshot import Directory, Snapshot
from plugin_operator.testing.eventually import eventually


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
