"""Every expression of the table gets kube-apiserver's answer: value, cost and estimate, or the same error."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from go_cel import CompileError, InstantiationError, Scope, compile_expression
from go_cel.library.conversions import runtime_name, to_string
from go_cel.values.comparing import kind_of
from go_cel.values.scalars import Duration, Optional, Timestamp, TypeValue
from tests.gocel.__main__ import ANSWERS
from tests.gocel.expressions import EXPRESSIONS
from tests.gocel.rules import QUESTIONS

_LIMIT = 1_000_000
_ANSWERS: list[dict[str, Any]] = json.loads(ANSWERS.read_text())


def shown(value: Any) -> str:
    match value:
        case dict():
            return "{" + ", ".join(sorted(f"{shown(key)}: {shown(item)}" for key, item in value.items())) + "}"
        case list():
            return f"[{', '.join(map(shown, value))}]"
        case Optional():
            return f"optional({shown(value.content)})" if value.is_present else "optional.none()"
        case str():
            return json.dumps(value, ensure_ascii=False)
        case bytes():
            return f"bytes({value.hex()})"
        case None:
            return "null"
        case Timestamp() | Duration():
            return f"{runtime_name(value)}({value})"
        case TypeValue():
            return value.name
        case bool() | int() | float():
            return f"{kind_of(value)}({to_string(value)})"
    return str(value.type_name)


def judged(text: str) -> dict[str, Any]:
    try:
        expression = compile_expression(text, Scope({}, {}))
    except CompileError as error:
        return {"error": str(error)}
    found: dict[str, Any] = {"estimate": list(expression.estimated_cost(lambda _path: None))}
    try:
        expression.instantiate()
    except InstantiationError as error:
        return {**found, "error": f"program: {error}"}
    outcome = expression.run({}, _LIMIT)
    if outcome.failure is not None:
        return {**found, "failure": str(outcome.failure)}
    return {**found, "value": shown(outcome.value), "cost": outcome.cost}


def comparable(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what differs: how parsers go on after a syntax error, what a failure cost, how Go prints its types."""
    found = dict(answer)
    if "Syntax error" in found.get("error", ""):
        found["error"] = found["error"].split("\nERROR")[0]
    if "failure" in found:
        found.pop("cost", None)
    value = found.get("value", "")
    if value.startswith(("net.", "kubernetes.")):
        found["value"] = value.split("(")[0]
    return found


def test_the_table_has_an_answer_for_each_question() -> None:
    assert len(_ANSWERS) == len(EXPRESSIONS) + len(QUESTIONS), "run make expressions"
    assert len(EXPRESSIONS) > 300


@pytest.mark.parametrize(
    ("text", "answer"), list(zip(EXPRESSIONS, _ANSWERS, strict=False)), ids=[text[:60] for text in EXPRESSIONS]
)
def test_an_expression_is_judged_as_by_kube_apiserver(text: str, answer: dict[str, Any]) -> None:
    assert comparable(judged(text)) == comparable(answer)


@pytest.mark.parametrize("depth", [30, 5000])
@pytest.mark.parametrize(
    ("opening", "closing"), [("(", ")"), ("[", "]"), ("{1:", "}"), ("!(", ")"), ("true ? true : ", "")]
)
def test_a_deep_expression_is_refused_not_failed(opening: str, closing: str, depth: int) -> None:
    answer = judged(f"{opening * depth}true{closing * depth}")
    assert ("recursion limit exceeded" in answer.get("error", "")) == (depth > 1000)


def test_a_long_chain_of_sums_is_refused_not_failed() -> None:
    assert "recursion limit exceeded" in judged(" + ".join(["1"] * 5000))["error"]


def test_a_long_chain_of_conditions_is_not_deep() -> None:
    assert judged(" && ".join(["true"] * 3000))["value"] == "bool(true)"


def test_a_loop_ends_at_its_limit() -> None:
    rounds = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]"
    text = "true"
    for name in "abcdefgh":
        text = f"{rounds}.all({name}, {text})"
    assert judged(text)["failure"] == "operation cancelled: actual cost limit exceeded"


def test_the_literal_that_a_loop_starts_from_is_the_same_in_the_next_run() -> None:
    expression = compile_expression("[1, 2].map(x, x * 2)", Scope({}, {}))
    assert expression.run({}, _LIMIT).value == expression.run({}, _LIMIT).value == [2, 4]
