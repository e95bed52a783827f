"""Messages and exit statuses of a server that does not start."""

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
        return f"{error.filename} cannot be used: {error.strerror}", FAILED
    why = f"cannot listen on {config.host}:{config.port}: {error.strerror or error}"
    return f"{why}; choose another address with --bind-address", FAILED
