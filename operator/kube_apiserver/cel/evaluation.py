"""Evaluation of an object against the CEL rules of its schema.

Correlation with the old object follows the CustomResourceDefinition reference. Fields correlate by name and items of
map lists by their keys; items of other lists do not correlate. A rule that fails on an unchanged value is a warning
(ratcheting), so that a definition can become stricter.

Each evaluation has a limit of cost, and all evaluations of an object share a budget. Both are kube-apiserver's.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from go_cel import CostExceeded, Outcome
from go_cel.values.scalars import Optional
from kube_apiserver import codec
from kube_apiserver.cel.programs import Compiled, Program, programs_of, variables
from kube_apiserver.cel.rules import Evaluation
from kube_apiserver.cel.values import converted
from kube_apiserver.keywords.keywords import joined
from kube_apiserver.schema import messages
from kube_apiserver.schema.model import MISSING, Cause, Schema

_NO_FIELD = "<nil>"
_CALL_LIMIT = 1_000_000
_LONG_COST = 10_000
_LONGEST_MESSAGE = 5 * 1024
_NO_RULES = "no further validation rules will be run"
_OUT_OF_BUDGET = f"validation failed due to running out of cost budget, {_NO_RULES}"
_NO_FURTHER = f"{_NO_RULES} due to call cost exceeds limit for"


def evaluate_into(evaluation: Evaluation, obj: Any, old: Any, schema: Schema) -> None:
    """Evaluate the CEL rules of ``obj``, which is valid otherwise. ``old`` is the stored object, None on create."""
    if schema.is_costly is None:
        schema.is_costly = _is_costly(schema, is_root=True)
    before = MISSING if old is None else old
    _walk(evaluation, _CorrelatedValue(obj, before, schema, "", obj, before))


def _is_costly(schema: Schema, *, is_root: bool = False) -> bool:
    if not schema.has_cel:
        return False
    programs = programs_of(schema, is_root=is_root) if schema.cel else ()
    own = any(each.condition.cost + (each.message.cost if each.message else 0) > _LONG_COST for each in programs)
    below = (*schema.properties.values(), schema.items, schema.additional)
    return own or any(_is_costly(child) for child in below if child is not None)


class _CorrelatedValue(msgspec.Struct, frozen=True):
    """A value inside the object, with the old value that it correlates with.

    Attributes:
        value: the new value.
        old: the correlated old value, MISSING if there is none.
        schema: the schema of the value.
        path: the field path for messages, empty at the root.
        whole: the value itself if it correlates, else its nearest ancestor that does. A list without keys is changed or
            unchanged as a whole.
        whole_old: the old value that correlates with ``whole``.
    """

    value: Any
    old: Any
    schema: Schema
    path: str
    whole: Any
    whole_old: Any

    @property
    def is_unchanged(self) -> bool:
        """Report whether the write leaves the value unchanged."""
        return bool(self.whole == self.whole_old)

    def child_node(self, value: Any, old: Any, schema: Schema, path: str) -> "_CorrelatedValue":
        """Return a child value with its correlated old value."""
        whole, whole_old = (self.whole, self.whole_old) if old is MISSING else (value, old)
        return _CorrelatedValue(value, old, schema, path, whole, whole_old)


def _walk(evaluation: Evaluation, node: _CorrelatedValue) -> None:
    value, schema, path = node.value, node.schema, node.path
    if value is None or evaluation.budget < 0 or not schema.has_cel:
        return
    if schema.cel:
        _evaluate_rules(evaluation, node)
    if isinstance(value, dict):
        before = node.old if isinstance(node.old, dict) else {}
        for name, member in value.items():
            child = schema.child(name)
            if child is not None:
                where = joined(path, name) if name in schema.properties else f"{path}[{name}]"
                _walk(evaluation, node.child_node(member, before.get(name, MISSING), child, where))
    elif isinstance(value, list) and schema.items is not None:
        before_items = _keyed_items(node.old, schema)
        for position, item in enumerate(value):
            old = before_items.get(_item_key(item, schema), MISSING) if before_items else MISSING
            _walk(evaluation, node.child_node(item, old, schema.items, f"{path}[{position}]"))


def _keyed_items(old: Any, schema: Schema) -> dict[bytes, Any]:
    """Return the items of an old list map by their keys, the first of each key; empty for other values."""
    if schema.list_type != "map" or not isinstance(old, list):
        return {}
    found: dict[bytes, Any] = {}
    for item in old:
        if isinstance(item, dict):
            found.setdefault(_item_key(item, schema), item)
    return found


def _item_key(item: Any, schema: Schema) -> bytes:
    return codec.token([item.get(key) for key in schema.list_keys] if isinstance(item, dict) else None)


def _evaluate_rules(evaluation: Evaluation, node: _CorrelatedValue) -> None:
    programs = programs_of(node.schema, is_root=not node.path)
    if evaluation.budget == 0:
        evaluation.stop(_invalid(node, _OUT_OF_BUDGET))
        return
    rules = _NodeRules(evaluation, node, uses_old=any(program.condition.uses_old for program in programs))
    for program in programs:
        if evaluation.budget < 0:
            return
        rules.judge(program)


def _invalid(node: _CorrelatedValue, text: str) -> Cause:
    """Return the error of a rule that cannot be judged. It shows the type of the value in its place."""
    return messages.invalid(node.path or _NO_FIELD, node.schema.type, text)


class _NodeRules:
    """Judges one value by the rules of its schema."""

    def __init__(self, evaluation: Evaluation, node: _CorrelatedValue, *, uses_old: bool) -> None:
        is_root = not node.path
        self._evaluation = evaluation
        self._node = node
        self._has_old = node.old is not MISSING and node.old is not None
        data = converted(node.value, node.schema, is_root=is_root)
        old = [converted(node.old, node.schema, is_root=is_root)] if self._has_old and uses_old else []
        self._plain = variables(data, old)
        self._optional = variables(data, [Optional(*old)])

    def judge(self, program: Program) -> None:
        """Evaluate a rule, and add what it finds."""
        evaluation, rule = self._evaluation, program.rule
        if program.condition.uses_old and not self._has_old and not rule.optional_old_self:
            return  # a transition rule does not apply to a new value
        outcome = self._run(program.condition, self._optional if rule.optional_old_self else self._plain)
        if outcome.cost > evaluation.budget:
            evaluation.stop(_invalid(self._node, _OUT_OF_BUDGET))
            return
        evaluation.budget -= outcome.cost
        if outcome.failure is not None:
            self._fail(program, outcome.failure)
        elif outcome.value is not True:
            self._violate(program)

    def _run(self, compiled: Compiled, given: Mapping[str, Any]) -> Outcome:
        return compiled.expression.run(given, _CALL_LIMIT)

    def _fail(self, program: Program, failure: Exception) -> None:
        text, shown = str(failure), program.rule.message.strip() or program.rule.rule.strip()
        if isinstance(failure, CostExceeded):
            self._evaluation.stop(_invalid(self._node, f"'{text}': {_NO_FURTHER} rule: {shown}"))
            return
        if text.startswith("no such overload"):
            no_match = "call arguments did not match a supported operator, function or macro signature for rule"
            found = f"'{text}': {no_match}: {shown}"
        else:
            found = f"{text} evaluating rule: {shown}"
        self._evaluation.causes.append(_invalid(self._node, found))

    def _violate(self, program: Program) -> None:
        rule, node = program.rule, self._node
        where = ".".join(filter(None, (node.path, program.field_path))) or _NO_FIELD
        text = self._message(program, where)
        if text is None:
            return
        cause = _cause(rule.reason or "FieldValueInvalid", where, node, text)
        self._add(program, cause)

    def _add(self, program: Program, cause: Cause) -> None:
        if self._node.is_unchanged and not program.condition.uses_old:
            self._evaluation.warnings.append(f"{cause.field}: {cause.message}")
        else:
            self._evaluation.causes.append(cause)

    def _message(self, program: Program, where: str) -> str | None:
        """Return the message of a violated rule, None where its computation ends the evaluation."""
        rule, evaluation = program.rule, self._evaluation
        static = rule.message.strip() or f"failed rule: {rule.rule.strip()}"
        if program.message is None:
            return static
        outcome = self._run(program.message, self._plain)
        problem = ""
        if outcome.cost > evaluation.budget:
            problem = f"messageExpression evaluation failed due to running out of cost budget, {_NO_RULES}"
        elif isinstance(outcome.failure, CostExceeded):
            problem = f"{_NO_FURTHER} messageExpression: {messages.shown(rule.message_expression)}"
        if problem:
            self._add(program, messages.invalid(where, self._node.schema.type, problem))
            evaluation.budget = -1
            return None
        evaluation.budget -= outcome.cost
        computed = outcome.value.strip() if isinstance(outcome.value, str) else ""
        fits = computed and "\n" not in computed and len(computed.encode()) <= _LONGEST_MESSAGE
        return computed if fits else static


def _cause(reason: str, where: str, node: _CorrelatedValue, text: str) -> Cause:
    is_collection = node.schema.type in ("object", "array")
    match reason:
        case "FieldValueRequired":
            return messages.required(where, text)
        case "FieldValueForbidden":
            return messages.forbidden(where, text)
        case "FieldValueDuplicate" if is_collection:
            return Cause(where, reason, "Duplicate value")
        case "FieldValueDuplicate":
            return messages.duplicate(where, node.value)
        case _ if is_collection:
            return Cause(where, "FieldValueInvalid", f"Invalid value: {text}")
        case _:
            return messages.invalid(where, node.value, text)
