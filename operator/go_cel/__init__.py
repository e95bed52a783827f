"""Google's Common Expression Language with Kubernetes' libraries, as kube-apiserver judges it.

The package parses an expression, checks its types, estimates what it costs at most, and runs it within a budget. Each
step follows cel-go, in the version and with the libraries of kube-apiserver 1.37. A regular expression in it is one of
Go (``go_regexp``).

The embedded API server uses this package for the rules of CustomResourceDefinitions. It imports no part of the server.
"""

from go_cel.checking.checker import Scope
from go_cel.errors import CompileError, CostExceeded, EvaluationError, InstantiationError
from go_cel.program import Expression, Outcome, compile_expression

__all__ = [
    "CompileError",
    "CostExceeded",
    "EvaluationError",
    "Expression",
    "InstantiationError",
    "Outcome",
    "Scope",
    "compile_expression",
]
