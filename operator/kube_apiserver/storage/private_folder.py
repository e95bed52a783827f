"""The data folder, readable by its owner only, because it contains Secrets."""

import logging
import os
import stat
from pathlib import Path

from kube_apiserver.storage.recovery import revision_of

_KNOWN = frozenset({"lock", "ca.crt", "ca.key", "token"})
_OTHERS = stat.S_IRWXG | stat.S_IRWXO

_log = logging.getLogger(__name__)


def make_private(folder: Path) -> None:
    """Create the folder with mode 0700, or remove the rights of group and others from an existing one and its files.

    An existing folder keeps its mode if it contains other files, which others may need to access. It also keeps its
    mode if it has another owner, like the root of a volume.

    Raises:
        OSError: the folder cannot be created or read, or a data file in it has another owner.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    is_ours = folder.stat().st_uid == os.geteuid()
    for path in folder.iterdir():
        if path.is_symlink() or not _is_data(path):
            is_ours = False
        elif path.stat().st_mode & _OTHERS:
            path.chmod(0o600)
    if folder.stat().st_mode & _OTHERS:
        if is_ours:
            folder.chmod(0o700)
        else:
            _log.warning("Data folder accessible to others, its files are private: folder=%s", folder)


def _is_data(path: Path) -> bool:
    if not path.is_file():
        return False
    return path.name in _KNOWN or revision_of(path.with_suffix("") if path.suffix == ".tmp" else path) is not None
