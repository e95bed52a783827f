"""Rules in CEL: ``x-kubernetes-validations`` of CustomResourceDefinitions.

Owns what a definition's rules may say, and judging objects by them. The language itself is Google's ``cel-cpp`` by way
of ``cel-expr-python``, an optional extra (``plugin-operator[cel]``): without it definitions with rules are accepted
with a warning, and nothing is judged.
"""

from kube_apiserver.cel.evaluation import Verdict, judge
from kube_apiserver.cel.rule_checks import declared_causes, unjudged

__all__ = ["Verdict", "declared_causes", "judge", "unjudged"]
