"""CEL validation rules: ``x-kubernetes-validations`` of CustomResourceDefinitions.

The package compiles the rules of a definition, refuses those that cost too much, and evaluates objects against them.
The language itself is in ``go_cel``.
"""

from kube_apiserver.cel.rules import Evaluation, declared_causes, evaluate, takes_long

__all__ = ["Evaluation", "declared_causes", "evaluate", "takes_long"]
