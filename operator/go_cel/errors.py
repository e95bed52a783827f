"""What is wrong with an expression, and what fails when it runs."""

from collections.abc import Sequence
from dataclasses import dataclass

_MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Issue:
    """One error of an expression.

    Attributes:
        offset: the place in the source, in characters.
        message: what is wrong there.
    """

    offset: int
    message: str


class CompileError(ValueError):
    """An expression is wrong. Its text is that of cel-go: each issue with its line and a mark below its column.

    Attributes:
        first: the message of the first issue, without its place.
    """

    def __init__(self, issues: Sequence[Issue], source: str) -> None:
        self.first = issues[0].message
        in_order = sorted(issues, key=lambda issue: issue.offset)
        shown = [_located(issue, source) for issue in in_order[:_MOST_SHOWN]]
        if len(in_order) > _MOST_SHOWN:
            shown.append(f"{len(in_order) - _MOST_SHOWN} more errors were truncated")
        super().__init__("\n".join(shown))


class InstantiationError(ValueError):
    """A checked expression cannot become a program: a constant pattern of ``find`` is wrong."""


class EvaluationError(Exception):
    """An expression fails on its data."""


class CostExceeded(Exception):
    """An expression ran for longer than its limit."""

    def __init__(self) -> None:
        super().__init__("operation cancelled: actual cost limit exceeded")


def no_overload() -> EvaluationError:
    """Return the error of a function that does not take its arguments."""
    return EvaluationError("no such overload")


def _located(issue: Issue, source: str) -> str:
    if not source:  # it has no line to show
        return f"ERROR: <input>:1:0: {issue.message}"
    before = source[: issue.offset]
    line, column = before.count("\n"), issue.offset - (before.rfind("\n") + 1)
    shown = source.split("\n")[line].replace("\t", " ")
    # A character beyond ASCII has a wide dot below it.
    dots = "".join("." if mark.isascii() else "\uff0e" for mark in shown[:column])
    here = "^" if shown[column : column + 1].isascii() else "\uff3e"
    return f"ERROR: <input>:{line + 1}:{column + 1}: {issue.message}\n | {shown}\n | {dots}{here}"
