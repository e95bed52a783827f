"""Draw ``docs/session.svg``: the terminal of a real sandbox while a plugin is created, edited, broken and mended.

Run it with ``make pictures``. The lines are those that the operator wrote to a terminal; only the headings between them
are from here.
"""

import base64
import contextlib
import io
import json
import os
import pty
import re
import signal
import ssl
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import urllib.request
from collections.abc import Iterator
from fcntl import ioctl
from pathlib import Path

import yaml
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

PICTURE = Path(__file__).with_name("session.svg")
README = Path(__file__).parents[1] / "README.md"
COLUMNS = 128
DEADLINE_SECONDS = 60.0
_PLUGIN = "service.py"
#: The Service that is made here, and that of each cluster.
_SERVICES = ("name=web", "name=kubernetes")
#: Parts of a line that would only make the picture wider: the logger, and these keys.
_COLOUR = r"(?:\x1b\[[0-9;]*m)*"
_LONG_KEYS = "controller|controllers|found|namespace|path|reconcile_id|running_revision|swap_milliseconds"
_LEFT_OUT = re.compile(
    rf" *{_COLOUR}\[{_COLOUR}(?:plugin|plugin_operator\.[\w.]+){_COLOUR}\]{_COLOUR}"
    rf"| {_COLOUR}(?:{_LONG_KEYS}){_COLOUR}="
    rf"{_COLOUR}(?:'[^']*'|\[[^\]]*\]|[^\s\x1b]+)"
)


class Terminal:
    """A program on a terminal of its own, and what it has written there."""

    def __init__(self, arguments: list[str], folder: Path) -> None:
        parent, child = pty.openpty()
        ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 400, 0, 0))
        self._process = subprocess.Popen(arguments, cwd=folder, stdin=subprocess.DEVNULL, stdout=child, stderr=child)  # noqa: S603 - our own program
        os.close(child)
        self._terminal = parent
        self._written = bytearray()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while data := os.read(self._terminal, 65536):
                self._written += data

    def lines(self, start: int = 0) -> list[str]:
        """Return the whole lines from ``start`` on, with their colours."""
        return self._written.decode(errors="replace").replace("\r\n", "\n").split("\n")[start:-1]

    def wait_for(self, *words: str, start: int = 0) -> int:
        """Wait for a line with each of ``words`` from ``start`` on; return the number of the line after the last."""
        return max(self._wait_for_one(each, start) for each in words)

    def _wait_for_one(self, words: str, start: int) -> int:
        until = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < until:
            for number, line in enumerate(self.lines(start), start):
                if words in Text.from_ansi(line).plain:
                    return number + 1
            time.sleep(0.05)
        raise TimeoutError(f"no line with {words!r} within {DEADLINE_SECONDS:g} s:\n" + "\n".join(self.lines(start)))

    def stop(self) -> None:
        """Press Ctrl-C and wait."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(DEADLINE_SECONDS)
        self._reader.join(1)
        os.close(self._terminal)


@contextlib.contextmanager
def sandbox(folder: Path) -> Iterator[Terminal]:
    """Run the sandbox on the plugins in ``folder``."""
    (folder / "plugins").mkdir()
    program = Path(sys.executable).with_name("plugin-operator")
    terminal = Terminal([str(program), "sandbox", "--plugins-dir", "plugins", "--log-format", "console"], folder)
    try:
        yield terminal
    finally:
        terminal.stop()


def plugin_of_the_readme() -> str:
    """Return the plugin that the README shows."""
    found = re.search(r"^```python\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)
    if found is None:
        raise LookupError("README.md has no block of Python")
    return found[1]


def steps() -> list[tuple[str, str, tuple[str, ...]]]:
    """Return heading, text of the plugin, and the words of the lines that end the step."""
    good = plugin_of_the_readme()
    edited = good.replace('"Service reconciled"', '"Service seen"')
    broken = edited.replace("return None", "return Nothing(")
    return [
        (f"create plugins/{_PLUGIN}", good, ("Plugin active", "Service reconciled", *_SERVICES)),
        ("edit it: another message", edited, ("Plugin active", "Service seen", *_SERVICES)),
        ("break it: an open bracket", broken, ("Plugin rejected",)),
        ("mend it", good, ("Plugin active", "Service reconciled", *_SERVICES)),
    ]


def create_service(kubeconfig: Path) -> None:
    """Create a Service for the plugin to reconcile."""
    content = yaml.safe_load(kubeconfig.read_text())
    server, user = content["clusters"][0]["cluster"], content["users"][0]["user"]
    trust = ssl.create_default_context(cadata=base64.b64decode(server["certificate-authority-data"]).decode())
    request = urllib.request.Request(  # noqa: S310 - https on loopback
        server["server"] + "/api/v1/namespaces/default/services",
        json.dumps({"metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}}).encode(),
        {"Authorization": f"Bearer {user['token']}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, context=trust, timeout=DEADLINE_SECONDS):  # noqa: S310 - https on loopback
        pass


def record(folder: Path) -> list[tuple[str, list[str]]]:
    """Run all steps; return each heading with the lines that followed."""
    recorded = []
    with sandbox(folder) as terminal:
        start = terminal.wait_for("Plugins directory empty")
        create_service(folder / ".sandbox" / "kubeconfig")
        for heading, text, words in steps():
            (folder / "plugins" / _PLUGIN).write_text(text)
            end = terminal.wait_for(*words, start=start)
            recorded.append((heading, terminal.lines(start)[: end - start]))
            start = end
    return recorded


def without_long_parts(line: str) -> str:
    """Return a line of the terminal as the picture shows it."""
    return _LEFT_OUT.sub("", line)


def draw(recorded: list[tuple[str, list[str]]]) -> str:
    """Return the picture as SVG text, which loads no font from elsewhere."""
    console = Console(width=COLUMNS, record=True, file=io.StringIO(), force_terminal=True, color_system="standard")
    console.print(Text("$ plugin-operator sandbox", style="bold"))
    for heading, lines in recorded:
        console.print(Text(f"\n# {heading}", style="bold cyan"))
        for line in lines:
            console.print(Text.from_ansi(without_long_parts(line)), soft_wrap=True, crop=True, overflow="ellipsis")
    without_fonts = re.sub(r"@font-face \{\{.*?\}\}\n", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    return console.export_svg(title="plugin-operator", code_format=without_fonts, unique_id="session")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        PICTURE.write_text(draw(record(Path(made))))
