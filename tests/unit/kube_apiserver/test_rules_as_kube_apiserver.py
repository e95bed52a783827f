"""Rules of schemas get kube-apiserver's answers: estimated costs, refusals, violations, and what objects cost."""

import json
import re
from typing import Any

import pytest

from kube_apiserver.cel import evaluate
from kube_apiserver.cel.programs import Compiler, RuleError
from kube_apiserver.crds.schemas import from_part
from kube_apiserver.schema.model import Rule
from tests.gocel.__main__ import ANSWERS
from tests.gocel.expressions import EXPRESSIONS
from tests.gocel.rules import QUESTIONS

_BUDGET = 10_000_000
_ANSWERS: list[dict[str, Any]] = json.loads(ANSWERS.read_text())[len(EXPRESSIONS) :]


def compiled(compiler: Compiler, rule: Rule) -> dict[str, Any]:
    """Answer as ``tests/gocel`` does: a refused rule costs nothing."""
    try:
        condition = compiler.compile_rule(rule)
    except RuleError as error:
        return {"error": re.sub(r"selfType\d*", "selfType", str(error)), "cost": 0, "cardinality": 0}
    found: dict[str, Any] = {"cost": condition.cost, "cardinality": compiler.cardinality}
    if condition.uses_old:
        found["usesOld"] = True
    if rule.message_expression:
        try:
            found["messageCost"] = compiler.compile_message(rule).cost
        except RuleError as error:
            found["messageError"] = str(error)
    return found


def comparable(answer: dict[str, Any]) -> dict[str, Any]:
    found = {key: value for key, value in answer.items() if not (key == "usesOld" and "error" in answer)}
    if "error" in found:
        found["error"] = re.sub(r"selfType\d*", "selfType", found["error"]).split("\nERROR")[0]
    return found


@pytest.mark.parametrize(("question", "answer"), list(zip(QUESTIONS, _ANSWERS, strict=True)))
def test_rules_compile_and_cost_as_at_kube_apiserver(question: dict[str, Any], answer: dict[str, Any]) -> None:
    schema = from_part(question["schema"])
    compiler = Compiler.of(schema)
    assert compiler is not None
    ours = [comparable(compiled(compiler, rule)) for rule in schema.cel]
    assert ours == [comparable(each) for each in answer["rules"]]


@pytest.mark.parametrize(("question", "answer"), list(zip(QUESTIONS, _ANSWERS, strict=True)))
def test_objects_are_judged_as_by_kube_apiserver(question: dict[str, Any], answer: dict[str, Any]) -> None:
    schema = from_part({"type": "object", "properties": {"root": question["schema"]}})
    old = {"root": question["old"]} if "old" in question else None
    for obj, verdict in zip(question["objects"], answer.get("verdicts") or (), strict=True):
        found = evaluate({"root": obj}, old, schema)
        ours = [f"{cause.field}: {cause.message}" for cause in found.causes]
        assert sorted(ours) == sorted(text for text in verdict["errors"] if "rule compile error" not in text)
        if found.budget >= 0 and not any("evaluating rule" in text for text in ours):
            assert _BUDGET - found.budget == verdict["cost"]
