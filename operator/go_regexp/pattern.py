"""Compiled patterns: one cache, one budget of memory, and matching as Go's ``MatchString`` does it."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from go_regexp.errors import PatternError, go_error
from go_regexp.syntax import WrongSyntax, translated

__all__ = ["Pattern", "PatternError", "compile_pattern"]

# RE2 keeps the program and the states of its automaton below this many bytes. Few patterns need more than the first.
# The last admits \pL{400}, which takes a fifth of a second. Go, which compares whole runes, takes \pL{1000} as well.
_BUDGETS_BYTES = (2 << 20, 12 << 20)
_TOO_LARGE = "pattern too large - compile failed"
_CACHED_PATTERNS = 2048


class Pattern:
    """A compiled pattern. It is immutable and may be used by several threads."""

    __slots__ = ("_regexp", "text")

    def __init__(self, text: str, regexp: Any) -> None:
        self.text = text
        self._regexp = regexp

    @property
    def instructions(self) -> int:
        """How long the compiled program is; compiling takes some microseconds for each instruction."""
        return int(self._regexp.programsize)

    def matches(self, subject: str) -> bool:
        """Report whether the pattern matches anywhere in ``subject``, as Go's ``MatchString`` does."""
        return next(self._found(subject), None) is not None

    def find(self, subject: str) -> str:
        """Return the leftmost match, empty without one, as Go's ``FindString`` does."""
        return next(self._found(subject), "")

    def find_all(self, subject: str, limit: int = -1) -> list[str]:
        """Return the matches that do not overlap, as ``FindAllString`` does. A negative ``limit`` is none."""
        found: list[str] = []
        for match in self._found(subject) if limit else ():
            found.append(match)
            if len(found) == limit:
                break
        return found

    def _found(self, subject: str) -> Iterator[str]:
        text, start, last_end = encoded(subject), 0, -1
        while start <= len(text):
            match = self._regexp.search(text, start)
            if match is None:
                return
            begin, end = match.span()
            if begin < len(text) and text[begin] & 0xC0 == 0x80:  # RE2 finds \B between the bytes of one character
                start = begin + _rune_length(text, begin)
                continue
            # Go skips an empty match that touches the one before.
            if end > begin or begin != last_end:
                yield text[begin:end].decode()
            last_end = end
            start = end if end > begin else end + _rune_length(text, end)


def _rune_length(text: bytes, at: int) -> int:
    end = at + 1
    while end < len(text) and text[end] & 0xC0 == 0x80:
        end += 1
    return end - at


def encoded(text: str) -> bytes:
    """Return ``text`` in UTF-8. A lone surrogate becomes U+FFFD, as when Go decodes JSON."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= mark <= "\udfff" else mark for mark in text).encode()


@lru_cache(maxsize=_CACHED_PATTERNS)
def compile_pattern(text: str) -> Pattern:
    """Compile a pattern of Go's syntax. The cache holds what was compiled last.

    Raises:
        PatternError: Go refuses the pattern, or its program needs more memory than the budget. The text of the error is
            that of Go's ``regexp.Compile``.
    """
    try:
        program = encoded(translated(text))
    except WrongSyntax as wrong:
        # Go reports the first error. RE2 knows those of the text before.
        before = _first_error(encoded(wrong.before), text)
        raise (before if before and not before.is_about_end else PatternError(wrong.code, wrong.fragment)) from wrong
    found = _engine_compile(program)
    if isinstance(found, str):
        raise go_error(found, text)
    return Pattern(text, found)


def _first_error(program: bytes, text: str) -> PatternError | None:
    found = _engine_compile(program)
    return go_error(found, text) if isinstance(found, str) else None


def _engine_compile(program: bytes) -> Any:
    """Return the compiled program, or RE2's error text."""
    import re2

    problem = ""
    for budget_bytes in _BUDGETS_BYTES:
        options = re2.Options()
        options.max_mem = budget_bytes
        options.log_errors = False
        options.never_capture = True
        try:
            return re2.compile(program, options)
        except re2.error as error:
            problem = error.args[0].decode(errors="replace")
        if problem != _TOO_LARGE:
            break
    return problem
