"""What one look at the plugins directory finds."""

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from plugin_operator.hosting import Snapshot
from plugin_operator.hosting.scan.scanner import Scanner
from plugin_operator.hosting.scan.snapshot import Directory, Role, digest_of
from plugin_operator.hosting.scan.tree import MAX_FILE_BYTES
from plugin_operator.testing.virtual_clock import VirtualClock

PLUGIN = "from plugin_operator import controller\n@controller(for_='v1/Pod')\nasync def one(ctx, request): ...\n"
LONG_AGO = time.time() - 3600


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "plugins"
    folder.mkdir()
    return folder


@pytest.fixture
def write(root: Path) -> Callable[..., Path]:
    """Write a file with a modification time an hour ago, as ``cp -p`` leaves it."""

    def run(name: str, text: str = PLUGIN) -> Path:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (LONG_AGO, LONG_AGO))
        return path

    return run


def names(snapshot: Snapshot) -> list[str]:
    return sorted(snapshot.sources)


def test_a_file_and_a_folder_are_plugins(root: Path, write: Callable[..., Path]) -> None:
    write("one.py")
    write("two/__init__.py")
    write("two/template.yaml", "a: 1")
    found = Scanner(root).scan()
    assert found.directory is Directory.OK
    assert names(found) == ["one", "two"]
    assert found.sources["two"].is_package
    assert sorted(found.sources["two"].files) == ["two/__init__.py", "two/template.yaml"]
    assert found.sources["one"].path == f"{root}/one.py"


@pytest.mark.parametrize(
    "name", [".hidden.py", "one.py~", "#one.py#", ".one.py.swp", "one.py.bak", "one.pyc", "note.txt"]
)
def test_what_editors_and_caches_leave_is_passed_over(root: Path, write: Callable[..., Path], name: str) -> None:
    write(name)
    write("__pycache__/one.cpython-311.pyc")
    assert names(Scanner(root).scan()) == []


def test_a_missing_an_empty_and_an_unreadable_directory_are_told_apart(tmp_path: Path, root: Path) -> None:
    assert Scanner(tmp_path / "none").scan().directory is Directory.MISSING
    assert Scanner(root).scan().directory is Directory.EMPTY
    (tmp_path / "file").write_text("")
    assert Scanner(tmp_path / "file").scan().directory is Directory.UNREADABLE


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_refused_and_others_load(root: Path, write: Callable[..., Path]) -> None:
    write("one.py").chmod(0)
    write("two.py")
    found = Scanner(root).scan()
    assert "cannot be read" in found.rejections["one"].reason
    assert names(found) == ["two"]


def test_a_huge_file_is_refused_without_reading_it(root: Path) -> None:
    with (root / "huge.py").open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    started = time.monotonic()
    found = Scanner(root).scan()
    assert time.monotonic() - started < 1
    assert f"at most {MAX_FILE_BYTES:,}" in found.rejections["huge"].reason


def test_what_is_no_file_is_refused_by_its_kind(root: Path) -> None:
    (root / "folder.py").mkdir()
    os.mkfifo(root / "pipe.py")
    (root / "loop.py").symlink_to("/dev/zero")
    (root / "gone.py").symlink_to("nowhere")
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(root)  # a socket's path may have only about a hundred characters
        try:
            listener.bind("sock.py")
        finally:
            os.chdir(here)
        rejections = {name: each.reason for name, each in Scanner(root).scan().rejections.items()}
    assert "is a directory" in rejections["folder"]
    assert "a named pipe" in rejections["pipe"]
    assert "a device" in rejections["loop"]
    assert "a socket" in rejections["sock"]
    assert "a link to nothing" in rejections["gone"]


def test_a_name_that_is_not_utf8_is_passed_over_and_named(root: Path, write: Callable[..., Path]) -> None:
    write("one.py")
    Path(os.fsdecode(os.fsencode(root) + b"/\xff\xfe.py")).write_text(PLUGIN)
    found = Scanner(root).scan()
    assert names(found) == ["one"]
    assert found.ignored == ("b'\\xff\\xfe.py'",)


@pytest.mark.parametrize("name", ["a\nb.py", "a\x1b[31m.py", "a\u202eb.py", "a\r.py", "a\x7f", "\u2028.py"])
def test_a_name_that_would_forge_lines_of_the_status_is_passed_over_and_named(
    root: Path, write: Callable[..., Path], name: str
) -> None:
    write("one.py")
    write(name)
    found = Scanner(root).scan()
    assert names(found) == ["one"]
    assert found.ignored == (repr(os.fsencode(name)),)


def test_a_file_beside_a_folder_of_the_same_name_is_refused(root: Path, write: Callable[..., Path]) -> None:
    write("foo.py")
    write("foo/__init__.py")
    found = Scanner(root).scan()
    assert "same name as the folder" in found.rejections["foo"].reason
    assert names(found) == []


@pytest.mark.parametrize(("name", "hidden"), [("json.py", "standard library"), ("structlog.py", "installed module")])
def test_a_name_that_would_hide_another_module_is_refused(
    root: Path, write: Callable[..., Path], name: str, hidden: str
) -> None:
    write(name)
    found = Scanner(root).scan()
    assert hidden in found.rejections[name.removesuffix(".py")].reason


def test_a_c_extension_is_refused_and_so_is_who_imports_it(root: Path, write: Callable[..., Path]) -> None:
    write("fast.cpython-311-x86_64-linux-gnu.so", "")
    write("one.py", "import fast\n" + PLUGIN)
    found = Scanner(root).scan()
    assert "C extension" in found.rejections["fast"].reason
    rejection = found.sources["one"].rejection
    assert rejection is not None
    assert "C extension" in rejection.reason


def test_the_digest_covers_helpers_through_others_and_inside_functions(root: Path, write: Callable[..., Path]) -> None:
    write("one.py", PLUGIN + "def late():\n    from helper import deep\n")
    write("helper.py", "from . import deeper\ndeep = 1\n")
    write("deeper.py", "import helper\nx = 1\n")
    write("stranger.py", "x = 1\n")
    scanner = Scanner(root)
    before = scanner.scan()
    assert sorted(before.sources["one"].files) == ["deeper.py", "helper.py", "one.py"]
    write("stranger.py", "x = 2\n")
    assert scanner.scan().sources["one"].digest == before.sources["one"].digest
    write("deeper.py", "import helper\nx = 2\n")
    assert scanner.scan().sources["one"].digest != before.sources["one"].digest


def test_roles_are_judged_by_who_imports_whom(root: Path, write: Callable[..., Path]) -> None:
    write("one.py", "import helper, broken, both\n" + PLUGIN)
    write("helper.py", "x = 1\n")
    write("broken.py", "x = (\n")
    write("both.py", PLUGIN)
    write("alone.py", "x = 1\n")
    write("lib/tool.py", "x = 1\n")
    roles = {name: source.role for name, source in Scanner(root).scan().sources.items()}
    assert roles == {
        "one": Role.PLUGIN,
        "helper": Role.HELPER,
        "broken": Role.BROKEN,
        "both": Role.PLUGIN,
        "alone": Role.PLUGIN,
        "lib": Role.HELPER,
    }


def test_an_import_by_a_computed_name_pulls_in_everything(root: Path, write: Callable[..., Path]) -> None:
    write("one.py", "import importlib\nimportlib.import_module('hel' + 'per')\n" + PLUGIN)
    write("helper.py", "x = 1\n")
    assert "helper.py" in Scanner(root).scan().sources["one"].files


def test_same_size_and_same_or_older_mtime_is_still_another_digest(root: Path, write: Callable[..., Path]) -> None:
    path = write("one.py", PLUGIN + "x = 1\n")
    scanner = Scanner(root)
    before = scanner.scan().sources["one"].digest
    path.write_text(PLUGIN + "x = 2\n")
    os.utime(path, (LONG_AGO - 10, LONG_AGO - 10))
    assert scanner.scan().sources["one"].digest != before


async def test_a_file_just_written_in_place_settles_after_a_quiet_time(root: Path, write: Callable[..., Path]) -> None:
    clock = VirtualClock()
    scanner = Scanner(root, clock=clock)
    path = write("one.py")
    assert scanner.scan().sources["one"].is_settled
    with path.open("a") as file:
        file.write("x = 1\n")
    found = scanner.scan()
    assert not found.sources["one"].is_settled
    assert found.retry_after_seconds == pytest.approx(0.3)
    await clock.advance(0.2)
    with path.open("a") as file:
        file.write("y = 1\n")
    assert not scanner.scan().sources["one"].is_settled
    await clock.advance(0.2)
    assert not scanner.scan().sources["one"].is_settled
    await clock.advance(0.11)
    assert scanner.scan().sources["one"].is_settled


def test_a_file_that_was_renamed_over_the_old_one_is_trusted_at_once(root: Path, write: Callable[..., Path]) -> None:
    write("one.py")
    scanner = Scanner(root)
    scanner.scan()
    new = root / ".one.py.new"
    new.write_text(PLUGIN + "x = 1\n")
    past = time.time() - 0.05
    os.utime(new, (past, past))
    new.rename(root / "one.py")
    found = scanner.scan().sources["one"]
    assert b"x = 1" in found.files["one.py"]
    assert found.is_settled


def test_a_plugin_is_not_settled_while_its_helper_is_being_written(root: Path, write: Callable[..., Path]) -> None:
    write("one.py", "import helper\n" + PLUGIN)
    helper = write("helper.py", "x = 1\n")
    write("two.py")
    scanner = Scanner(root)
    scanner.scan()
    with helper.open("a") as file:
        file.write("y = 1\n")
    found = scanner.scan()
    assert not found.sources["one"].is_settled
    assert found.sources["two"].is_settled


async def test_a_deleted_file_is_believed_only_after_a_while(root: Path, write: Callable[..., Path]) -> None:
    clock = VirtualClock()
    scanner = Scanner(root, clock=clock)
    path = write("one.py")
    scanner.scan()
    path.unlink()
    found = scanner.scan()
    assert found.vanishing == {"one"}
    assert found.retry_after_seconds == pytest.approx(0.5)
    await clock.advance(0.6)
    assert scanner.scan().vanishing == frozenset()


def kubelet_write(root: Path, files: dict[str, str], stamp: str) -> None:
    """Write a ConfigMap volume in the order of kubelet's AtomicWriter."""
    fresh = root / f"..{stamp}"
    fresh.mkdir()
    for name, text in files.items():
        (fresh / name).write_text(text)
    old = (root / "..data").readlink() if (root / "..data").is_symlink() else None
    (root / "..data_tmp").symlink_to(fresh.name)
    (root / "..data_tmp").rename(root / "..data")
    for name in files:
        if not (root / name).is_symlink():
            (root / name).symlink_to(f"..data/{name}")
    for link in root.iterdir():
        if link.is_symlink() and not link.name.startswith("..") and link.name not in files:
            link.unlink()
    if old is not None:
        for file in (root / old).iterdir():
            file.unlink()
        (root / old).rmdir()


def test_a_configmap_volume_is_read_below_its_data_link_and_needs_no_settling(root: Path) -> None:
    scanner = Scanner(root)
    kubelet_write(root, {"one.py": PLUGIN, "helper.py": "x = 1\n"}, "2026_1")
    found = scanner.scan()
    assert names(found) == ["helper", "one"]
    assert found.retry_after_seconds is None
    kubelet_write(root, {"one.py": PLUGIN + "x = 2\n", "two.py": PLUGIN}, "2026_2")
    found = scanner.scan()
    assert names(found) == ["one", "two"]
    assert found.vanishing == frozenset()
    assert all(source.is_settled for source in found.sources.values())


def test_no_scan_ever_sees_half_of_a_configmap_update(root: Path) -> None:
    import threading

    def volume(number: int) -> dict[str, str]:
        return {f"part{n}.py": f"VALUE = {number}\n" for n in range(8)}

    kubelet_write(root, volume(0), "0")
    over = threading.Event()

    def flip() -> None:
        number = 0
        while not over.is_set():
            number += 1
            kubelet_write(root, volume(number), str(number))

    writer = threading.Thread(target=flip)
    writer.start()
    try:
        scanner = Scanner(root)
        seen = 0
        deadline = time.monotonic() + 60
        while seen < 60 and time.monotonic() < deadline:
            found = scanner.scan()
            if found.directory is Directory.OK:
                assert len({bytes(next(iter(each.files.values()))) for each in found.sources.values()}) == 1
                assert len(found.sources) == 8
                seen += 1
    finally:
        over.set()
        writer.join()
    assert seen == 60


def test_a_flipped_link_above_the_directory_is_trusted_at_once(tmp_path: Path) -> None:
    for number in (1, 2):
        tree = tmp_path / f"rev{number}" / "plugins"
        tree.mkdir(parents=True)
        (tree / "one.py").write_text(PLUGIN + f"x = {number}\n")
    link = tmp_path / "current"
    link.symlink_to("rev1")
    scanner = Scanner(link / "plugins")
    scanner.scan()
    (tmp_path / "next").symlink_to("rev2")
    (tmp_path / "next").rename(link)
    found = scanner.scan().sources["one"]
    assert b"x = 2" in found.files["one.py"]
    assert found.is_settled


def test_a_digest_depends_on_names_and_borders() -> None:
    assert digest_of({"a": b"bc"}) != digest_of({"ab": b"c"})
    assert digest_of({"a": b"1", "b": b"2"}) == digest_of({"b": b"2", "a": b"1"})


def test_a_relative_directory_stays_where_it_was_whoever_changes_the_working_directory(
    root: Path, write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("one.py")
    monkeypatch.chdir(root.parent)
    scanner = Scanner("plugins")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    os.chdir(elsewhere)
    snapshot = scanner.scan()
    assert (snapshot.directory, snapshot.root, names(snapshot)) == (Directory.OK, "plugins", ["one"])
