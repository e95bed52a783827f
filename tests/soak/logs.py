"""What the processes say: every error has to be one that was asked for."""

import json
import re
import time
from pathlib import Path
from typing import Any

_PLANNED = (
    "a planned|broken edit|ConnectionError|ApiConnection|DeadlineError|Timeout|TooManyRequests|Unauthorized|NotFound"
    "|Conflict|Forbidden|LeadershipLost"
)
_EXPECTED: dict[str, str] = {
    "Plugin rejected": "",
    "Plugin rolled back": "a planned crash",
    "Plugin fails most of the time": _PLANNED,
    "Reconciler error": _PLANNED,
    "Object skipped, it cannot be decoded": "JSON is malformed",
    "Leadership lost, exiting": "",
    # What the hostile plugin does is named; a callback of it that exits cannot be told from anybody else's.
    "Callback tried to exit the process": "SystemExit: 0",
    "Background task ended, restarting it": "controller/hostile",
    "Leadership expired, exiting": "",
    # Of a worker process that was killed or stopped for long, whose supervisor was, or that noticed before its
    # supervisor that leadership has expired. One that ends with 1 for another reason logs that.
    "Worker ended, restarting it": '"status": ?(-9|1)\\b',
    "Worker blocked, killing it": "",
    "Supervisor ended, exiting": "",
    # uvloop shuts TLS down on a connection that the network of a replica has reset in the meantime.
    "Unhandled exception on the event loop": "Fatal error on SSL protocol.*the handler is closed",
}
# kube-apiserver reports what clients and faults do as errors of its own; it must only not break by itself.
_REAL = "kube-apiserver"
_BROKEN = re.compile(r"^panic: |^fatal error: |Observed a panic|panicked: true")


class Logs:
    """Reads the logs as they grow.

    Attributes:
        moved: monotonic nanosecond at which the last move of objects between worker processes was read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._offsets: dict[str, int] = {}
        self.unexpected: list[str] = []
        self.reloads = 0
        self.moved = 0

    def poll(self) -> None:
        """Read what is new."""
        for path in sorted(self._folder.iterdir()):
            with path.open("rb") as file:
                file.seek(self._offsets.get(path.name, 0))
                data = file.read()
            whole = data[: data.rfind(b"\n") + 1]
            self._offsets[path.name] = self._offsets.get(path.name, 0) + len(whole)
            for line in whole.decode(errors="replace").splitlines():
                self._look_at(path.name, line)

    def _look_at(self, name: str, line: str) -> None:
        if name == _REAL:
            if _BROKEN.search(line):
                self.unexpected.append(f"{name}: {line[:3000]}")
            return
        try:
            said: dict[str, Any] = json.loads(line)
        except ValueError:
            # What a command prints for people at its start is no log.
            if "Traceback" in line or "Error" in line or "Exception" in line:
                self.unexpected.append(f"{name}: {line}")
            return
        self.reloads += said.get("event") == "Plugin active"
        if said.get("event") in {"Shards gained", "Shards given away"}:
            self.moved = time.monotonic_ns()
        if said.get("level") in {"error", "critical"} or "exception" in said:
            pattern = _EXPECTED.get(str(said.get("event")))
            if said.get("plugin") == "hostile":
                return  # it is named, and means harm
            if pattern is None or not re.search(pattern, line):
                self.unexpected.append(f"{name}: {line[:3000]}")
