"""CEL validation rules: ``x-kubernetes-validations`` of CustomResourceDefinitions.

The package compiles the rules of a definition and evaluates objects against them. Google's ``cel-cpp`` interprets
the language through ``cel-expr-python``, an optional extra (``plugin-operator[cel]``). Without the extra, the server
accepts definitions with rules, answers with a warning, and evaluates no rule.
"""

from kube_apiserver.cel.evaluation import Evaluation, evaluate
from kube_apiserver.cel.rule_checks import declared_causes, unsupported_rules

__all__ = ["Evaluation", "declared_causes", "evaluate", "unsupported_rules"]
