"""The door of this package: it imports the language when the first schema with rules comes.

The language is a fifth of what the server would import at its start, and most servers never meet a rule.
"""

from dataclasses import dataclass, field
from typing import Any

from kube_apiserver.schema.model import Cause, Schema

OBJECT_BUDGET = 10_000_000


@dataclass(slots=True)
class Evaluation:
    """The result of evaluating the rules of an object.

    Attributes:
        causes: violations that reject the object.
        warnings: violations in values that the write did not change.
        budget: the cost that is left, negative once no more rules run.
    """

    causes: list[Cause] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    budget: int = OBJECT_BUDGET

    def stop(self, cause: Cause) -> None:
        """Add a violation and run no more rules."""
        self.causes.append(cause)
        self.budget = -1


def evaluate(obj: Any, old: Any, schema: Schema) -> Evaluation:
    """Evaluate the CEL rules of ``obj``, which is valid otherwise. ``old`` is the stored object, None on create."""
    evaluation = Evaluation()
    if schema.has_cel:
        from kube_apiserver.cel.evaluation import evaluate_into

        evaluate_into(evaluation, obj, old, schema)
    return evaluation


def takes_long(schema: Schema | None) -> bool:
    """Report whether evaluating the rules of a schema may hold up other work. The first time, they are compiled too."""
    return schema is not None and not schema.builtin and schema.has_cel and schema.is_costly is not False


def declared_causes(schema: Schema, path: str) -> list[Cause]:
    """Return the field errors of the CEL rules in the structural schema at ``path``."""
    if not schema.has_cel:
        return []
    from kube_apiserver.cel.rule_checks import rule_causes

    return rule_causes(schema, path)
