"""Every way in which a plugin's file is replaced: editors, volumes, git, and what goes wrong with watching."""

import asyncio
import dataclasses
import os
import shutil
import time
from pathlib import Path

import pytest

from plugin_operator.testing.eventually import eventually


@pytest.fixture
async def hinted(make_bench, quick):
    """A leading host that looks only when it is hinted: what is seen at once was seen by watching."""
    bench = make_bench(settings=dataclasses.replace(quick, scan_interval_seconds=600))
    await bench.host.start()
    bench.host.lead()
    await bench.create("a")
    return bench


@pytest.fixture
async def blind(make_bench, quick):
    """A leading host that is never hinted."""
    bench = make_bench(settings=dataclasses.replace(quick, scan_interval_seconds=0.1), watch=False)
    await bench.host.start()
    bench.host.lead()
    await bench.create("a")
    return bench


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
async def test_a_save_is_seen_at_once_and_the_plugin_never_goes_away(hinted, plugin_text, save):
    path = hinted.write("one.py", plugin_text("V1"))
    await hinted.ran("V1", "a")
    await hinted.state("Active")
    for version in ("V2", "V3"):
        started = time.monotonic()
        save(path, plugin_text(version))
        await hinted.ran(version, "a")
        assert time.monotonic() - started < 5
    assert (await hinted.state("Active")).reloads == 3


async def test_two_edits_within_a_second_both_arrive(hinted, plugin_text):
    path = hinted.write("one.py", plugin_text("V1"))
    await hinted.ran("V1", "a")
    path.write_text(plugin_text("V2"))
    await asyncio.sleep(0.5)
    path.write_text(plugin_text("V3"))
    await hinted.ran("V3", "a")


async def test_a_slow_write_is_never_loaded_half(hinted, plugin_text):
    path = hinted.write("one.py", plugin_text("V1"))
    await hinted.ran("V1", "a")
    whole = plugin_text("HALF", body="ctx.recorder.event({}, 'Normal', 'WHOLE', request.name)")
    cut = whole.index("    ctx.recorder.event({}, 'Normal', 'WHOLE'")
    with path.open("w") as file:
        for part in (whole[: cut // 2], whole[cut // 2 : cut], whole[cut:]):
            file.write(part)
            file.flush()
            await asyncio.sleep(0.15)
    await hinted.ran("WHOLE", "a")
    assert hinted.journal.reasons("one").count("HALF") == hinted.journal.reasons("one").count("WHOLE")
    assert hinted.status().reloads == 2


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


async def test_a_configmap_volume_is_followed_as_kubelet_writes_it(hinted, plugin_text):
    helped = plugin_text("V1", body="import helper\nctx.recorder.event({}, 'Normal', helper.WORD, request.name)")
    volume(hinted.root, "1", {"one.py": helped, "helper.py": "WORD = 'w1'\n"})
    await hinted.ran("w1", "a")
    volume(hinted.root, "2", {"one.py": helped, "helper.py": "WORD = 'w2'\n", "two.py": plugin_text("T", name="two")})
    await hinted.ran("w2", "a")
    await hinted.ran("T", "a", "two")
    volume(hinted.root, "3", {"two.py": plugin_text("T", name="two")})
    await eventually(lambda: hinted.status("one") is None)
    assert hinted.status("two").reloads == 1


async def test_a_flipped_link_as_of_git_sync_is_followed(make_bench, plugin_text, quick, tmp_path):
    for number in (1, 2, 3):
        tree = tmp_path / f"worktree{number}" / "plugins"
        tree.mkdir(parents=True)
        (tree / "one.py").write_text(plugin_text(f"V{number}"))
    link = tmp_path / "current"
    link.symlink_to("worktree1")
    settings = dataclasses.replace(quick, scan_interval_seconds=600)
    bench = make_bench(settings=settings, root=link / "plugins")
    await bench.host.start()
    bench.host.lead()
    await bench.create("a")
    await bench.ran("V1", "a")
    for number in (2, 3):
        (tmp_path / "next").symlink_to(f"worktree{number}")
        (tmp_path / "next").rename(link)
        await bench.ran(f"V{number}", "a")


async def test_a_directory_that_is_deleted_and_created_again_is_followed(hinted, plugin_text):
    hinted.write("one.py", plugin_text("V1"))
    await hinted.ran("V1", "a")
    for version in ("V2", "V3"):
        shutil.rmtree(hinted.root)
        await eventually(lambda: hinted.host.directory_problem)
        hinted.root.mkdir()
        hinted.write("one.py", plugin_text(version))
        await hinted.ran(version, "a")


async def test_a_directory_that_is_absent_at_start_is_followed_once_it_comes(make_bench, plugin_text, quick, tmp_path):
    settings = dataclasses.replace(quick, scan_interval_seconds=600)
    bench = make_bench(settings=settings, root=tmp_path / "deep" / "later")
    await bench.host.start()
    bench.host.lead()
    await bench.create("a")
    assert "does not exist" in bench.host.directory_problem
    bench.root.mkdir(parents=True)
    bench.write("one.py", plugin_text("V1"))
    await bench.ran("V1", "a")


async def test_a_directory_that_is_replaced_by_a_link_is_followed(hinted, plugin_text, tmp_path):
    hinted.write("one.py", plugin_text("V1"))
    await hinted.ran("V1", "a")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "one.py").write_text(plugin_text("V2"))
    hinted.root.rename(tmp_path / "old")
    hinted.root.symlink_to(elsewhere)
    await hinted.ran("V2", "a")
    (elsewhere / "one.py").write_text(plugin_text("V3"))
    await hinted.ran("V3", "a")


async def test_a_name_that_is_not_utf8_does_not_end_the_watch(hinted, plugin_text):
    hinted.write("one.py", plugin_text("V1"))
    await hinted.ran("V1", "a")
    hinted.write(os.fsdecode(b"\xff.py"), "x")
    hinted.write("one.py", plugin_text("V2"))
    await hinted.ran("V2", "a")
    await asyncio.sleep(0.3)
    hinted.write("one.py", plugin_text("V3"))
    await hinted.ran("V3", "a")


@pytest.mark.parametrize("save", [in_place, vim, with_old_times])
async def test_scanning_alone_suffices(blind, plugin_text, save):
    path = blind.write("one.py", plugin_text("V1"))
    await blind.ran("V1", "a")
    save(path, plugin_text("V2"))
    await blind.ran("V2", "a")


async def test_a_watch_that_cannot_be_had_leaves_the_scan(make_bench, plugin_text, quick, monkeypatch):
    def exhausted(*args, **kwargs):
        raise OSError(24, "inotify instances exhausted")

    monkeypatch.setattr("plugin_operator.hosting.scan.watcher.watchfiles.awatch", exhausted)
    bench = make_bench(settings=dataclasses.replace(quick, scan_interval_seconds=0.1))
    await bench.host.start()
    bench.host.lead()
    await bench.create("a")
    path = bench.write("one.py", plugin_text("V1"))
    await bench.ran("V1", "a")
    path.write_text(plugin_text("V2"))
    await bench.ran("V2", "a")


async def test_what_lies_beside_the_plugins_is_passed_over(hinted, plugin_text):
    hinted.write("one.py", plugin_text("V1"))
    await hinted.ran("V1", "a")
    for name in (".hidden.py", "one.py~", "#one.py#", "one.py.bak", "README.md", "__pycache__/one.cpython-311.pyc"):
        hinted.write(name, "nonsense(")
    hinted.write("two.py", plugin_text("T", name="two"))
    await hinted.ran("T", "a", "two")
    assert [each.name for each in hinted.host.status()] == ["one", "two"]
