"""The metadata block that a single-file script may carry in its comments.

Owns finding the block in the bytes of a file, and its lines. The form is that of "Inline script metadata" in the Python
packaging specifications (PEP 723). What the metadata means is ``needs``'s.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.inspection.parser import source_text

# The lines of the specification's own expression. That itself takes a time that grows with the square of the file.
_OPENING = re.compile(r"# /// ([a-zA-Z0-9-]+)")
_CLOSING = "# ///"
# What reading TOML costs grows with the square of a key's length, and a key cannot be longer than its line.
_MAX_BLOCK = 16 * 1024
_MAX_LINE = 1024
_TYPE = "script"
_TOML_LINE = re.compile(r" \(at line (\d+), column \d+\)$")


@dataclass(frozen=True, slots=True)
class ScriptBlock:
    """One block.

    Attributes:
        path: the file, as the user knows it.
        line: of its opening line, from 1.
        lines: its content without the comment signs; the first stands in ``line + 1``.
    """

    path: str
    line: int
    lines: tuple[str, ...]

    def parse(self) -> dict[str, Any]:
        """Return the TOML in it.

        Raises:
            PluginRejected: it is none, with the line.
        """
        try:
            return tomllib.loads("\n".join(self.lines))
        except tomllib.TOMLDecodeError as error:
            where = _TOML_LINE.search(str(error))
            line = self.line + int(where[1]) if where else self.line
            raise self.refusal(f"is not TOML: {_TOML_LINE.sub('', str(error))}", line) from None
        except RecursionError:
            raise self.refusal("is nested too deeply", self.line) from None
        except ValueError as error:  # a number with thousands of digits
            raise self.refusal(f"is not TOML: {error}", self.line) from None

    def refusal(self, reason: str, line: int) -> PluginRejected:
        """Return the refusal for something wrong in the block."""
        return PluginRejected(f"its metadata block (# /// script) {reason}", path=self.path, line=line)

    def line_of(self, text: str) -> int:
        """Return the line that holds ``text``, or the opening line if it is written with escapes."""
        return next((self.line + at for at, line in enumerate(self.lines, 1) if text in line), self.line)


def find_block(content: bytes, path: str) -> ScriptBlock | None:
    """Return the ``script`` block of a file, or None if it has none; one that is never closed is none.

    Raises:
        PluginRejected: it has two.
    """
    try:
        text = source_text(content)
    except (SyntaxError, UnicodeError):
        return None  # compiling it tells what is wrong, and where
    found = [ScriptBlock(path, line, lines) for kind, line, lines in _blocks(text) if kind == _TYPE]
    if len(found) > 1:
        raise found[1].refusal(f"is the second one, the first begins in line {found[0].line}", found[1].line)
    if found:
        _check_size(found[0])
    return found[0] if found else None


def _check_size(block: ScriptBlock) -> None:
    if sum(map(len, block.lines)) > _MAX_BLOCK:
        raise block.refusal(f"is longer than {_MAX_BLOCK:,} characters", block.line)
    for number, line in enumerate(block.lines, block.line + 1):
        if len(line) > _MAX_LINE:
            raise block.refusal(f"has a line of more than {_MAX_LINE:,} characters", number)


def _blocks(text: str) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    """Yield type, line and content of each block; one reaches to the last line that may close it."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        opening = _OPENING.fullmatch(lines[at])
        if opening is None:
            at += 1
            continue
        end = at + 1
        while end < len(lines) and (lines[end] == "#" or lines[end].startswith("# ")):
            end += 1
        closing = next((number for number in range(end - 1, at + 1, -1) if lines[number] == _CLOSING), None)
        if closing is None:
            at = end  # nothing from here to there can be closed
        else:
            yield opening[1], at + 1, tuple(map(_plain, lines[at + 1 : closing]))
            at = closing + 1


def _plain(line: str) -> str:
    return line[2:] if line.startswith("# ") else line[1:]
