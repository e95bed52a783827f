"""Messages and exit statuses of a server that does not start."""

import os
from pathlib import Path

from kube_apiserver.config import ApiServerConfig
from kube_apiserver.seeds.manifests import ManifestError, ManifestRejected
from kube_apiserver.storage import DataBroken, FolderInUse, JournalFailed

FAILED, WRONG_USAGE = 1, 2
#: The errors of ``ApiServer.start`` that a user can mend.
EXPECTED = (ManifestError, DataBroken, FolderInUse, JournalFailed, OSError)


def failure(error: Exception, config: ApiServerConfig) -> tuple[str, int]:
    """Return the message and the exit status for an error of ``EXPECTED``. The message names the flag or the file."""
    if isinstance(error, ManifestRejected):
        return f"--seed: {error}", FAILED
    if isinstance(error, ManifestError):
        return f"--seed: {error}", WRONG_USAGE
    if not isinstance(error, OSError):
        return f"--data-dir {config.data_dir}: {error}", FAILED
    if error.filename is not None:
        flag = f"--data-dir {config.data_dir}: " if _concerns(error.filename, config.data_dir) else ""
        return f"{flag}{error.filename} cannot be used: {error.strerror}", FAILED
    why = f"cannot listen on {config.host}:{config.port}: {error.strerror or error}"
    return f"{why}; choose another address with --bind-address", FAILED


def _concerns(filename: str | bytes, folder: Path | None) -> bool:
    """Whether a file is the folder, in it, or on the way to it."""
    path = Path(os.fsdecode(filename))
    return folder is not None and (path.is_relative_to(folder) or folder.is_relative_to(path))
