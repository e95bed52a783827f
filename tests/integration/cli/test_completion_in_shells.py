"""Completion in real shells at a terminal: bash, and zsh where it is installed."""

import os
import pty
import select
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

#: How a shell without configuration gets completion. It shows READY> only once it has.
SHELLS = {
    "bash": (["--norc", "--noprofile", "-i"], "source <(plugin-operator completion bash)"),
    "zsh": (["-f", "-i"], "source <(plugin-operator completion zsh)"),
}
_DEADLINE_SECONDS = 40.0


class Shell:
    """A shell at a terminal of its own."""

    def __init__(self, name: str, folder: Path) -> None:
        options, self.set_up = SHELLS[name]
        path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
        environment = {"PATH": path, "HOME": str(folder), "TERM": "dumb", "LC_ALL": "C.UTF-8"}
        self.process, self._terminal = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            os.execvpe(name, [name, *options], environment)

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def read_until(self, word: str) -> str:
        shown = ""
        end = time.monotonic() + _DEADLINE_SECONDS
        while word not in shown:
            if not select.select([self._terminal], [], [], max(0.0, end - time.monotonic()))[0]:
                raise AssertionError(f"no {word!r} in {shown!r}")
            shown += os.read(self._terminal, 4096).decode(errors="replace")
        return shown

    def close(self) -> None:
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        os.close(self._terminal)


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shell]:
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    (tmp_path / "crds").mkdir()
    (tmp_path / "crds" / "widgets.yaml").touch()
    started = Shell(request.param, tmp_path)
    yield started
    started.close()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_shell_completes_commands_flags_values_and_files(shell: Shell) -> None:
    shell.type(f"{shell.set_up}; PS1='READ''Y>'\n")
    shell.read_until("READY>")
    for typed, completed in (
        ("plugin-operator sta", "plugin-operator status "),
        ("plugin-operator check --st", "check --strict "),
        ("plugin-operator new x --for apps/v1/De", "--for apps/v1/Deployment "),
        ("plugin-operator new x --crd crds/", "--crd crds/widgets.yaml "),
    ):
        shell.type(f"{typed}\t")
        shell.read_until(completed)
        shell.type("\x15")  # deletes the line
