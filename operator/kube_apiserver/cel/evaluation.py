"""Evaluation of an object against the CEL rules of its schema.

Correlation with the old object follows the CustomResourceDefinition reference. Fields correlate by name and items of
map lists by their keys; items of other lists do not correlate. A rule that fails on an unchanged value is a warning
(ratcheting), so that a definition can become stricter.
"""

from dataclasses import dataclass, field
from typing import Any

from kube_apiserver.cel.programs import Program, RuleError, is_available, programs_of
from kube_apiserver.cel.values import converted
from kube_apiserver.keywords.keywords import joined
from kube_apiserver.schema import messages
from kube_apiserver.schema.model import MISSING, Cause, Schema

_NO_FIELD = "<nil>"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The result of evaluating the rules of an object.

    Attributes:
        causes: violations that reject the object.
        warnings: violations in values that the write did not change.
    """

    causes: list[Cause] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def evaluate(obj: Any, old: Any, schema: Schema) -> Evaluation:
    """Evaluate the CEL rules of ``obj``, which is valid otherwise. ``old`` is the stored object, None on create."""
    evaluation = Evaluation()
    if is_available():
        before = MISSING if old is None else old
        _walk(evaluation, _CorrelatedValue(obj, before, schema, "", obj, before))
    return evaluation


@dataclass(frozen=True, slots=True)
class _CorrelatedValue:
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
    if value is None:
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
        for position, item in enumerate(value):
            old = _correlated_item(item, node.old, schema)
            _walk(evaluation, node.child_node(item, old, schema.items, f"{path}[{position}]"))


def _correlated_item(item: Any, old: Any, schema: Schema) -> Any:
    """Return the old item with the same list map keys, MISSING if there is none."""
    if schema.list_type != "map" or not isinstance(old, list) or not isinstance(item, dict):
        return MISSING
    for other in old:
        if isinstance(other, dict) and all(other.get(key) == item.get(key) for key in schema.list_keys):
            return other
    return MISSING


def _evaluate_rules(evaluation: Evaluation, node: _CorrelatedValue) -> None:
    is_root = not node.path
    data = converted(node.value, node.schema, is_root=is_root)
    known = node.old is not MISSING and node.old is not None
    before = [converted(node.old, node.schema, is_root=is_root)] if known else []
    for program in programs_of(node.schema, is_root=is_root):
        if program.condition.uses_old and not before and not program.condition.old_is_optional:
            continue  # a transition rule does not apply to a new value
        cause = _violation(program, data, before, node)
        if cause is None:
            continue
        if node.is_unchanged and not program.condition.uses_old:
            evaluation.warnings.append(f"{cause.field}: {cause.message}")
        else:
            evaluation.causes.append(cause)


def _violation(program: Program, data: Any, before: list[Any], node: _CorrelatedValue) -> Cause | None:
    rule, path, value = program.rule, node.path, node.value
    try:
        if program.condition.run(data, before) is True:
            return None
    except RuleError as error:
        text = f"{error} evaluating rule: {rule.message or rule.rule.strip()}"
        return messages.invalid(path or _NO_FIELD, messages.json_type(value), text)
    where = f"{path}{rule.field_path}".lstrip(".") or _NO_FIELD
    return _cause(rule.reason or "FieldValueInvalid", where, value, _message(program, data, before))


def _message(program: Program, data: Any, before: list[Any]) -> str:
    rule = program.rule
    if program.message is not None:
        try:
            computed = program.message.run(data, before)
        except RuleError:
            computed = ""  # fall back to the rule's static message
        if isinstance(computed, str) and computed.strip() and "\n" not in computed:
            return computed.strip()
    return rule.message.strip() or f"failed rule: {rule.rule.strip()}"


def _cause(reason: str, where: str, value: Any, text: str) -> Cause:
    match reason:
        case "FieldValueRequired":
            return messages.required(where, text)
        case "FieldValueForbidden":
            return messages.forbidden(where, text)
        case "FieldValueDuplicate":
            return messages.duplicate(where, value)
        case _ if isinstance(value, dict | list):
            return Cause(where, "FieldValueInvalid", f"Invalid value: {text}")
        case _:
            return messages.invalid(where, value, text)
