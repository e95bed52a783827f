"""Expressions, from their text to their result."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from go_cel.checking.checker import Scope, check
from go_cel.checking.literals import find_pattern_error, literal_issues
from go_cel.costs.estimate import SizeOfPath, estimate
from go_cel.costs.ranges import Range
from go_cel.errors import CompileError, CostExceeded, EvaluationError, InstantiationError, Issue
from go_cel.runtime.frame import Frame, Step
from go_cel.runtime.planner import step_of
from go_cel.syntax import tree
from go_cel.syntax.parser import parse
from go_cel.types import Type

_TOO_DEEP = "expression recursion limit exceeded: 250"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an evaluation found.

    Attributes:
        value: the result, None if it failed.
        failure: why it failed.
        cost: what it cost, also where it failed.
    """

    value: Any
    failure: Exception | None
    cost: int


class Expression:
    """An expression whose types are checked.

    Attributes:
        result: the type of its result.
    """

    __slots__ = ("_root", "_step", "result")

    def __init__(self, root: tree.Node) -> None:
        self._root = root
        self._step: Step | None = None
        self.result: Type = root.type

    def uses(self, variable: str) -> bool:
        """Report whether the expression reads a variable."""
        found = []

        def visit(node: tree.Node) -> None:
            if isinstance(node, tree.Ident) and node.name == variable:
                found.append(node)

        tree.walk(self._root, visit)
        return bool(found)

    def instantiate(self) -> None:
        """Make the expression ready to run.

        Raises:
            InstantiationError: a constant is wrong.
        """
        wrong = find_pattern_error(self._root)
        if wrong is not None:
            raise InstantiationError(str(wrong))
        self._step = step_of(self._root)

    def estimated_cost(self, size_of_path: SizeOfPath) -> Range:
        """Return the least and the most that the expression costs, see ``go_cel.costs.estimate``."""
        return estimate(self._root, size_of_path)

    def run(self, variables: Mapping[str, Any], limit: int) -> Outcome:
        """Evaluate the expression, for at most ``limit`` units of cost."""
        step = self._step or step_of(self._root)
        frame = Frame(variables, limit)
        try:
            value = step(frame)
            frame.check()
            return Outcome(value, None, frame.cost)
        except RecursionError:
            return Outcome(None, EvaluationError(_TOO_DEEP), frame.cost)
        except (EvaluationError, CostExceeded) as error:
            return Outcome(None, error, frame.cost)


def compile_expression(source: str, scope: Scope) -> Expression:
    """Parse and check an expression.

    Raises:
        CompileError: it is wrong.
    """
    root = parse(source)
    try:
        issues = check(root, scope) or literal_issues(root)
    except RecursionError:
        issues = [Issue(0, _TOO_DEEP)]
    if issues:
        raise CompileError(issues, source)
    return Expression(root)
