"""A shell in a copy of the checkout: what a reader of the docs has."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from tests.acceptance.output import DEADLINE_SECONDS, Output
from tests.pages import ROOT, block_with

_COPIED = (
    "Makefile",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "requirements",
    "plugins",
    "manifests",
    "docs/examples",
)


class Terminal:
    """Runs commands in ``folder``, and programs that go on until they are interrupted.

    Args:
        folder: an empty folder, for a copy of what a clone has. Its ``.venv`` is the environment of the tests.
        environment: the variables of the commands.
    """

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.running: list[Output] = []
        self.environment = {
            **environment,
            "PATH": f"{Path(sys.executable).parent}:{environment['PATH']}",
            "PLUGIN_OPERATOR_LOG_FORMAT": "console",
            # What is installed is installed; nothing comes from a network.
            "PIP_NO_INDEX": "1",
            "PIP_DRY_RUN": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }
        self._copy()

    def _copy(self) -> None:
        for name in _COPIED:
            source, target = ROOT / name, self.folder / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        (self.folder / "operator").symlink_to(ROOT / "operator")
        (self.folder / ".venv").symlink_to(sys.prefix)
        for path in [*(self.folder / "requirements").iterdir(), self.folder / "pyproject.toml"]:
            os.utime(path, (0, 0))  # older than the environment's stamps, so that make installs nothing
        for command in (["git", "init", "--quiet"], ["git", "add", "plugins"]):
            subprocess.run(command, cwd=self.folder, env=self.environment, check=True, timeout=DEADLINE_SECONDS)

    def save_plugin_with_needs(self) -> None:
        """Put a plugin into the plugins directory that needs what is installed."""
        head = '# /// script\n# dependencies = ["aiohttp"]\n# ///\n'
        (self.folder / "plugins" / "needs.py").write_text(head + block_with("README.md", 'for_="v1/Service"').code)

    def run(self, command: str) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end; standard error is part of its output."""
        return subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            cwd=self.folder, env=self.environment, text=True, timeout=DEADLINE_SECONDS, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def must(self, command: str) -> str:
        """Run a command that has to succeed, and return what it prints."""
        ended = self.run(command)
        assert ended.returncode == 0, f"$ {command}\n{ended.stdout}"
        return ended.stdout

    def start(self, command: str, **variables: str) -> Output:
        """Start a program that runs until it is interrupted."""
        process = subprocess.Popen(
            ["bash", "-c", f"exec {command}"],
            cwd=self.folder, env={**self.environment, **variables}, text=True, process_group=0,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.running.append(Output(process))
        return self.running[-1]

    def interrupt(self) -> None:
        """Press Ctrl-C in each terminal where something runs, the last first: all must end in order."""
        for output in reversed(self.running):
            os.killpg(output.process.pid, signal.SIGINT)
            # make ends by the signal that its program has handled.
            expected = {0, -signal.SIGINT} if "exec make" in str(output.process.args) else {0}
            assert output.end() in expected, output.text
            assert "Traceback" not in output.text

    def close(self) -> None:
        """End whatever a failed test has left running, and close the pipes."""
        for output in self.running:
            if output.process.poll() is None:
                os.killpg(output.process.pid, signal.SIGKILL)
            output.end()
            assert output.process.stdout is not None
            output.process.stdout.close()
