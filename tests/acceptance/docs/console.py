"""A console block as commands and what they print, and how a page's output is compared with a real one."""

import re
import shlex
from dataclasses import dataclass, field

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
#: What differs each time; ``number`` and ``digest`` must differ consistently: one in the page is one in reality.
_VOLATILE = re.compile(
    rf"(?P<time>\d\d:\d\d:\d\d\.\d{{6}})|(?P<uuid>{_UUID})|(?P<number>\d+)-(?P<digest>[0-9a-f]{{8}})\b"
    r"|\b(?P<long>[0-9a-f]{12})\b|(?P<took>(?<=milliseconds=)[\d.]+)|(?P<port>(?<=127\.0\.0\.1:)\d+)|(?P<space>  +)"
)
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
    """What numbers and digests of revisions in a page have turned out to be."""

    real: dict[str, str] = field(default_factory=dict)

    def pattern(self, line: str) -> str:
        """Return the regular expression of the real lines that this one of a page stands for."""
        parts, at = [], 0
        for found in _VOLATILE.finditer(line):
            parts += [re.escape(line[at : found.start()]), self._of(found)]
            at = found.end()
        return "".join([*parts, re.escape(line[at:]), r"\s*"])

    def _of(self, found: re.Match[str]) -> str:
        match found.lastgroup:
            case "time" | "uuid" | "took" | "port":
                return {"time": r"[\d:.]+", "uuid": _UUID, "took": r"[\d.]+", "port": r"\d+"}[found.lastgroup]
            case "space":
                return " +"
            case "long":
                return f"{self._known('d', found['long'][:8], '[0-9a-f]{8}')}[0-9a-f]{{4}}"
        number = self._known("n", found["number"], r"\d+")
        return f"{number}-{self._known('d', found['digest'], '[0-9a-f]{8}')}"

    def _known(self, kind: str, written: str, form: str) -> str:
        name = f"{kind}{written}"
        if name in self.real:
            return re.escape(self.real[name])
        others = "".join(f"(?!{real}\\b)" for key, real in self.real.items() if key[0] == kind)
        return f"(?P<{name}>{others}{form})"

    def learn(self, match: re.Match[str]) -> None:
        """Remember what a line of the page has turned out to be."""
        self.real.update(match.groupdict())
