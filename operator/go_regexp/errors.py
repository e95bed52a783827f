"""The errors of Go's ``regexp.Compile``, and those of RE2 in Go's words."""

_PREFIX = "error parsing regexp: "
_MISSING_PAREN = "missing closing )"
_WHOLE = frozenset({_MISSING_PAREN, "unexpected )", "expression too large", "expression nests too deeply"})
_WORDS = {
    "missing ]": "missing closing ]",
    "missing )": _MISSING_PAREN,
    "trailing \\": "trailing backslash at end of expression",
    "no argument for repetition operator": "missing argument to repetition operator",
    "invalid repetition size": "invalid repeat count",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid named capture group": "invalid named capture",
    "pattern too large - compile failed": "expression too large",
}


class PatternError(ValueError):
    """A text is no pattern. The message is that of Go: ``error parsing regexp: missing closing ): `(a```.

    Attributes:
        code: what is wrong.
        fragment: the part of the pattern that is wrong.
    """

    def __init__(self, code: str, fragment: str) -> None:
        super().__init__(f"{_PREFIX}{code}: `{fragment}`")
        self.code = code
        self.fragment = fragment

    @property
    def is_about_end(self) -> bool:
        """Report whether more text could mend the pattern."""
        return self.code in {_MISSING_PAREN, "missing closing ]", "expression too large"}


def go_error(problem: str, pattern: str) -> PatternError:
    """Return RE2's error text for ``pattern`` as Go's error."""
    code, _, fragment = problem.partition(": ")
    if code == "invalid UTF-8":  # the pattern is valid: RE2 says so of an unfinished \x{
        return PatternError("invalid escape sequence", pattern[pattern.rfind("\\x{") :])
    code = _WORDS.get(code, code)
    return PatternError(code, pattern if code in _WHOLE else fragment)
