"""How programs replace a file or a directory, step by step."""

import os
import shutil
import time
from pathlib import Path


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


def vs_code(path: Path, text: str) -> None:
    """Truncate and write in place, then flush to disk; the file is empty for a moment."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    content = text.encode()
    for start in range(0, len(content), 256):
        os.write(descriptor, content[start : start + 256])
    os.fsync(descriptor)
    os.close(descriptor)


def pycharm(path: Path, text: str) -> None:
    fresh, old = path.with_name(path.name + "___jb_tmp___"), path.with_name(path.name + "___jb_old___")
    fresh.write_text(text)
    path.rename(old)
    fresh.rename(path)
    old.unlink()


def same_size_and_mtime(path: Path, text: str) -> None:
    before = path.stat()
    fresh = path.with_name(".fresh")
    fresh.write_text(text)
    assert fresh.stat().st_size == before.st_size
    os.utime(fresh, ns=(before.st_atime_ns, before.st_mtime_ns))
    fresh.rename(path)


def older_mtime(path: Path, text: str) -> None:
    before = path.stat()
    path.write_text(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns - 10**12))


def slow_chunks(path: Path, text: str) -> None:
    """Write in three parts, each of which ends where Python may end; blocks."""
    lines = text.splitlines(keepends=True)
    with path.open("w") as file:
        for part in (lines[:3], lines[3:-1], lines[-1:]):
            file.writelines(part)
            file.flush()
            time.sleep(0.15)


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
