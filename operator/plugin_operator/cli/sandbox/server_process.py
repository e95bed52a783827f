"""The embedded API server of a sandbox, as a child process.

Owns start, readiness, and the end of the server with its parent. The server exits when its standard input closes, which
also happens if the parent is killed. It runs in a session of its own, so that Ctrl-C at the terminal reaches the
operator only, which stops the server last.
"""

import asyncio
import contextlib
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from plugin_operator.errors import PluginOperatorError
from plugin_operator.threads import in_thread

_POLL_SECONDS = 0.5
_PIECE_BYTES = 4096


class ServerProcess:
    """A ``plugin-operator apiserver`` process, which the constructor starts."""

    def __init__(self, kubeconfig: Path, data_dir: Path | None, *, log_level: str = "warning") -> None:
        arguments = ["--write-kubeconfig", str(kubeconfig), "--log-level", log_level, "--exit-with-stdin"]
        if data_dir is not None:
            arguments += ["--data-dir", str(data_dir)]
        self.kubeconfig = kubeconfig
        self._keeps_data = data_dir is not None
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter and this package, no shell
            [sys.executable, "-m", "plugin_operator", "apiserver", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """Process id of the server."""
        return self._process.pid

    def wait_ready(self, deadline_seconds: float) -> str:
        """Block until the server is ready and return its URL.

        Raises:
            PluginOperatorError: the server exited, or was not ready within ``deadline_seconds``.
        """
        line = self._read_line(deadline_seconds)
        if not line:
            state = self._process.poll()
            what = f"exited with status {state}" if state is not None else f"was not ready after {deadline_seconds:g} s"
            self.kill()
            raise PluginOperatorError(f"the embedded API server did not start: it {what} (see its output above)")
        url: str = json.loads(line)["url"]
        return url

    def _read_line(self, deadline_seconds: float) -> bytes:
        stdout = self._process.stdout
        if stdout is None:
            return b""
        end = time.monotonic() + deadline_seconds
        while (remaining := end - time.monotonic()) > 0:
            if select.select([stdout], [], [], min(remaining, _POLL_SECONDS))[0]:
                line: bytes = stdout.readline()
                if not line:
                    self._wait(1.0)
                return line
        return b""

    @property
    def output(self) -> int | None:
        """File descriptor of its standard output, which ends when the process does; None once it is closed."""
        stdout = self._process.stdout
        return stdout.fileno() if stdout is not None and not stdout.closed else None

    def status(self) -> int | None:
        """Return the exit status, after a short wait for it. Blocking."""
        self._wait(_POLL_SECONDS)
        return self._process.poll()

    def close(self, deadline_seconds: float = 2.0) -> None:
        """Stop the server by closing its standard input, and kill it after the deadline. Blocking.

        A server that stores nothing on disk is killed at once, so that Ctrl-C is fast.
        """
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        if not self._keeps_data or not self._wait(deadline_seconds):
            self.kill()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def kill(self) -> None:
        """Kill the process if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
            self._wait(5.0)

    def _wait(self, seconds: float) -> bool:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True


class ServerRunnable:
    """The server process as a Runnable: reports its unexpected end, and stops it.

    Args:
        server: the running process.
        on_failure: called when the process ends before ``stop``.
    """

    name = "apiserver process"

    def __init__(self, server: ServerProcess, on_failure: Callable[[str, BaseException], None]) -> None:
        self._server = server
        self._on_failure = on_failure
        self._loop: asyncio.AbstractEventLoop | None = None

    async def start(self) -> None:
        """Watch the output of the process."""
        if (output := self._server.output) is not None:
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(output, self._output_came, output)

    async def stop(self, deadline_seconds: float) -> None:
        """Stop the process, and kill it after the deadline."""
        self._unwatch()
        await in_thread(self._server.close, deadline_seconds)

    def _output_came(self, output: int) -> None:
        if os.read(output, _PIECE_BYTES):
            return
        self._unwatch()
        error = PluginOperatorError(f"the embedded API server exited with status {self._server.status()}")
        self._on_failure(self.name, error)

    def _unwatch(self) -> None:
        if self._loop is not None and (output := self._server.output) is not None:
            self._loop.remove_reader(output)
        self._loop = None
