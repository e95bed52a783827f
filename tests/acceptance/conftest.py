"""The command line as users meet it: a process, its output, its exit status."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests import ports
from tests.acceptance.cluster import Cluster
from tests.acceptance.output import DEADLINE_SECONDS, Output
from tests.acceptance.worker_operator import WorkerOperator
from tests.realserver import RealServer

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Start = Callable[..., "subprocess.Popen[str]"]


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
def start(tmp_path: Path, environment: dict[str, str]) -> Iterator[Start]:
    """Start the command in a process group of its own, as a shell does with a foreground job."""
    running: list[subprocess.Popen[str]] = []

    def start(*arguments: str | Path, within: Sequence[str] = (), **variables: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [*within, sys.executable, "-m", "plugin_operator", *map(str, arguments)],
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


class Sandbox:
    """A running sandbox and kubectl to talk to it."""

    def __init__(self, process: "subprocess.Popen[str]", folder: Path, environment: dict[str, str]) -> None:
        self.process = process
        self.output = Output(process)
        self.folder = folder
        self._environment = environment

    @property
    def kubeconfig(self) -> Path:
        """The file it writes."""
        return self.folder / ".sandbox" / "kubeconfig"

    def kubectl(self, *arguments: str) -> str:
        """Run kubectl against it and return what it prints."""
        kubectl = Path(sys.executable).parent / "kubectl"
        ended = subprocess.run(
            [kubectl, "--kubeconfig", self.kubeconfig, *arguments],
            env=self._environment, capture_output=True, text=True, check=False, timeout=DEADLINE_SECONDS,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def interrupt(self) -> int:
        """Press Ctrl-C: the signal goes to the whole foreground group."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.output.end()


StartSandbox = Callable[..., Sandbox]
StartOperator = Callable[..., Output]
StartTwo = Callable[..., WorkerOperator]


@pytest.fixture
def sandbox(start: Start, tmp_path: Path, plugins: Path, environment: dict[str, str]) -> StartSandbox:
    """Start a sandbox on ``plugins`` and wait until its operator works."""

    def sandbox(*arguments: str) -> Sandbox:
        process = start("sandbox", "--plugins-dir", plugins, "--log-format", "console", *arguments)
        made = Sandbox(process, tmp_path, environment)
        made.output.wait_for("Connected to the API server")
        return made

    return sandbox


@pytest.fixture
def output() -> type[Output]:
    """Read what a process prints."""
    return Output


@pytest.fixture
def free_port() -> int:
    """A port that was free a moment ago; for servers whose port must be known before they start."""
    return ports.free_port()


@pytest.fixture
def other_free_port() -> int:
    """Another one."""
    return ports.free_port()


@pytest.fixture
def cluster(
    start: Start, tmp_path: Path, environment: dict[str, str], real_server_if_chosen: RealServer | None
) -> Cluster:
    """An API server to run the operator against, in a process of its own."""
    kubeconfig = tmp_path / "kubeconfig"
    if real_server_if_chosen is not None:
        real_server_if_chosen.write_kubeconfig(kubeconfig)
        return Cluster(None, kubeconfig, environment)
    process = start("apiserver", "--write-kubeconfig", kubeconfig)
    assert process.stdout is not None
    assert "Kubernetes API at" in process.stdout.readline()
    return Cluster(process, kubeconfig, environment)


@pytest.fixture(params=[1, 2], ids=["one process", "two processes"])
def processes(request: pytest.FixtureRequest) -> int:
    """Number of worker processes of the operator; a module takes it to run its tests with each."""
    return int(request.param)


@pytest.fixture
def operator(start: Start, output: type[Output], cluster: Cluster, plugins: Path) -> StartOperator:
    """Start the operator against it, and read what it prints."""

    def operator(*arguments: str, metrics: str = "0", log_format: str = "console", **variables: str) -> Output:
        return output(
            start(
                "run", "--kubeconfig", cluster.kubeconfig, "--plugins-dir", plugins, "--log-format", log_format,
                "--metrics-addr", metrics, "--health-probe-bind-address", "0", *arguments, **variables,
            )
        )  # fmt: skip

    return operator


@pytest.fixture
def start_two(operator: StartOperator, cluster: Cluster, free_port: int, tmp_path: Path) -> StartTwo:
    """Start the operator with two workers."""

    def start_two(*arguments: str) -> WorkerOperator:
        address = f"127.0.0.1:{free_port}"
        flags = ("--processes", "2", "--health-probe-bind-address", address, "--scan-interval", "500ms")
        return WorkerOperator(operator(*flags, *arguments, log_format="json"), free_port, cluster, tmp_path)

    return start_two
