"""Generated folders: what a command wrote is replaced and removed, and a file of the user never is."""

import hashlib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from plugin_operator.cli.writing.recorded_folder import RECORD, write_recorded
from plugin_operator.errors import UsageError

OLD = {"kustomization.yaml": b"a\n", "base/deployment.yaml": b"b\n", "plugins/shop/a.py": b"c\n"}
NEW = {"kustomization.yaml": b"A\n", "plugins/b.py": b"d\n"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "deploy"
    write(OLD, folder)
    return folder


def write(files: dict[str, bytes], folder: Path, *, removes: bool = True) -> None:
    write_recorded(files, folder, flag="--output-dir", removes=removes)


def tree(folder: Path) -> dict[str, bytes]:
    """Return all files but the record."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if name != RECORD}


def test_what_is_gone_is_removed_with_its_folders_and_the_rest_replaced(folder: Path) -> None:
    write(NEW, folder)

    assert tree(folder) == NEW
    assert {path.name for path in folder.iterdir()} == {RECORD, "kustomization.yaml", "plugins"}
    write(OLD, folder)
    assert tree(folder) == OLD


def test_the_record_is_a_list_that_sha256sum_checks(folder: Path) -> None:
    subprocess.run(["sha256sum", "--check", "--strict", RECORD], check=True, cwd=folder, timeout=30)


def test_files_of_the_user_beside_the_written_ones_stay(folder: Path) -> None:
    own = {"crds.yaml": b"1", "roles.yaml": b"2", "operator/notes.md": b"3", "plugins/test_x.py": b"4"}
    for name, content in own.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    write(NEW, folder)

    assert tree(folder) == NEW | own


def edit(folder: Path) -> None:
    (folder / "kustomization.yaml").write_text("a\nnamePrefix: mine-\n")


def edit_what_would_go(folder: Path) -> None:
    (folder / "base/deployment.yaml").write_text("mine\n")


def add_what_would_come(folder: Path) -> None:
    (folder / "plugins/b.py").write_text("mine\n")


def folder_for_a_file(folder: Path) -> None:
    (folder / "plugins/b.py").mkdir()


def link_for_a_folder(folder: Path) -> None:
    (folder / "base").rename(folder.parent / "elsewhere")
    (folder / "base").symlink_to(folder.parent / "elsewhere")


def dangling_link_for_a_folder(folder: Path) -> None:
    (folder / "plugins/shop/a.py").unlink()
    (folder / "plugins/shop").rmdir()
    (folder / "plugins").rmdir()
    (folder / "plugins").symlink_to("nowhere")


def link_for_a_file(folder: Path) -> None:
    (folder / "kustomization.yaml").rename(folder.parent / "mine.yaml")
    (folder / "kustomization.yaml").symlink_to("../mine.yaml")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (edit, "kustomization.yaml"),
        (edit_what_would_go, "base/deployment.yaml"),
        (add_what_would_come, "plugins/b.py"),
        (folder_for_a_file, "plugins/b.py"),
        (link_for_a_folder, "base"),
        (dangling_link_for_a_folder, "plugins"),
        (link_for_a_file, "kustomization.yaml"),
    ],
)
def test_what_the_user_changed_is_named_and_nothing_is_written(
    change: Callable[[Path], None], named: str, folder: Path
) -> None:
    change(folder)
    before = tree(folder.parent)

    with pytest.raises(UsageError) as caught:
        write(NEW, folder)
    assert str(caught.value).startswith(
        f"--output-dir {folder}: {named}: not written by this command, or changed since"
    )
    assert tree(folder.parent) == before


def test_an_edit_that_the_new_state_has_too_is_no_obstacle(folder: Path) -> None:
    (folder / "kustomization.yaml").write_bytes(NEW["kustomization.yaml"])
    write(NEW, folder)
    assert tree(folder) == NEW


@pytest.mark.parametrize("stop_after", range(1, 5))
def test_a_run_that_was_interrupted_is_completed_by_the_next(
    stop_after: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = Path.replace, 0

    def replace(self: Path, target: Path) -> Path:
        nonlocal calls
        calls += 1
        if calls > stop_after:
            raise KeyboardInterrupt
        return real(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", replace)
        if stop_after < 4:
            with pytest.raises(KeyboardInterrupt):
                write(NEW, folder)
        else:
            write(NEW, folder)
    write(NEW, folder)
    assert tree(folder) == NEW


def test_a_folder_with_other_files_is_refused_unless_it_may_have_some(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("mine")
    with pytest.raises(UsageError, match="has other files: name a new directory"):
        write(NEW, tmp_path)
    assert tree(tmp_path) == {"mine.yaml": b"mine"}

    write(OLD, tmp_path, removes=False)
    write(NEW, tmp_path, removes=False)
    assert tree(tmp_path) == {"mine.yaml": b"mine"} | OLD | NEW
    (tmp_path / "base/deployment.yaml").write_text("edited")
    write(NEW, tmp_path, removes=False)  # of the others, none is touched
    with pytest.raises(UsageError, match=r"base/deployment\.yaml: not written by this command"):
        write(OLD, tmp_path, removes=False)


def test_places_that_are_no_folder_are_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "dangling").symlink_to("nowhere")
    for name, reason in {
        "file": "is no directory",
        "dangling": "is a link to nothing",
        "file/below": "Not a directory",
    }.items():
        with pytest.raises(UsageError, match=reason):
            write(NEW, tmp_path / name)


@pytest.mark.parametrize("path", ["../victim", "/victim", "a/../../victim"])
def test_a_record_never_reaches_outside_of_its_folder(path: str, folder: Path) -> None:
    victim = folder.parent / "victim"
    victim.write_text("mine")
    named = str(victim) if path == "/victim" else path
    (folder / RECORD).write_text(f"{hashlib.sha256(b'mine').hexdigest()}  {named}\n")

    with pytest.raises(UsageError, match="is not as this command wrote it"):
        write(NEW, folder)
    assert victim.exists()


@pytest.mark.parametrize("content", [b"\xff", b"no record\n", b"\n"])
def test_a_record_that_is_broken_is_no_list_to_delete(content: bytes, folder: Path) -> None:
    (folder / RECORD).write_bytes(content)
    with pytest.raises(UsageError, match="is not as this command wrote it"):
        write(NEW, folder)
    assert tree(folder) == OLD


def test_a_link_in_place_of_the_record_is_not_followed(folder: Path) -> None:
    (folder / RECORD).rename(folder.parent / "record")
    (folder / RECORD).symlink_to("../record")
    with pytest.raises(UsageError):
        write(NEW, folder)
    assert tree(folder) == OLD


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_something_else_in_place_of_the_record_is_refused(make: Callable[[Path], None], folder: Path) -> None:
    (folder / RECORD).unlink()
    make(folder / RECORD)
    with pytest.raises(UsageError, match=f"{RECORD} is no file that this command wrote: name a new directory"):
        write(NEW, folder)
    assert tree(folder) == OLD
