"""The process of the fork server, as the operator starts it.

It imports little, so that a command can start the process first: it then imports what trials need while the operator
imports the rest.
"""

import json
import socket
import subprocess
import sys
from typing import Self

_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1])\n"
    "from plugin_operator.imports import imports_without_collection\n"
    "with imports_without_collection(): from plugin_operator.hosting.validation.forkserver import main\n"
    "main()"
)


class TrialProcess:
    """A started process; it ends at the end of its input.

    Its ends are sockets, because uvloop closes the descriptor of a pipe twice, and so that of another thread which has
    got the same number meanwhile.

    Attributes:
        requests: its input.
        verdicts: its output.
    """

    def __init__(self) -> None:
        self.requests, stdin = socket.socketpair()
        self.verdicts, stdout = socket.socketpair()
        with stdin, stdout:
            self._process: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603 - this interpreter and this package, no shell
                # No module, not even json, may be imported from the working directory: it may be the plugins directory.
                [sys.executable, "-P", "-c", _START, json.dumps(sys.path)],
                stdin=stdin.fileno(),
                stdout=stdout.fileno(),
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether it has ended."""
        return self._process.poll() is not None

    def kill(self) -> None:
        """Kill it; no effect if it has ended."""
        self._process.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Kill it and wait for its end; no effect if it has ended, as after a stop of the operator."""
        self.kill()
        for end in (self.requests, self.verdicts):
            end.close()
        self.wait()

    def wait(self) -> None:
        """Wait for its end. Blocks."""
        self._process.wait()
