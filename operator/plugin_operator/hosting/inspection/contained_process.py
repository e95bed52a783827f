"""A child process that answers one question at a time, about files that may cost it its life.

Owns its start, the exchange over its pipes and its end. The child is ``parser.serve``, with limits of its own.
"""

import marshal
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import IO, Any, cast

from plugin_operator.hosting.inspection import parser

_CHUNK = 65536


class ProcessEnded(Exception):
    """The process ended, or was killed after its deadline, before it had answered.

    Attributes:
        status: the return code, as ``Popen.returncode``.
    """

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"the process ended with status {status}")


class ContainedProcess:
    """One such process, started on demand and again after it has ended.

    Args:
        arguments: returns the arguments of the interpreter.
    """

    def __init__(self, arguments: Callable[[], Sequence[str]]) -> None:
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, question: Any, deadline_seconds: float) -> dict[str, Any]:
        """Send values that ``marshal`` can write, and return the answer. Blocks.

        Raises:
            OSError: no process can be started.
            ProcessEnded: there is no answer; the next call starts a new process.
        """
        process = self._started()
        try:
            answer: dict[str, Any] = marshal.loads(  # noqa: S302 - from the operator's own process
                _exchange(process, marshal.dumps(question), deadline_seconds)
            )
        except (OSError, EOFError, ValueError):
            process.kill()  # no effect if the process has ended
            status = process.wait()
            self.close()
            raise ProcessEnded(status) from None
        return answer

    def close(self) -> None:
        """Stop the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is not None and self._process.poll() is not None:
            self.close()
        if self._process is None:
            # -I and -S: no imports from the working directory, PYTHONPATH or site-packages.
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter and this package
                [sys.executable, "-I", "-S", "-W", "ignore", *self._arguments()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            for stream in (self._process.stdin, self._process.stdout):
                os.set_blocking(cast("IO[bytes]", stream).fileno(), False)
        return self._process


def _exchange(process: "subprocess.Popen[bytes]", request: bytes, deadline_seconds: float) -> bytes:
    """Send a request and return the response.

    Raises:
        OSError: the process has ended, or does not respond in time.
        EOFError: the process has ended.
    """
    stdin, stdout = (cast("IO[bytes]", stream).fileno() for stream in (process.stdin, process.stdout))
    end = time.monotonic() + deadline_seconds
    unsent = memoryview(parser.LENGTH.pack(len(request)) + request)
    answer = bytearray()
    poll = select.poll()
    poll.register(stdout, select.POLLIN)
    poll.register(stdin, select.POLLOUT)
    while True:
        ready = {descriptor for descriptor, _ in poll.poll(max(0.0, end - time.monotonic()) * 1000)}
        if not ready:
            raise TimeoutError("no answer in time")
        if stdin in ready:
            unsent = unsent[os.write(stdin, unsent) :]
            if not unsent:
                poll.unregister(stdin)
        if stdout in ready:
            chunk = os.read(stdout, _CHUNK)
            if not chunk:
                raise EOFError
            answer += chunk
            if len(answer) >= parser.LENGTH.size:
                size = parser.LENGTH.unpack(answer[: parser.LENGTH.size])[0]
                if len(answer) >= parser.LENGTH.size + size:
                    return bytes(answer[parser.LENGTH.size :])
