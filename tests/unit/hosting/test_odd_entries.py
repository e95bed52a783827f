"""What is wrong with one entry of the plugins directory stays with that entry."""

import contextlib
import errno
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugin_operator.hosting.scan import directory_walk
from plugin_operator.hosting.scan.scanner import Scanner
from plugin_operator.hosting.scan.snapshot import Directory, Snapshot
from tests.oddities import ODD, crowd, to_nothing

PLUGIN = "from plugin_operator import controller\n@controller(for_='v1/Pod')\nasync def one(ctx, request): ...\n"


NAMES = [
    "odd", "odd.py", ".odd", ".odd.py", "json.py", "structlog.py", "structlog", "plugin_operator.py", "fast.so",
    "..2026_1", "..data_tmp", "it's odd.py", "new\nline.py", "__init__.py", "__pycache__", "a" * 250,
]  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "plugins"
    made.mkdir()
    return made


def lay_good(root: Path, version: int = 1) -> None:
    """Write a plugin, a package and a helper; they import what bad entries pretend to be."""
    text = f"import helper, json, structlog\nfrom plugin_operator import Result\nVERSION = {version}\n" + PLUGIN
    for name in ("good.py", "package/__init__.py"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
        os.utime(root / name, (time.time() - 3600,) * 2)
    (root / "helper.py").write_text("x = 1\n")


def assert_good(found: Snapshot, version: int = 1) -> None:
    assert found.directory is Directory.OK, found.reason
    for name in ("good", "package"):
        source = found.sources[name]
        assert source.rejection is None
        assert f"VERSION = {version}".encode() in source.files[source.path.removeprefix(f"{found.root}/")]
        assert "helper.py" in source.files


@pytest.mark.parametrize("name", ["odd", "odd.py", ".odd"])
@pytest.mark.parametrize("odd", [*ODD, "crowd"])
def test_an_odd_entry_is_left_out_and_everything_else_goes_on(root: Path, odd: str, name: str) -> None:
    lay_good(root)
    scanner = Scanner(root)
    assert_good(scanner.scan())
    (crowd if odd == "crowd" else ODD[odd])(root / name)
    assert_good(scanner.scan())
    lay_good(root, version=2)
    started = time.monotonic()
    found = scanner.scan()
    assert time.monotonic() - started < 5
    assert_good(found, version=2)
    if name == "odd.py" and odd != "null_bytes":
        assert found.rejections["odd"].reason


@given(
    laid=st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(sorted(ODD))), max_size=6, unique_by=lambda x: x[0])
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_beside_any_mix_of_odd_entries_good_plugins_load_and_reload(
    tmp_path: Path, laid: list[tuple[str, str]]
) -> None:
    root = tmp_path / "mix"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    lay_good(root)
    for name, odd in laid:
        with contextlib.suppress(OSError):  # a name that is taken, or too long for a socket
            ODD[odd](root / name)
    scanner = Scanner(root)
    assert_good(scanner.scan())
    lay_good(root, version=2)
    assert_good(scanner.scan(), version=2)


@pytest.mark.parametrize("name", ["json.py", "structlog.py", "plugin_operator.py", "structlog/__init__.py", "json.so"])
def test_a_file_that_would_hide_a_module_is_left_out_and_the_module_wins(root: Path, name: str) -> None:
    lay_good(root)
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_text("raise SystemExit('not me')\n")
    found = Scanner(root).scan()
    assert_good(found)
    assert all(name not in source.files for source in found.sources.values())
    assert "would hide" in found.rejections[name.partition("/")[0].partition(".")[0]].reason


@pytest.mark.parametrize("odd", ["loop", "pipe", "huge", "to_the_root", "folder"])
def test_an_odd_entry_under_the_name_of_a_module_rejects_nobody_who_imports_the_module(root: Path, odd: str) -> None:
    lay_good(root)
    ODD[odd](root / "structlog.py")
    found = Scanner(root).scan()
    assert_good(found)
    assert "would hide" in found.rejections["structlog"].reason


def test_a_helper_that_cannot_be_read_rejects_those_who_import_it_with_the_reason(root: Path) -> None:
    lay_good(root)
    (root / "needy.py").write_text("import lost\n" + PLUGIN)
    to_nothing(root / "lost")
    found = Scanner(root).scan()
    assert_good(found)
    rejection = found.sources["needy"].rejection
    assert rejection is not None
    assert str(rejection.path).endswith("/lost")
    assert rejection.reason == "is a link to nothing"


def test_an_odd_entry_that_nobody_imports_is_named_but_is_no_plugin(root: Path) -> None:
    lay_good(root)
    to_nothing(root / "notes")
    found = Scanner(root).scan()
    assert found.ignored == ("notes is a link to nothing",)
    assert "notes" not in found.rejections


@pytest.mark.parametrize("odd", ["loop", "to_nothing", "pipe", "device"])
def test_an_odd_entry_of_a_plugins_name_without_the_suffix_refuses_not_the_plugin(root: Path, odd: str) -> None:
    lay_good(root)
    ODD[odd](root / "good")
    assert_good(Scanner(root).scan())


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """Let the file system answer with an error whenever something of that name is opened or listed."""
    errors: dict[str, int] = {}
    real_open, real_scandir = os.open, os.scandir

    def check(path: object) -> None:
        number = errors.get(os.path.basename(os.fspath(path))) if isinstance(path, str) else None  # noqa: PTH119
        if number is not None:
            raise OSError(number, os.strerror(number))

    def opened(path: str, *args: int, **more: int) -> int:
        check(path)
        return real_open(path, *args, **more)

    def scanned(path: str) -> object:
        check(path)
        return real_scandir(path)

    monkeypatch.setattr(os, "open", opened)
    monkeypatch.setattr(os, "scandir", scanned)
    return errors.__setitem__


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.EACCES, errno.ETIMEDOUT, errno.ENODEV])
@pytest.mark.parametrize("name", ["bad.py", "bad"])
def test_an_error_of_the_file_system_at_one_entry_is_that_entrys(
    root: Path, failing: Callable[[str, int], None], number: int, name: str
) -> None:
    lay_good(root)
    bad = root / name
    if name == "bad":
        bad.mkdir()
        (bad / "__init__.py").write_text(PLUGIN)
    else:
        bad.write_text(PLUGIN)
    scanner = Scanner(root)
    assert "bad" in scanner.scan().sources
    failing(name, number)
    lay_good(root, version=2)
    bad.touch()
    found = scanner.scan()
    assert_good(found, version=2)
    assert os.strerror(number) in found.rejections["bad"].reason
    assert "bad" not in found.vanishing


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOMEM])
def test_an_error_that_is_the_processs_own_rejects_no_plugin(
    root: Path, failing: Callable[[str, int], None], number: int
) -> None:
    lay_good(root)
    failing("good.py", number)
    found = Scanner(root).scan()
    assert found.directory is Directory.UNREADABLE
    assert not found.rejections


def test_a_crowded_folder_is_refused_and_a_later_one_is_not(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_good(root)
    monkeypatch.setattr("plugin_operator.hosting.scan.tree.MAX_FILES", 10)
    for number in range(20):
        (root / "a_lot").mkdir(exist_ok=True)
        (root / "a_lot" / f"x{number}.py").touch()
    found = Scanner(root).scan()
    assert_good(found)
    assert "exceeds the limit of the directory" in found.rejections["a_lot"].reason


def test_what_is_loaded_is_not_pushed_out_by_what_comes_later(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_good(root)
    monkeypatch.setattr("plugin_operator.hosting.scan.tree.MAX_FILES", 10)
    scanner = Scanner(root)
    assert_good(scanner.scan())
    for number in range(20):
        (root / f"a{number}.py").touch()
    found = scanner.scan()
    assert_good(found)
    assert len(found.rejections) == 13


def test_more_entries_than_can_be_told_apart_leave_everything_as_it_is(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_good(root)
    monkeypatch.setattr(directory_walk, "MAX_ENTRIES", 3)
    (root / "notes.txt").touch()
    found = Scanner(root).scan()
    assert found.directory is Directory.UNREADABLE
    assert "more than 3 entries" in found.reason
