"""What a process of a test prints."""

import re
import subprocess
import threading
from collections.abc import Callable
from typing import TypeVar

DEADLINE_SECONDS = 60

Found = TypeVar("Found")


class Output:
    """What a running process has printed, read as it comes."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.lines: list[str] = []
        self._ended = False
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._news:
                self.lines.append(line)
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    @property
    def text(self) -> str:
        """Everything so far."""
        return "".join(self.lines)

    def wait_for(self, *words: str, after: int = 0, seconds: float = DEADLINE_SECONDS) -> str:
        """Wait for a line that has all of ``words``, beginning at line number ``after``, and return it."""
        return self._wait(lambda line: line if all(word in line for word in words) else None, after, seconds, words)

    def wait_match(self, pattern: str, *, after: int = 0, seconds: float = DEADLINE_SECONDS) -> re.Match[str]:
        """Wait for a line that ``pattern`` matches as a whole, and return the match."""
        return self._wait(lambda line: re.fullmatch(pattern, line.rstrip("\n")), after, seconds, pattern)

    def _wait(self, look: Callable[[str], Found | None], after: int, seconds: float, what: object) -> Found:
        def find() -> Found | None:
            return next((found for line in self.lines[after:] if (found := look(line)) is not None), None)

        with self._news:
            self._news.wait_for(lambda: self._ended or find() is not None, seconds)
            found = find()
        if found is None:
            raise AssertionError(f"no line with {what} in:\n{self.text}")
        return found

    def end(self, seconds: float = DEADLINE_SECONDS) -> int:
        """Wait for the process to end and return its exit status."""
        code = self.process.wait(seconds)
        self._reader.join(seconds)
        return code
