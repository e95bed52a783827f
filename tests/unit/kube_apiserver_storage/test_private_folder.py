"""Objects on disk, Secrets included, are for the owner of the process alone."""

import os
import stat
from pathlib import Path

import pytest

from kube_apiserver.storage import Journal, Store
from kube_apiserver.storage.journal import write_snapshot
from kube_apiserver.storage.private_folder import make_private


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def open_umask() -> None:
    os.umask(0o022)


async def test_the_folder_and_everything_a_journal_writes_is_private(tmp_path: Path) -> None:
    os.umask(0)
    folder = tmp_path / "data"
    store = Store()
    journal = Journal(folder, store, compact_from_bytes=100)
    store.attach(journal)
    for name in "abcdef":
        item = store.put("secrets", {"metadata": {"name": name, "uid": name}}, "v1", "Secret")
        await store.durable(item.revision)
    await journal.close()
    assert mode(folder) == 0o700
    assert {path.name.partition("-")[0] for path in folder.iterdir()} == {"lock", "log", "snapshot"}
    assert {mode(path) for path in folder.iterdir()} == {0o600}


def test_a_folder_from_before_is_tightened_with_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    write_snapshot(folder, 7, [])
    for name in ("log-00000000000000000007", "lock", "ca.key", "ca.crt", "token", "snapshot-00000000000000000007.tmp"):
        (folder / name).touch()
        (folder / name).chmod(0o644)
    make_private(folder)
    assert mode(folder) == 0o700
    assert {mode(path) for path in folder.iterdir()} == {0o600}


def test_a_folder_that_others_use_as_well_keeps_its_mode_and_their_files(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = tmp_path / "log-00000000000000000007"
    for path in (log, tmp_path / "notes.txt"):
        path.touch()
        path.chmod(0o644)
    tmp_path.chmod(0o755)
    make_private(tmp_path)
    assert (mode(tmp_path), mode(log), mode(tmp_path / "notes.txt")) == (0o755, 0o600, 0o644)
    assert "accessible to others" in caplog.text


def test_a_link_that_looks_like_data_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.touch()
    target.chmod(0o644)
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "lock").symlink_to(target)
    make_private(folder)
    assert mode(target) == 0o644
