"""A file system that fails for a while, at any call: plugins stay as they are, and an edit counts once it is over."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from plugin_operator.hosting.scan.scanner import Scanner
from plugin_operator.hosting.scan.snapshot import Directory, Snapshot
from plugin_operator.hosting.signing.sign import CannotSign, sign_directory

PLUGIN = "from plugin_operator import controller\n@controller(for_='v1/Pod')\nasync def one(ctx, request): ...\n"
ERRORS = [errno.EIO, errno.ESTALE, errno.EACCES, errno.ENOTCONN, errno.ETIMEDOUT, errno.ENODEV, errno.EMFILE]
#: A call of the reader, and the end of the path at which it fails.
CALLS = [("stat", ""), ("scandir", ""), ("open", "/one.py"), ("read", "/one.py"), ("scandir", "/two"), ("stat", "/two")]


class Disk:
    """Lets calls at a path fail, as often as is said."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._root = root
        self._call, self._end, self._error, self._times = "", "", 0, 0.0
        self._descriptors: set[int] = set()
        self.failed = 0
        for name in ("stat", "scandir", "open", "read"):
            monkeypatch.setattr(os, name, self._wrapped(name, getattr(os, name)))

    def fail(self, call: str, end: str, error: int, times: float = float("inf")) -> None:
        self._call, self._end, self._error, self._times, self.failed = call, end, error, times, 0

    def heal(self) -> None:
        self._times = 0

    def _wrapped(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Any, *arguments: Any, **more: Any) -> Any:
            where = os.fspath(path) if isinstance(path, str | Path) else ""
            is_it = where == f"{self._root}{self._end}" if where else path in self._descriptors
            if name == self._call and is_it and self.failed < self._times:
                self.failed += 1
                raise OSError(self._error, os.strerror(self._error))
            result = real(path, *arguments, **more)
            if name == "open":
                (self._descriptors.add if is_it else self._descriptors.discard)(result)
            return result

        return call


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "plugins"
    (made / "two").mkdir(parents=True)
    lay(made, 1)
    return made


def lay(root: Path, version: int) -> None:
    for name in ("one.py", "two/__init__.py"):
        fresh = root / f"{name}.new"
        fresh.write_text(f"VERSION = {version}\n{PLUGIN}")
        os.utime(fresh, (1, 1))
        fresh.rename(root / name)


@pytest.fixture
def disk(root: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(root, monkeypatch)


def versions(found: Snapshot) -> dict[str, int]:
    return {
        name: int(next(iter(source.files.values())).split(b"\n")[0].split()[-1])
        for name, source in found.sources.items()
    }


@pytest.mark.parametrize(("call", "end"), CALLS, ids=lambda each: each or "/")
@pytest.mark.parametrize("error", ERRORS, ids=errno.errorcode.get)
def test_an_error_that_comes_and_goes_unloads_nothing_and_hides_no_edit(
    root: Path, disk: Disk, call: str, end: str, error: int
) -> None:
    scanner = Scanner(root)
    assert versions(scanner.scan()) == {"one": 1, "two": 1}
    disk.fail(call, end, error)
    lay(root, 2)
    for _ in range(3):
        found = scanner.scan()
        if found.directory is Directory.OK:
            # What is neither found nor refused would be unloaded.
            assert {*found.sources, *found.rejections} == {"one", "two"}
            assert all(version == 2 for version in versions(found).values())
        else:
            assert found.reason
            assert found.sources == {}
    assert disk.failed or (call, end) == ("stat", "/two")  # the folder's own entry may know its state
    disk.heal()
    found = scanner.scan()
    assert found.rejections == {}
    assert versions(found) == {"one": 2, "two": 2}


@pytest.mark.parametrize(("call", "end"), CALLS[:5], ids=lambda each: each or "/")
def test_a_handle_that_is_stale_once_is_asked_for_again_in_the_same_look(
    root: Path, disk: Disk, call: str, end: str
) -> None:
    scanner = Scanner(root)
    disk.fail(call, end, errno.ESTALE, times=1)
    found = scanner.scan()
    assert disk.failed == 1
    assert versions(found) == {"one": 1, "two": 1}
    assert found.rejections == {}


def becomes_empty(root: Path) -> None:
    shutil.rmtree(root)
    root.mkdir()


def becomes_a_file(root: Path) -> None:
    shutil.rmtree(root)
    root.write_text("no directory")


def goes(root: Path) -> None:
    root.rename(root.with_name("elsewhere"))


def becomes_a_dead_link(root: Path) -> None:
    root.rename(root.with_name("elsewhere"))
    root.symlink_to("nowhere")


def becomes_a_link_to_itself(root: Path) -> None:
    root.rename(root.with_name("elsewhere"))
    root.symlink_to(root.name)


LOSSES = {each.__name__: each for each in (becomes_empty, becomes_a_file, goes, becomes_a_dead_link,
                                           becomes_a_link_to_itself)}  # fmt: skip


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("how", ["renamed", "linked", "mounted as a ConfigMap"])
def test_a_directory_that_is_lost_says_nothing_of_its_plugins_and_the_next_one_counts(
    root: Path, loss: str, how: str
) -> None:
    scanner = Scanner(root)
    assert versions(scanner.scan()) == {"one": 1, "two": 1}
    LOSSES[loss](root)
    found = scanner.scan()
    assert found.directory is not Directory.OK
    assert found.reason
    assert found.sources == {}
    fresh = root.with_name("fresh")
    (fresh / "two").mkdir(parents=True)
    lay(fresh, 2)
    if root.is_dir() and not root.is_symlink():
        shutil.rmtree(root)
    else:
        root.unlink(missing_ok=True)
    if how == "renamed":
        fresh.rename(root)
    elif how == "linked":
        root.symlink_to(fresh)
    else:
        root.mkdir()
        (root / "..data").symlink_to(fresh)
    assert versions(scanner.scan()) == {"one": 2, "two": 2}


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO], ids=errno.errorcode.get)
def test_a_disk_that_takes_no_manifest_keeps_the_old_one(
    root: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    key = Ed25519PrivateKey.generate()
    sign_directory(root, key)
    before = {path: path.read_bytes() for path in root.iterdir() if path.is_file()}

    def fail(descriptor: int) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(CannotSign, match=os.strerror(error)):
        sign_directory(root, key)
    assert {path: path.read_bytes() for path in root.iterdir() if path.is_file()} == before
