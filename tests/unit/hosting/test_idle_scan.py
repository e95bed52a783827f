"""A directory in which nothing happens costs little, and yet no change in it stays hidden for good."""

import os
import time
from collections import Counter
from pathlib import Path

import pytest

from plugin_operator.hosting.scan import files
from plugin_operator.hosting.scan.scanner import Scanner
from plugin_operator.hosting.scan.tree import VERIFY_EVERY

PLUGIN = "from plugin_operator import controller\n@controller(for_='v1/Pod')\nasync def one(ctx, request): ...\n"
FILES = 200
LONG_AGO = time.time() - 3600


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of files that have been quiet for long."""
    monkeypatch.setattr(files, "_TICK_SECONDS", -60.0)  # their change time cannot be set back
    made = tmp_path / "plugins"
    made.mkdir()
    for number in range(FILES):
        (made / f"one{number}.py").write_text(PLUGIN)
        os.utime(made / f"one{number}.py", (LONG_AGO, LONG_AGO))
    return made


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each file was opened."""
    counts: Counter[str] = Counter()
    real = os.open

    def count(path: str, *arguments: int, **more: int) -> int:
        counts[Path(path).name] += 1
        return real(path, *arguments, **more)

    monkeypatch.setattr(os, "open", count)
    return counts


def test_an_idle_look_reads_next_to_nothing_and_returns_the_same_snapshot(root: Path, opened: Counter[str]) -> None:
    scanner = Scanner(root)
    first = scanner.scan()
    opened.clear()
    assert scanner.scan() is first
    assert opened.total() < FILES / 10


def test_in_every_round_of_looks_each_file_is_read_once_all_the_same(root: Path, opened: Counter[str]) -> None:
    scanner = Scanner(root)
    scanner.scan()
    opened.clear()
    for _ in range(VERIFY_EVERY):
        scanner.scan()
    assert set(opened.values()) == {1}
    assert len(opened) == FILES


def test_a_change_that_no_time_stamp_tells_of_is_found_within_a_round(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scanner = Scanner(root)
    before = scanner.scan().sources["one7"].digest
    (root / "one7.py").write_text(PLUGIN.replace("Pod", "Foo"))
    monkeypatch.setattr(files.TreeFile, "is_like", lambda *_, **__: True)
    looks = 1
    while scanner.scan().sources["one7"].digest == before:
        looks += 1
        assert looks <= VERIFY_EVERY


def test_a_file_that_was_read_right_after_its_last_change_is_read_again(
    root: Path, opened: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_TICK_SECONDS", 2.0)
    (root / "one7.py").write_text(PLUGIN + "x = 1\n")
    scanner = Scanner(root)
    scanner.scan()
    opened.clear()
    scanner.scan()
    assert opened["one7.py"] == 1
