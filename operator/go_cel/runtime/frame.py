"""The state of one evaluation."""

from collections.abc import Callable, Mapping
from typing import Any

from go_cel.errors import CostExceeded


class Frame:
    """Variables, and the cost so far. Each part of an expression adds what it costs."""

    __slots__ = ("cost", "limit", "variables")

    def __init__(self, variables: Mapping[str, Any], limit: int) -> None:
        self.variables = dict(variables)
        self.cost = 0
        self.limit = limit

    def check(self) -> None:
        """End an evaluation that costs too much. Loops and the end ask, because every other part is finite.

        Raises:
            CostExceeded: the evaluation costs more than its limit.
        """
        if self.cost > self.limit:
            raise CostExceeded


Step = Callable[[Frame], Any]
