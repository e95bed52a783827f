"""The metadata block that a single-file script may carry in its comments.

Owns finding the block in the bytes of a file, and its lines. The form is that of "Inline script metadata" in the Python
packaging specifications (PEP 723). What the metadata means is ``needs``'s.
"""

import importlib.util
import re
import tomllib
from dataclasses import dataclass
from typing import Any

from plugin_operator.errors import PluginRejected

# The specification's own expression, which it prescribes.
_BLOCK = re.compile(r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$")
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
        text = importlib.util.decode_source(content)
    except (SyntaxError, UnicodeError):
        return None  # compiling it tells what is wrong, and where
    found = [
        ScriptBlock(path, text.count("\n", 0, match.start()) + 1, tuple(map(_plain, match["content"].splitlines())))
        for match in _BLOCK.finditer(text)
        if match["type"] == _TYPE
    ]
    if len(found) > 1:
        raise found[1].refusal(f"is the second one, the first begins in line {found[0].line}", found[1].line)
    return found[0] if found else None


def _plain(line: str) -> str:
    return line[2:] if line.startswith("# ") else line[1:]
