"""Inline script metadata (PEP 723) in the comments of a file.

Owns finding the block and its lines. The format is that of "Inline script metadata" in the Python packaging
specifications. Leaves the meaning of the metadata to ``needs``.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.inspection.parser import source_text

# Line patterns from the regular expression of the specification, which itself takes quadratic time.
_OPENING = re.compile(r"# /// ([a-zA-Z0-9-]+)")
_CLOSING = "# ///"
# Parsing TOML takes quadratic time in the length of a key, which its line bounds.
_MAX_BLOCK = 16 * 1024
_MAX_LINE = 1024
_TYPE = "script"
_TOML_LINE = re.compile(r" \(at line (\d+), column \d+\)$")


class ScriptBlock(msgspec.Struct, frozen=True):
    """One metadata block.

    Attributes:
        path: path of the file as shown to users.
        line: 1-based number of its opening line.
        lines: its content without comment signs, from ``line + 1`` on.
    """

    path: str
    line: int
    lines: tuple[str, ...]

    def parse(self) -> dict[str, Any]:
        """Parse the TOML of the block and return it.

        Raises:
            PluginRejected: the block is not TOML; the error has the line.
        """
        import tomllib  # imported on demand: few files have such a block

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
        """Return the error for a fault in the block."""
        return PluginRejected(f"its metadata block (# /// script) {reason}", path=self.path, line=line)

    def line_of(self, text: str) -> int:
        """Return the number of the line that contains ``text``, or of the opening line if it is escaped there."""
        return next((self.line + at for at, line in enumerate(self.lines, 1) if text in line), self.line)


def blocks_of(files: Mapping[str, bytes], root: str) -> list[ScriptBlock]:
    """Return the blocks of top-level files and of the ``__init__.py`` of folders, sorted by path.

    Raises:
        PluginRejected: a file has two blocks.
    """
    blocks = (find_block(files[path], f"{root}/{path}") for path in sorted(files) if _is_main(path))
    return [block for block in blocks if block is not None]


def _is_main(path: str) -> bool:
    _, slash, rest = path.partition("/")
    return rest == "__init__.py" if slash else path.endswith(".py")


def find_block(content: bytes, path: str) -> ScriptBlock | None:
    """Return the ``script`` block of a file, or None; a block without an end does not count.

    Raises:
        PluginRejected: the file has two blocks.
    """
    try:
        text = source_text(content)
    except (SyntaxError, UnicodeError):
        return None  # compiling the file reports the error and its line
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
    """Yield type, line and content of each block, which extends to the last possible closing line."""
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
            at = end  # no block can end in between
        else:
            yield opening[1], at + 1, tuple(map(_plain, lines[at + 1 : closing]))
            at = closing + 1


def _plain(line: str) -> str:
    return line[2:] if line.startswith("# ") else line[1:]
