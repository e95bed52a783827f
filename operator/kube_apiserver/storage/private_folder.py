"""The folder that holds a cluster's objects, Secrets included: its owner alone may read it."""

import logging
import os
import stat
from pathlib import Path

from kube_apiserver.storage.recovery import revision_of

_KNOWN = frozenset({"lock", "ca.crt", "ca.key", "token"})
_OTHERS = stat.S_IRWXG | stat.S_IRWXO

_log = logging.getLogger(__name__)


def make_private(folder: Path) -> None:
    """Make the folder, or take the rights of group and others away from one that is there and from the data in it.

    A folder keeps its mode if it holds other things as well, because others may have to enter it, or if it has another
    owner, such as the root of a volume.

    Raises:
        OSError: it cannot be made or read, or a data file in it belongs to somebody else.
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
            _log.warning("data folder may be entered by others: %s (the files in it are private)", folder)


def _is_data(path: Path) -> bool:
    if not path.is_file():
        return False
    return path.name in _KNOWN or revision_of(path.with_suffix("") if path.suffix == ".tmp" else path) is not None
