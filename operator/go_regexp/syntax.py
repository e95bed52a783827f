r"""Where the syntax of Go's regular expressions differs from RE2's: a pattern of Go is rewritten, or refused.

Go refuses ``\C`` and names of groups beyond ASCII, and lets groups share a name. Go 1.25 and later read the names of
Unicode classes without regard to case, hyphens and underscores, and know more of them. This module reads no more of a
pattern than it needs to find these. RE2 judges the rest.
"""

import re

from go_regexp.unicode_classes import class_ranges

# A longer pattern is refused as too large. Go's own limit is on the compiled program, far above.
_LONGEST_CHARACTERS = 32_768
# Groups and repetitions of groups are levels of Go's syntax tree. The innermost expression is one more.
_DEEPEST = 999
_WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_PLAIN = re.compile(r"[^\\\[(){]+")
# RE2 takes a repetition of more digits for literal text.
_HUGE_REPETITION = re.compile(r"\{(?:(?:0|[1-9][0-9]*),)?[1-9][0-9]{8,}\}|\{[1-9][0-9]{8,},(?:0|[1-9][0-9]*)?\}")


class WrongSyntax(Exception):
    """Go refuses the pattern.

    Attributes:
        code: Go's words for what is wrong.
        fragment: the wrong part.
        before: the rewritten pattern before that part.
    """

    def __init__(self, code: str, fragment: str, before: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.fragment = fragment
        self.before = before


def translated(pattern: str) -> str:
    """Return the pattern in RE2's syntax.

    Raises:
        WrongSyntax: RE2 would accept what Go refuses, or say something else about it.
    """
    if len(pattern) > _LONGEST_CHARACTERS:
        raise WrongSyntax("expression too large", pattern)
    return _Translation(pattern).run()


class _Translation:
    """One pass over a pattern."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._written: list[str] = []
        self._open_groups: list[tuple[int, bool]] = [(0, False)]
        self._last_named_class = pattern.rfind(":]")

    def run(self) -> str:
        while self._at < len(self._pattern):
            match self._pattern[self._at]:
                case "\\":
                    self._escape()
                case "[":
                    self._character_class()
                case "(":
                    self._group()
                case ")":
                    self._close_group()
                case "{":
                    if huge := _HUGE_REPETITION.match(self._pattern, self._at):
                        raise self._wrong("invalid repeat count", huge[0])
                    self._copy(1)
                case _:
                    plain = _PLAIN.match(self._pattern, self._at)
                    self._copy(len(plain[0]) if plain else 1)
        return "".join(self._written)

    def _copy(self, count: int) -> None:
        self._written.append(self._pattern[self._at : self._at + count])
        self._at += count

    def _wrong(self, code: str, fragment: str) -> WrongSyntax:
        return WrongSyntax(code, fragment, "".join(self._written))

    def _escape(self) -> None:
        match self._pattern[self._at + 1 : self._at + 2]:
            case "Q":
                end = self._pattern.find("\\E", self._at + 2)
                self._copy((end + 2 if end >= 0 else len(self._pattern)) - self._at)
            case "C":
                raise self._wrong("invalid escape sequence", "\\C")
            case "p" | "P":
                self._written.append(f"[{self._unicode_class()}]")
            case _:
                self._copy(2)

    def _unicode_class(self) -> str:
        r"""Return what stands between brackets for the ``\p`` at this place, and step over it."""
        sequence = self._pattern[self._at : self._at + 3]
        name = sequence[2:]
        if name == "{":
            end = self._pattern.find("}", self._at)
            sequence = self._pattern[self._at : end + 1 if end >= 0 else None]
            name = sequence[3:-1] if end >= 0 else ""
        is_negated = sequence[1] == "P"
        if name.startswith("^"):
            is_negated, name = not is_negated, name[1:]
        ranges = class_ranges(name, is_negated=is_negated) if name else None
        if ranges is None:
            raise self._wrong("invalid character class range", sequence)
        self._at += len(sequence)
        return ranges

    def _character_class(self) -> None:
        start = self._at
        self._copy(2 if self._pattern[start + 1 : start + 2] == "^" else 1)
        is_first = True
        while self._pattern[self._at : self._at + 1] != "]" or is_first:
            is_first = False
            if self._at >= len(self._pattern):
                raise self._wrong("missing closing ]", self._pattern[start:])
            if self._pattern.startswith("[:", self._at) and self._at + 2 <= self._last_named_class:
                self._copy(self._pattern.index(":]", self._at + 2) + 2 - self._at)
            elif self._pattern.startswith(("\\p", "\\P"), self._at):
                self._written.append(self._unicode_class())
            else:
                self._class_character()
        self._copy(1)

    def _class_character(self) -> None:
        r"""Step over a character, or over both ends of a range, where a ``\p`` is an invalid escape."""
        self._copy(self._escape_length())
        after = self._pattern[self._at : self._at + 2]
        if len(after) == 2 and after[0] == "-" and after[1] != "]":
            self._copy(1)
            self._copy(self._escape_length())

    def _escape_length(self) -> int:
        return 2 if self._pattern[self._at] == "\\" else 1

    def _group(self) -> None:
        rest = self._pattern[self._at : self._at + 5]
        is_named = rest.startswith(("(?<", "(?P<"))
        self._open_groups.append((0, is_named or not rest.startswith("(?")))
        if len(rest) > 4 and rest.startswith("(?P<"):
            self._named_group(4)
        elif len(rest) > 3 and rest.startswith("(?<"):
            self._named_group(3)
        else:
            self._copy(1)

    def _close_group(self) -> None:
        if len(self._open_groups) > 1:
            height, is_level = self._open_groups.pop()
            is_repeated = self._pattern[self._at + 1 : self._at + 2] in ("*", "+", "?")
            height += is_level + is_repeated
            if height > _DEEPEST:
                raise self._wrong("expression nests too deeply", self._pattern)
            outer_height, is_outer_level = self._open_groups[-1]
            self._open_groups[-1] = (max(outer_height, height), is_outer_level)
        self._copy(1)

    def _named_group(self, name_offset: int) -> None:
        end = self._pattern.find(">", self._at)
        group = self._pattern[self._at : end + 1 if end >= 0 else None]
        name = group[name_offset:-1]
        if end < 0 or not name or not _WORD.issuperset(name):
            raise self._wrong("invalid named capture", group)
        self._written.append("(")
        self._at = end + 1
