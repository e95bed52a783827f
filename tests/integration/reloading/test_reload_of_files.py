"""Every way in which the files change, under load: see ``loaded_operator`` for what always holds."""

import asyncio
import errno
import os
from collections.abc import Callable
from typing import Any

import pytest
from watchfiles._rust_notify import RustNotify

from plugin_operator.hosting import PluginHost
from plugin_operator.testing.eventually import eventually
from tests.integration.reloading import saves
from tests.integration.reloading.conftest import Case

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    "save",
    [
        saves.in_place,
        saves.vim,
        saves.vs_code,
        saves.pycharm,
        saves.same_size_and_mtime,
        saves.older_mtime,
        saves.slow_chunks,
    ],
    ids=lambda save: save.__name__,
)
async def test_a_save_takes_over_whole_and_once(case: Case, save: Callable[..., Any]) -> None:
    await case.save("v1")
    await asyncio.to_thread(save, case.path, case.text("v2"))
    await case.ran("v2")
    assert (await case.state("Active")).reloads == 2


async def test_two_edits_within_a_second_both_arrive(case: Case) -> None:
    await case.save("v1")
    case.path.write_text(case.text("v2"))
    await asyncio.sleep(0.4)
    case.path.write_text(case.text("v3"))
    await case.ran("v3")


async def test_helpers_are_followed_when_edited_missing_or_in_a_cycle(case: Case) -> None:
    helper, other = f"help_{case.name}", f"cycle_{case.name}"
    body = f"import {helper}\nassert {helper}.WORD"
    case.put(case.path.name, case.text("v1", head=f"import {helper}", body=body))
    assert f"No module named '{helper}'" in (await case.state("Rejected")).reason
    case.put(f"{helper}.py", "WORD = 'first'\n")
    await case.ran("v1")
    revision = (await case.state("Active")).revision
    case.put(f"{helper}.py", f"import {other}\nWORD = 'second'\n")
    case.put(f"{other}.py", f"import {helper}\nWORD = 'third'\n")
    await eventually(lambda: case.status().revision != revision and case.status().state == "Active", timeout_seconds=20)
    await case.goes_on("v1")
    assert not case.knows(helper)


async def test_names_that_are_no_plugins_are_passed_over(case: Case) -> None:
    await case.save("v1")
    odd = (".hidden.py", "x.py~", "#x.py#", "x.py.bak", "README.md", "__pycache__/x.cpython-311.pyc")
    for name in odd:
        case.put(name, "nonsense(")
    case.put(os.fsdecode(b"\xff.py"), "nonsense(")
    await case.save("v2")
    await asyncio.sleep(0.2)
    await case.save("v3")
    assert not {"x", "#x", ".hidden", "README", "__pycache__"} & {each.name for each in case.host.status()}


async def test_a_renamed_file_goes_on_under_its_new_name(case: Case) -> None:
    await case.save("v1")
    case.path.rename(case.root / "renamed.py")
    await case.state("Active", "renamed")
    await case.gone()
    await case.goes_on("v1")


async def test_two_plugins_with_a_controller_of_one_name_and_a_file_beside_its_folder_are_refused(case: Case) -> None:
    await case.save("v1")
    case.put("double.py", case.text("v2"))
    assert f"of plugin '{case.name}'" in (await case.state("Rejected", "double")).reason
    case.put(f"{case.name}/__init__.py", case.text("v3"))
    status = await case.state("Rejected")
    assert "has the same name as the folder" in status.reason
    await case.goes_on("v1")
    assert case.count("v2") == case.count("v3") == 0


async def test_a_configmap_volume_adds_changes_and_removes_files_together(case: Case) -> None:
    root = case.scratch / "volume"
    other = f"{case.name}other"
    helped = {"helper.py": "WORD = 'w1'\n", "one.py": case.text("v1", head="import helper\nassert helper.WORD == 'w1'")}
    saves.volume(root, "1", helped | {"leaves.py": case.text("l", name=other + "left")})
    async with case.own_host(root):
        await case.ran("v1")
        await case.ran("l", other + "left")
        helped = {
            "helper.py": "WORD = 'w2'\n",
            "one.py": case.text("v2", head="import helper\nassert helper.WORD == 'w2'"),
        }
        saves.volume(root, "2", helped | {"comes.py": case.text("c", name=other)})
        await case.ran("v2")
        await case.ran("c", other)
        await case.gone("leaves")
        slow = "import time\ntime.sleep(0.4)\nimport helper\n"
        first = case.text("v3", head=slow + "assert helper.WORD == 'w3'")
        saves.volume(root, "3", {"helper.py": "WORD = 'w3'\n", "one.py": first})
        await case.state("Validating", "one")
        last = case.text("v4", head=slow + "assert helper.WORD == 'w4'")
        saves.volume(root, "4", {"helper.py": "WORD = 'w4'\n", "one.py": last})
        await case.ran("v4")
        await case.gone("comes")
        assert (await case.state("Active", "one")).reason == ""


async def test_a_link_that_git_sync_flips_is_followed(case: Case) -> None:
    for number in (1, 2, 3):
        (case.scratch / f"tree{number}").mkdir()
        (case.scratch / f"tree{number}" / "one.py").write_text(case.text(f"v{number}"))
    link = case.scratch / "current"
    link.symlink_to("tree1")
    async with case.own_host(link):
        await case.ran("v1")
        for number in (2, 3):
            (case.scratch / "next").symlink_to(f"tree{number}")
            (case.scratch / "next").rename(link)
            await case.ran(f"v{number}")


async def test_a_directory_may_come_late_go_be_emptied_be_no_directory_and_become_a_link(case: Case) -> None:
    root = case.scratch / "deep" / "plugins"
    async with case.own_host(root) as host:
        await directory_problem(host, "does not exist")
        case.put("one.py", case.text("v1"))
        await case.ran("v1")
        (root / "one.py").unlink()
        await directory_problem(host, "contains no Python files")
        await case.goes_on("v1")
        root.rmdir()
        await directory_problem(host, "does not exist")
        root.write_text("no directory")
        await directory_problem(host, "is not a directory")
        await case.goes_on("v1")
        root.unlink()
        case.put("one.py", case.text("v2"))
        await case.ran("v2")
        if os.geteuid() != 0:
            root.chmod(0)
            await directory_problem(host, "cannot be read")
            await case.goes_on("v2")
            root.chmod(0o755)
        elsewhere = case.scratch / "elsewhere"
        root.rename(elsewhere)
        root.symlink_to(elsewhere)
        await case.save_at(elsewhere / "one.py", "v3")
        assert host.directory_problem == ""


async def directory_problem(host: PluginHost, words: str) -> None:
    await eventually(lambda: words in host.directory_problem, timeout_seconds=20)


@pytest.mark.parametrize(
    "error",
    [OSError(errno.EMFILE, "Too many open files"), OSError(errno.ENOSPC, "OS file watch limit reached")],
    ids=["instances", "watches"],
)
async def test_without_inotify_the_scan_alone_suffices(
    case: Case, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    def exhausted(*args: Any, **how: Any) -> None:
        raise error

    monkeypatch.setattr("plugin_operator.hosting.scan.watcher.RustNotify", exhausted)
    (case.scratch / "plugins").mkdir()
    async with case.own_host(case.scratch / "plugins"):
        await case.save_at(case.root / "one.py", "v1")
        await case.save_at(case.root / "one.py", "v2")


async def test_a_storm_of_file_events_delays_nobody_and_hides_no_edit(case: Case) -> None:
    await case.save("v1")

    def storm() -> None:
        noise = case.root / "noise.txt"
        for _ in range(6_000):
            noise.touch()
            noise.unlink()

    storming = asyncio.create_task(asyncio.to_thread(storm))
    await case.save("v2")
    await storming
    await case.save("v3")


async def test_what_watchfiles_raises_is_an_exception_the_watch_survives(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[Any] = []

    def breaks_at_first(*args: Any, **how: Any) -> RustNotify:
        tries.append(args)
        if len(tries) < 3:
            raise RuntimeError("the watcher's thread panicked")
        return RustNotify(*args, **how)

    monkeypatch.setattr("plugin_operator.hosting.scan.watcher.RustNotify", breaks_at_first)
    (case.scratch / "plugins").mkdir()
    async with case.own_host(case.scratch / "plugins"):
        await case.save_at(case.root / "one.py", "v1")
        await eventually(lambda: len(tries) >= 3, timeout_seconds=20)
        await case.save_at(case.root / "one.py", "v2")
