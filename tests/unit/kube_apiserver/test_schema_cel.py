"""Rules in CEL; that they agree with kube-apiserver's is compared in ``tests/conformance``."""

from collections.abc import Sequence
from typing import Any

import pytest

from kube_apiserver.cel import rules
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
    "message", ["'it was ' + string(oldSelf.a)", "string(1 / self.a)", "self.nothing", "'two\\nlines'", "' '"]
)
def test_a_message_that_cannot_be_computed_gives_way_to_the_rule(message: str) -> None:
    open_api = schema({"rule": "self.a > 1", "messageExpression": message}, a=INTEGER)
    assert said(open_api, {"a": 0}) == (["spec: Invalid value: failed rule: self.a > 1"], [])


def test_a_rule_that_would_run_for_long_gives_up_and_no_other_rule_runs() -> None:
    rule = "self.l.all(i, self.l.all(j, self.l.all(k, i + j + k >= 0)))"
    causes, _ = said(schema(rule, "self.l.size() < 3", l=MANY), {"l": list(range(1000))})
    (cause,) = causes
    assert "'operation cancelled: actual cost limit exceeded': no further validation rules will be run" in cause
    assert rule in cause


def test_rules_that_together_run_for_long_give_up(monkeypatch: pytest.MonkeyPatch) -> None:
    open_api = schema(*["self.l.all(i, i >= 0)"] * 5, "self.l.size() < 3", l=MANY)
    evaluated = rules.Evaluation(budget=250)
    monkeypatch.setattr(rules, "Evaluation", lambda: evaluated)

    (cause,) = said(open_api, {"l": list(range(20))})[0]

    text = "validation failed due to running out of cost budget, no further validation rules will be run"
    assert cause == f'spec: Invalid value: "object": {text}'


def test_a_message_that_would_run_for_long_ends_the_evaluation() -> None:
    message = "self.l.all(i, self.l.all(j, self.l.all(k, i + j + k >= 0))) ? 'x' : 'y'"
    open_api = schema({"rule": "self.l.size() < 3", "messageExpression": message}, "self.l.size() < 2", l=MANY)
    (cause,) = said(open_api, {"l": list(range(1000))})[0]
    assert "no further validation rules will be run due to call cost exceeds limit for messageExpression" in cause


def list_of(items: dict[str, Any], most: int | None = None) -> dict[str, Any]:
    return {"type": "array", "items": items, **({} if most is None else {"maxItems": most})}


TEXT = {"type": "string"}
EACH_ITEM = {**TEXT, "x-kubernetes-validations": [{"rule": "self.startsWith('a')"}]}
PAIRS = "self.l.all(i, self.l.all(j, i + j > 0))"
LONG_MESSAGE = {"rule": "self.l.size() < 3", "messageExpression": f"{PAIRS} ? 'x' : 'y'"}


@pytest.mark.parametrize(
    ("open_api", "field", "detail"),
    [
        (schema(PAIRS, l=MANY), "spec].x-kubernetes-validations[0].rule", "estimated rule cost"),
        (schema(LONG_MESSAGE, l=MANY), "0].messageExpression", "estimated messageExpression cost"),
        (schema(l=list_of(EACH_ITEM, 10**7)), "items.x-kubernetes-validations[0].rule", "estimated rule cost"),
    ],
)
def test_a_rule_that_may_cost_too_much_is_refused_with_its_definition(
    open_api: dict[str, Any], field: str, detail: str
) -> None:
    cause = open_api_causes(open_api, "x")[0]
    assert cause.field.endswith(field)
    assert cause.message.startswith(f"Forbidden: {detail} exceeds budget by factor of ")


@pytest.mark.parametrize("open_api", [schema(PAIRS, l=list_of(INTEGER, 100)), schema(l=list_of(EACH_ITEM, 100))])
def test_a_rule_over_few_items_is_accepted(open_api: dict[str, Any]) -> None:
    assert open_api_causes(open_api, "x") == []


def test_rules_that_together_may_cost_too_much_are_refused_and_named() -> None:
    open_api = schema(*["self.l.all(i, i > 0)"] * 60, l=list_of(INTEGER, 400_000))
    causes = open_api_causes(open_api, "x")
    assert [cause.field for cause in causes] == [
        *(f"x.properties[spec].x-kubernetes-validations[{number}].rule" for number in range(4)),
        "x",
    ]
    assert "estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of" in causes[-1].message


def test_a_rule_over_untyped_values_is_refused() -> None:
    anything = {"x-kubernetes-preserve-unknown-fields": True, "x-kubernetes-validations": [{"rule": "true"}]}
    (cause,) = open_api_causes(schema(any=anything), "x")
    assert "unable to convert structural schema to CEL declarations" in cause.message


@pytest.mark.parametrize(
    ("path", "is_valid"),
    [(".a", True), ("['a']", True), (".m['k']", True), (".b", False), ("a", False), (".a.b", False), (".a[", False)],
)
def test_the_field_path_of_a_rule_names_a_declared_field(path: str, is_valid: bool) -> None:
    counts = {"type": "object", "additionalProperties": INTEGER}
    open_api = schema({"rule": "self.a > 1", "fieldPath": path}, a=INTEGER, m=counts)
    assert bool(open_api_causes(open_api, "x")) != is_valid
    if is_valid:
        (cause,) = said(open_api, {"a": 1})[0]
        assert cause.startswith({".a": "spec.a:", "['a']": "spec.a:", ".m['k']": "spec.m[k]:"}[path])


def test_objects_that_are_wrong_anyway_are_not_judged() -> None:
    open_api = schema("self.a > 1", a=INTEGER)
    wrong = {"spec": {"a": "text"}}
    known = validate(wrong, from_crd(open_api))
    assert evaluate_rules(wrong, None, from_crd(open_api), known).causes == []


def test_a_definition_without_webhook_warns_of_nothing() -> None:
    assert definition_warnings(definition(schema("self.a > 1", a=INTEGER))) == []


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


@pytest.mark.parametrize(
    ("rule", "detail"),
    [
        ("self.a.matches('(')", "compilation failed: ERROR: <input>:1:16: invalid matches argument"),
        ("['a'].exists(x, {'k': x}.k.matches('a(?!b)'))", "invalid matches argument"),
        ("self.a.find('(') == ''", "program instantiation failed: error parsing regexp: missing closing ): `(`"),
        ("self.a.findAll('(?<=a)b', 1).size() == 0", "error parsing regexp: invalid named capture: `(?<=a)b`"),
    ],
)
def test_a_constant_pattern_that_go_refuses_is_refused_with_its_definition(rule: str, detail: str) -> None:
    (cause,) = open_api_causes(schema(rule, a={"type": "string"}), "x")

    assert detail in cause.message


def test_items_of_a_long_list_map_are_each_compared_with_their_old_item() -> None:
    """It took minutes when each item was looked for in the whole old list."""
    item: dict[str, Any] = {"type": "object", "properties": {"k": {"type": "string"}, "n": INTEGER}}
    item["x-kubernetes-validations"] = [{"rule": "self.n >= oldSelf.n"}]
    keyed = {"type": "array", "items": item, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"]}
    old = [{"k": str(number), "n": 1} for number in range(5000)]
    new = [{"k": str(number), "n": int(number != 7)} for number in reversed(range(5000))]

    refused, _ = said(schema(l=keyed), {"l": new}, {"l": old})

    assert refused == ["spec.l[4992]: Invalid value: failed rule: self.n >= oldSelf.n"]


def test_maps_of_two_names_that_look_alike_can_both_be_used() -> None:
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
