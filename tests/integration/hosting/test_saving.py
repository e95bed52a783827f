"""Every way in which a plugin's file is replaced: editors, volumes, git, and what goes wrong with watching."""

import asyncio
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from plugin_operator.hosting import HostSettings
from plugin_operator.testing.eventually import eventually
from tests.host_harness import HostHarness


@pytest.fixture
async def watch_only_harness(make_harness: Callable[..., HostHarness], short_deadlines: HostSettings) -> HostHarness:
    """A leading host that looks only when it is hinted: what is seen at once was seen by watching."""
    harness = make_harness(settings=replace(short_deadlines, scan_interval_seconds=600))
    await harness.host.start()
    harness.host.lead()
    await harness.create("a")
    return harness


@pytest.fixture
async def scan_only_harness(make_harness: Callable[..., HostHarness], short_deadlines: HostSettings) -> HostHarness:
    """A leading host that is never hinted."""
    harness = make_harness(settings=replace(short_deadlines, scan_interval_seconds=0.1), watch=False)
    await harness.host.start()
    harness.host.lead()
    await harness.create("a")
    return harness


def in_place(path: Path, text: str) -> None:
    path.write_text(text)


def vim(path: Path, text: str) -> None:
    probe = path.with_name("4913")
    probe.touch()
    probe.unlink()
    backup = path.with_name(path.name + "~")
    path.rename(backup)
    path.write_text(text)
    backup.unlink()


def pycharm(path: Path, text: str) -> None:
    fresh, old = path.with_name(path.name + "___jb_tmp___"), path.with_name(path.name + "___jb_old___")
    fresh.write_text(text)
    path.rename(old)
    fresh.rename(path)
    old.unlink()


def emacs(path: Path, text: str) -> None:
    lock = path.with_name(f".#{path.name}")
    lock.symlink_to("me@here.123:456")
    shutil.copy(path, path.with_name(path.name + "~"))
    path.write_text(text)
    lock.unlink()


def delete_and_create(path: Path, text: str) -> None:
    path.unlink()
    path.write_text(text)


def with_old_times(path: Path, text: str) -> None:
    before = path.stat()
    path.write_text(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns - 10**12))


@pytest.mark.parametrize("save", [in_place, vim, pycharm, emacs, delete_and_create, with_old_times])
async def test_a_save_is_seen_at_once_and_the_plugin_never_goes_away(
    watch_only_harness: HostHarness, plugin_text: Callable[..., str], save: Callable[..., Any]
) -> None:
    path = watch_only_harness.write("one.py", plugin_text("V1"))
    await watch_only_harness.ran("V1", "a")
    await watch_only_harness.state("Active")
    for version in ("V2", "V3"):
        started = time.monotonic()
        save(path, plugin_text(version))
        await watch_only_harness.ran(version, "a")
        assert time.monotonic() - started < 5
    assert (await watch_only_harness.state("Active")).reloads == 3


async def test_two_edits_within_a_second_both_arrive(
    watch_only_harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    path = watch_only_harness.write("one.py", plugin_text("V1"))
    await watch_only_harness.ran("V1", "a")
    path.write_text(plugin_text("V2"))
    await asyncio.sleep(0.5)
    path.write_text(plugin_text("V3"))
    await watch_only_harness.ran("V3", "a")


async def test_a_slow_write_is_never_loaded_half(
    watch_only_harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    path = watch_only_harness.write("one.py", plugin_text("V1"))
    await watch_only_harness.ran("V1", "a")
    whole = plugin_text("HALF", body="ctx.recorder.event({}, 'Normal', 'WHOLE', request.name)")
    cut = whole.index("    ctx.recorder.event({}, 'Normal', 'WHOLE'")
    with path.open("w") as file:
        for part in (whole[: cut // 2], whole[cut // 2 : cut], whole[cut:]):
            file.write(part)
            file.flush()
            await asyncio.sleep(0.15)
    await watch_only_harness.ran("WHOLE", "a")
    assert watch_only_harness.journal.reasons("one").count("HALF") == watch_only_harness.journal.reasons("one").count(
        "WHOLE"
    )
    await eventually(lambda: watch_only_harness.status().reloads == 2)


def volume(root: Path, stamp: str, files: dict[str, str]) -> None:
    """Do what kubelet's AtomicWriter does, in its order."""
    fresh = root / f"..{stamp}"
    fresh.mkdir(parents=True)
    for name, text in files.items():
        (fresh / name).write_text(text)
    data = root / "..data"
    old = data.readlink() if data.is_symlink() else None
    (root / "..data_tmp").symlink_to(fresh.name)
    (root / "..data_tmp").rename(data)
    for name in files:
        if not (root / name).is_symlink():
            (root / name).symlink_to(f"..data/{name}")
    for link in list(root.iterdir()):
        if link.is_symlink() and not link.name.startswith("..") and link.name not in files:
            link.unlink()
    if old is not None:
        shutil.rmtree(root / old)


async def test_a_configmap_volume_is_followed_as_kubelet_writes_it(
    watch_only_harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    helped = plugin_text("V1", body="import helper\nctx.recorder.event({}, 'Normal', helper.WORD, request.name)")
    volume(watch_only_harness.root, "1", {"one.py": helped, "helper.py": "WORD = 'w1'\n"})
    await watch_only_harness.ran("w1", "a")
    volume(
        watch_only_harness.root,
        "2",
        {"one.py": helped, "helper.py": "WORD = 'w2'\n", "two.py": plugin_text("T", name="two")},
    )
    await watch_only_harness.ran("w2", "a")
    await watch_only_harness.ran("T", "a", "two")
    volume(watch_only_harness.root, "3", {"two.py": plugin_text("T", name="two")})
    await eventually(lambda: not watch_only_harness.knows("one"))
    assert watch_only_harness.status("two").reloads == 1


async def test_a_flipped_link_as_of_git_sync_is_followed(
    make_harness: Callable[..., HostHarness],
    plugin_text: Callable[..., str],
    short_deadlines: HostSettings,
    tmp_path: Path,
) -> None:
    for number in (1, 2, 3):
        tree = tmp_path / f"worktree{number}" / "plugins"
        tree.mkdir(parents=True)
        (tree / "one.py").write_text(plugin_text(f"V{number}"))
    link = tmp_path / "current"
    link.symlink_to("worktree1")
    settings = replace(short_deadlines, scan_interval_seconds=600)
    harness = make_harness(settings=settings, root=link / "plugins")
    await harness.host.start()
    harness.host.lead()
    await harness.create("a")
    await harness.ran("V1", "a")
    for number in (2, 3):
        (tmp_path / "next").symlink_to(f"worktree{number}")
        (tmp_path / "next").rename(link)
        await harness.ran(f"V{number}", "a")


async def test_a_directory_that_is_deleted_and_created_again_is_followed(
    watch_only_harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    watch_only_harness.write("one.py", plugin_text("V1"))
    await watch_only_harness.ran("V1", "a")
    for version in ("V2", "V3"):
        shutil.rmtree(watch_only_harness.root)
        await eventually(lambda: watch_only_harness.host.directory_problem)
        watch_only_harness.root.mkdir()
        watch_only_harness.write("one.py", plugin_text(version))
        await watch_only_harness.ran(version, "a")


async def test_a_directory_that_is_absent_at_start_is_followed_once_it_comes(
    make_harness: Callable[..., HostHarness],
    plugin_text: Callable[..., str],
    short_deadlines: HostSettings,
    tmp_path: Path,
) -> None:
    settings = replace(short_deadlines, scan_interval_seconds=600)
    harness = make_harness(settings=settings, root=tmp_path / "deep" / "later")
    await harness.host.start()
    harness.host.lead()
    await harness.create("a")
    assert "does not exist" in harness.host.directory_problem
    harness.root.mkdir(parents=True)
    harness.write("one.py", plugin_text("V1"))
    await harness.ran("V1", "a")


async def test_a_directory_that_is_replaced_by_a_link_is_followed(
    watch_only_harness: HostHarness, plugin_text: Callable[..., str], tmp_path: Path
) -> None:
    watch_only_harness.write("one.py", plugin_text("V1"))
    await watch_only_harness.ran("V1", "a")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "one.py").write_text(plugin_text("V2"))
    watch_only_harness.root.rename(tmp_path / "old")
    watch_only_harness.root.symlink_to(elsewhere)
    await watch_only_harness.ran("V2", "a")
    (elsewhere / "one.py").write_text(plugin_text("V3"))
    await watch_only_harness.ran("V3", "a")


async def test_a_name_that_is_not_utf8_does_not_end_the_watch(
    watch_only_harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    watch_only_harness.write("one.py", plugin_text("V1"))
    await watch_only_harness.ran("V1", "a")
    watch_only_harness.write(os.fsdecode(b"\xff.py"), "x")
    watch_only_harness.write("one.py", plugin_text("V2"))
    await watch_only_harness.ran("V2", "a")
    await asyncio.sleep(0.3)
    watch_only_harness.write("one.py", plugin_text("V3"))
    await watch_only_harness.ran("V3", "a")


@pytest.mark.parametrize("save", [in_place, vim, with_old_times])
async def test_scanning_alone_suffices(
    scan_only_harness: HostHarness, plugin_text: Callable[..., str], save: Callable[..., Any]
) -> None:
    path = scan_only_harness.write("one.py", plugin_text("V1"))
    await scan_only_harness.ran("V1", "a")
    save(path, plugin_text("V2"))
    await scan_only_harness.ran("V2", "a")


async def test_a_watch_that_cannot_be_had_leaves_the_scan(
    make_harness: Callable[..., HostHarness],
    plugin_text: Callable[..., str],
    short_deadlines: HostSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def exhausted(*args: Any, **kwargs: Any) -> None:
        raise OSError(24, "inotify instances exhausted")

    monkeypatch.setattr("plugin_operator.hosting.scan.watcher.RustNotify", exhausted)
    harness = make_harness(settings=replace(short_deadlines, scan_interval_seconds=0.1))
    await harness.host.start()
    harness.host.lead()
    await harness.create("a")
    path = harness.write("one.py", plugin_text("V1"))
    await harness.ran("V1", "a")
    path.write_text(plugin_text("V2"))
    await harness.ran("V2", "a")


async def test_what_lies_beside_the_plugins_is_passed_over(
    watch_only_harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    watch_only_harness.write("one.py", plugin_text("V1"))
    await watch_only_harness.ran("V1", "a")
    for name in (".hidden.py", "one.py~", "#one.py#", "one.py.bak", "README.md", "__pycache__/one.cpython-311.pyc"):
        watch_only_harness.write(name, "nonsense(")
    watch_only_harness.write("two.py", plugin_text("T", name="two"))
    await watch_only_harness.ran("T", "a", "two")
    assert [each.name for each in watch_only_harness.host.status()] == ["one", "two"]


async def test_a_file_that_has_the_running_content_again_after_a_rejection_is_logged_as_active(
    scan_only_harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    harness = scan_only_harness
    harness.write("one.py", plugin_text("V1"))
    await harness.ran("V1", "a")
    with capture_logs() as lines:
        harness.write("one.py", "nonsense(")
        await harness.state("Rejected")
        harness.write("one.py", plugin_text("V1"))
        running = (await harness.state("Active")).revision
    events = [(line["event"], line.get("revision")) for line in lines if line["log_level"] in {"info", "error"}]
    assert events == [("Plugin rejected", None), ("Plugin active", running)]
