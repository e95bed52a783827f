"""The operator's process in the place of a pod, and kubectl as the cluster's admin."""

import json
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.manifests import KUBECTL

DEADLINE_SECONDS = 40


class Kubectl:
    """kubectl as the cluster's admin."""

    def __init__(self, kubeconfig: Path) -> None:
        self._command = [KUBECTL, "--kubeconfig", str(kubeconfig)]

    def __call__(self, *arguments: str, stdin: str | None = None) -> str:
        ended = subprocess.run(
            [*self._command, *arguments], input=stdin, capture_output=True, text=True, check=False, timeout=60
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "-o", "json"))


class Container:
    """The operator's process and the JSON lines that it logs."""

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            argv, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment
        )
        self._lines: list[str] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._news:
                self._lines.append(line)
                self._news.notify_all()

    @property
    def text(self) -> str:
        return "".join(self._lines)

    def logged(self, event: str, **variables: Any) -> list[dict[str, Any]]:
        parsed = [json.loads(line) for line in list(self._lines) if line.startswith("{")]
        return [line for line in parsed if variables.items() | {("event", event)} <= _hashable(line)]

    def wait_for(self, event: str, **variables: Any) -> dict[str, Any]:
        with self._news:
            found = self._news.wait_for(lambda: self.logged(event, **variables), DEADLINE_SECONDS)
        assert found, f"no {event} with {variables} in:\n{self.text}"
        return found[0]

    def end(self) -> int:
        self.process.terminate()
        return self.process.wait(DEADLINE_SECONDS)

    def close(self) -> None:
        self.process.kill()
        self.process.wait(DEADLINE_SECONDS)
        self._reader.join(DEADLINE_SECONDS)
        assert self.process.stdout is not None
        self.process.stdout.close()


def _hashable(line: dict[str, Any]) -> set[tuple[str, Any]]:
    return {(key, value) for key, value in line.items() if isinstance(value, str | int | bool)}


def holds_within(seconds: float, condition: Callable[[], bool]) -> bool:
    """Ask until the condition holds or the time is over; return whether it holds."""
    deadline = time.monotonic() + seconds
    while not (holds := condition()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return holds
