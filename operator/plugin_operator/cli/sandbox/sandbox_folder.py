"""The folder of a sandbox: its lock, its kubeconfig and the addresses of its servers.

One sandbox at a time uses a folder. Commands in other terminals find the running sandbox by it.
"""

import fcntl
import json
import os
from pathlib import Path
from typing import Any

from plugin_operator.errors import PluginOperatorError

DEFAULT_FOLDER = Path(".sandbox")
_FACTS = "operator.json"


class SandboxFolder:
    """A folder that this process locks until ``release`` or its end.

    Raises:
        PluginOperatorError: another sandbox holds the lock, the folder is not writable, or it has files of someone else
            that a sandbox would replace and remove.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._check_files()
            self._lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise PluginOperatorError(
                f'the sandbox folder "{path}" cannot be used ({error.strerror}): name another with --sandbox-dir'
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = os.pread(self._lock, 32, 0).decode(errors="replace").strip()
            os.close(self._lock)
            raise PluginOperatorError(
                f'a sandbox already runs in "{path}"{f" (process {owner})" if owner else ""}: '
                "stop it with Ctrl-C in its terminal, or start another one with --sandbox-dir OTHER"
            ) from error
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)

    def _check_files(self) -> None:
        # Imported on demand: it loads YAML.
        from kube_apiserver.security.kubeconfig import has_other_clusters

        is_new = not (self.path / "lock").exists()
        others = [self.path / _FACTS] if is_new and (self.path / _FACTS).exists() else []
        others += [self.kubeconfig] if has_other_clusters(self.kubeconfig) else []
        if others:
            raise PluginOperatorError(f"{others[0]} is not a sandbox's: name another folder with --sandbox-dir")

    @property
    def kubeconfig(self) -> Path:
        """Path of the kubeconfig."""
        return self.path / "kubeconfig"

    def announce(self, facts: dict[str, Any]) -> None:
        """Write ``facts`` for commands in other terminals."""
        target = self.path / _FACTS
        target.write_text(json.dumps(facts))

    def release(self) -> None:
        """Remove files that are useless after the sandbox has stopped, and unlock the folder."""
        for name in (self.kubeconfig.name, _FACTS):
            (self.path / name).unlink(missing_ok=True)
        os.ftruncate(self._lock, 0)
        os.close(self._lock)


def is_in_use(path: Path) -> bool:
    """Report whether a sandbox runs in a folder."""
    try:
        with (path / "lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def read_announcement(path: Path) -> dict[str, Any]:
    """Return the facts that a running sandbox wrote to its folder; empty if there is none."""
    try:
        facts = json.loads((path / _FACTS).read_text())
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}
