"""What kubelet writes into a pod: volumes whose whole content is swapped by one symlink."""

import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path


class AtomicVolume:
    """A directory laid out as kubelet's AtomicWriter does: ``name -> ..data/name``, ``..data -> ..<time>``."""

    def __init__(self, path: Path, *, group: int) -> None:
        self.path = path
        self._group = group
        path.mkdir(parents=True)
        path.chmod(0o755)

    def write(self, files: Mapping[str, str]) -> None:
        """Replace the content: readers see all of the old or all of the new."""
        current = self.path / "..data"
        old = current.readlink() if current.is_symlink() else None
        fresh = self.path / f"..2026_{secrets.token_hex(5)}"
        fresh.mkdir()
        fresh.chmod(0o755)
        for name, text in files.items():
            (fresh / name).write_text(text)
            (fresh / name).chmod(0o640)
            os.chown(fresh / name, -1, self._group)
        link = self.path / "..data_tmp"
        link.symlink_to(fresh.name)
        link.rename(current)
        for name in files:
            if not (self.path / name).is_symlink():
                (self.path / name).symlink_to(f"..data/{name}")
        for link in self.path.iterdir():
            if not link.name.startswith("..") and link.name not in files:
                link.unlink()
        if old is not None:
            shutil.rmtree(self.path / old)
