"""The command line as users meet it: a process, its output, its exit status."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

DEADLINE_SECONDS = 60


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment without any cluster, kubeconfig or setting of the person who runs the tests."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "PYTHONPATH", "VIRTUAL_ENV"}}
    return {**kept, "HOME": str(tmp_path), "PYTHONUNBUFFERED": "1"}


@pytest.fixture
def plugins(tmp_path: Path) -> Path:
    """An empty plugins directory."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    return folder


@pytest.fixture
def run(tmp_path: Path, environment: dict[str, str]) -> Run:
    """Run the command to its end, in a folder of its own."""

    def run(*arguments: str | Path, **variables: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "plugin_operator", *map(str, arguments)],
            cwd=tmp_path, env={**environment, **variables}, capture_output=True, text=True, check=False,
            timeout=DEADLINE_SECONDS,
        )  # fmt: skip

    return run


@pytest.fixture
def start(tmp_path: Path, environment: dict[str, str]) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Start the command in a process group of its own, as a shell does with a foreground job."""
    running: list[subprocess.Popen[str]] = []

    def start(*arguments: str | Path, **variables: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "plugin_operator", *map(str, arguments)],
            cwd=tmp_path, env={**environment, **variables}, text=True, process_group=0,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        running.append(process)
        return process

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=DEADLINE_SECONDS)
