"""A console block as commands and what they print, and how a page's output is compared with a real one."""

import re
import shlex
from dataclasses import dataclass, field

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
#: What differs each time. A ``number`` of a revision must differ consistently: one in the page is one in reality.
_VOLATILE = re.compile(
    rf"(?P<time>\d\d:\d\d:\d\d\.\d{{6}})|(?P<uuid>{_UUID})|(?P<number>\d+)(?=-[0-9a-f]{{8}}\b)"
    r"|(?P<took>(?<=milliseconds=)[\d.]+)|(?P<port>(?<=127\.0\.0\.1:)\d+)|(?P<space>  +)"
)
_FORMS = {"time": r"[\d:.]+", "uuid": _UUID, "took": r"[\d.]+", "port": r"\d+", "space": " +"}
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Step:
    """A command and the lines below it; without a command, lines of the program that was started before."""

    command: str
    output: tuple[str, ...] = ()


def steps_of(code: str) -> list[Step]:
    """Split a block at its prompts; a command goes on over the next line while a quote is open."""
    found: list[tuple[str, list[str]]] = []
    for line in code.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found and not found[-1][1] and _is_open(found[-1][0]):
            found[-1] = (f"{found[-1][0]}\n{line}", [])
        elif found:
            found[-1][1].append(line)
        else:
            found.append(("", [line]))
    return [Step(command, tuple(line for line in output if line)) for command, output in found]


def _is_open(command: str) -> bool:
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return True
    return command.endswith("\\")


def plain(text: str) -> str:
    """Take the colours out."""
    return _COLOURS.sub("", text)


@dataclass(slots=True)
class Likeness:
    """What numbers of revisions in a page have turned out to be; digests are the same everywhere."""

    real: dict[str, str] = field(default_factory=dict)

    def pattern(self, line: str) -> str:
        """Return the regular expression of the real lines that this one of a page stands for."""
        parts, at = [], 0
        for found in _VOLATILE.finditer(line):
            parts += [re.escape(line[at : found.start()]), self._of(found)]
            at = found.end()
        return "".join([*parts, re.escape(line[at:]), r"\s*"])

    def _of(self, found: re.Match[str]) -> str:
        if found.lastgroup in _FORMS:
            return _FORMS[found.lastgroup]
        name = f"n{found['number']}"
        if name in self.real:
            return self.real[name]
        others = "".join(f"(?!{real}\\b)" for real in self.real.values())
        return rf"(?P<{name}>{others}\d+)"

    def learn(self, match: re.Match[str]) -> None:
        """Remember what a line of the page has turned out to be."""
        self.real.update(match.groupdict())
