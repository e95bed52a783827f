"""Rules in CEL; that they agree with kube-apiserver's is compared in ``tests/conformance``."""

import sys
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from kube_apiserver.cel import programs
from kube_apiserver.cel.names import identifier
from kube_apiserver.crds.definition import definition_warnings, open_api_causes
from kube_apiserver.crds.schemas import from_crd
from kube_apiserver.validation.objects import evaluate_rules, validate


def schema(*rules: Any, **properties: Any) -> dict[str, Any]:
    validations = [{"rule": rule} if isinstance(rule, str) else rule for rule in rules]
    spec = {"type": "object", "properties": properties, "x-kubernetes-validations": validations}
    return {"type": "object", "properties": {"spec": spec}}


def definition(open_api: dict[str, Any]) -> dict[str, Any]:
    return {"spec": {"versions": [{"name": "v1", "schema": {"openAPIV3Schema": open_api}}]}}


def said(
    open_api: dict[str, Any], spec: dict[str, Any], old: dict[str, Any] | None = None
) -> tuple[list[str], Sequence[str]]:
    verdict = evaluate_rules({"spec": spec}, None if old is None else {"spec": old}, from_crd(open_api), [])
    return [f"{cause.field}: {cause.message}" for cause in verdict.causes], verdict.warnings


INTEGER = {"type": "integer"}
MANY = {"type": "array", "items": INTEGER}


@pytest.fixture
def no_library(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "cel_expr_python", None)
    programs._library.cache_clear()
    yield
    monkeypatch.undo()
    programs._library.cache_clear()


def test_a_broken_rule_refuses_an_object_and_names_the_field() -> None:
    assert said(schema("self.a < self.b", a=INTEGER, b=INTEGER), {"a": 2, "b": 1}) == (
        ["spec: Invalid value: failed rule: self.a < self.b"],
        [],
    )


def test_a_rule_that_was_broken_before_is_a_warning_until_its_value_is_touched() -> None:
    each = {"a": {**INTEGER, "x-kubernetes-validations": [{"rule": "self > 1"}]}, "b": INTEGER}
    text = "spec.a: Invalid value: 1: failed rule: self > 1"
    assert said(schema(**each), {"a": 1, "b": 2}, {"a": 1}) == ([], [text])
    assert said(schema(**each), {"a": 1}, {"a": 0}) == ([text], [])


def test_items_of_a_list_that_was_not_touched_are_not_held_to_a_rule_they_broke_before() -> None:
    items = {**INTEGER, "x-kubernetes-validations": [{"rule": "self > 1"}]}
    open_api = schema(l={"type": "array", "items": items}, b=INTEGER)
    text = "spec.l[0]: Invalid value: 1: failed rule: self > 1"
    assert said(open_api, {"l": [1], "b": 2}, {"l": [1]}) == ([], [text])
    assert said(open_api, {"l": [1, 2]}, {"l": [1]}) == ([text], [])


@pytest.mark.parametrize(
    "message", ["'it was ' + string(oldSelf.a)", "quantity('1').isInteger() ? 'x' : 'y'", "self.nothing"]
)
def test_a_message_that_cannot_be_computed_gives_way_to_the_rule(message: str) -> None:
    open_api = schema({"rule": "self.a > 1", "messageExpression": message}, a=INTEGER)
    assert said(open_api, {"a": 0}) == (["spec: Invalid value: failed rule: self.a > 1"], [])


def test_a_rule_that_would_run_for_long_gives_up_and_refuses() -> None:
    rule = "self.l.all(i, self.l.all(j, self.l.all(k, i + j + k >= 0)))"
    causes, _ = said(schema(rule, l=MANY), {"l": list(range(1000))})
    (cause,) = causes
    assert "Iteration budget exceeded" in cause
    assert rule in cause


def test_objects_that_are_wrong_anyway_are_not_judged() -> None:
    open_api = schema("self.a > 1", a=INTEGER)
    wrong = {"spec": {"a": "text"}}
    known = validate(wrong, from_crd(open_api))
    assert evaluate_rules(wrong, None, from_crd(open_api), known).causes == []


@pytest.mark.parametrize(
    ("rule", "needs"),
    [
        ("url('https://x').getHost() == 'x'", "url"),
        ("quantity('1Gi').isGreaterThan(quantity('1Mi'))", "quantity"),
        ("self.l.indexOf(3) == 1", "indexOf"),
        ("!format.dns1123Label().validate('x').hasValue()", "format"),
    ],
)
def test_a_rule_with_a_function_that_is_not_there_is_kept_and_its_author_warned(rule: str, needs: str) -> None:
    open_api = schema(rule, "self.l.size() < 3", l=MANY)
    assert open_api_causes(open_api, "x") == []
    (warning,) = definition_warnings(definition(open_api))
    assert "spec.versions[name=v1]" in warning
    assert rule in warning
    assert f"it needs {needs}" in warning
    assert said(open_api, {"l": [1]}) == ([], [])
    assert len(said(open_api, {"l": [1, 2, 3]})[0]) == 1


def test_without_the_library_rules_are_kept_and_their_author_warned(no_library: None) -> None:
    open_api = schema("self.a > 1", a=INTEGER)
    assert open_api_causes(open_api, "x") == []
    (warning,) = definition_warnings(definition(open_api))
    assert "install plugin-operator[cel]" in warning
    assert said(open_api, {"a": 0}) == ([], [])


def test_a_definition_without_rules_warns_of_nothing(no_library: None) -> None:
    assert definition_warnings(definition({"type": "object"})) == []


def test_a_definition_whose_conversion_will_not_happen_warns_of_it() -> None:
    asks = definition({"type": "object"})
    asks["spec"]["conversion"] = {"strategy": "Webhook"}
    assert "calls no conversion webhook" in definition_warnings(asks)[0]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("plain", "plain"),
        ("namespace", "__namespace__"),
        ("a-b.c/d", "a__dash__b__dot__c__slash__d"),
        ("a__b", "a__underscores__b"),
        ("1st", None),
        ("ü", None),
    ],
)
def test_names_are_escaped_as_the_reference_says(name: str, expected: str | None) -> None:
    assert identifier(name) == expected


def test_maps_of_two_names_that_look_alike_to_protobuf_can_both_be_used() -> None:
    counts = {"type": "object", "additionalProperties": INTEGER}
    open_api = schema("self.a_b['x'] < self.aB['x']", a_b=counts, aB=counts)
    assert open_api_causes(open_api, "x") == []
    assert len(said(open_api, {"a_b": {"x": 2}, "aB": {"x": 1}})[0]) == 1
    assert said(open_api, {"a_b": {"x": 1}, "aB": {"x": 2}}) == ([], [])


@pytest.mark.parametrize("rule", ["self.isIP('10.0.0.1')", "self.a"])
def test_a_rule_that_cannot_hold_is_refused_with_its_definition(rule: str) -> None:
    assert open_api_causes(schema(rule, a=INTEGER), "x")


@pytest.mark.parametrize(
    "rule",
    [
        "isIP('10.0.0.1') && !isIP('x')",
        "isCIDR('10.0.0.0/8') && !isCIDR('10.0.0.1')",
        "isURL('https://x/y') && !isURL('x y')",
        "isQuantity('1Gi') && !isQuantity('1Q')",
        "self.l.sum() == 6 && self.l.min() == 1 && self.l.max() == 3 && self.l.isSorted()",
        "sets.equivalent(self.l, [3, 2, 1]) && sets.intersects(self.l, [9, 1]) && !sets.contains(self.l, [9])",
        "'a1b22'.find('[0-9]+') == '1' && 'a1b22'.findAll('[0-9]+', 1) == ['1'] && 'a'.find('x') == ''",
    ],
)
def test_functions_of_kubernetes_give_what_they_give_there(rule: str) -> None:
    assert said(schema(rule, l=MANY), {"l": [1, 2, 3]}) == ([], [])
