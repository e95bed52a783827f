"""Validation of custom objects by their schema. The rules of built-in kinds are in their strategies.

This module selects and orders the field errors as kube-apiserver does. Messages are in ``schema.messages``, decode
errors of built-in kinds (400) in ``decoding``, metadata in ``writes.metadata``.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from kube_apiserver import codec
from kube_apiserver.cel import Evaluation, evaluate
from kube_apiserver.keywords.keywords import check, joined
from kube_apiserver.schema import messages
from kube_apiserver.schema.model import Cause, Schema
from kube_apiserver.validation.embedded_objects import embedded_causes

_BLOCKING = {
    "FieldValueRequired",
    "FieldValueTooLong",
    "FieldValueTooMany",
    "FieldValueNotSupported",
    "FieldValueTypeInvalid",
}
_FIRST_REPETITION = 2
_UNCHECKED = (
    "some validation rules were not checked because the object was invalid; "
    "correct the existing errors to complete validation"
)


def validate(obj: Mapping[str, Any], schema: Schema) -> list[Cause]:
    """Return the field errors of a custom ``obj``, which must be pruned and defaulted.

    It is validated by every keyword of structural schemas; ``evaluate_rules`` then evaluates CEL rules.
    """
    causes = check(obj, schema, "")
    if schema.has_cel and any(cause.reason in _BLOCKING for cause in causes):
        causes.append(messages.invalid("<nil>", None, _UNCHECKED))
    return causes + embedded_causes(obj, schema) + repeated_causes(obj, schema)


def evaluate_rules(
    obj: Mapping[str, Any], old: Mapping[str, Any] | None, schema: Schema, known: list[Cause]
) -> Evaluation:
    """Evaluate the CEL rules of a custom resource, unless ``known`` has errors that make the evaluation meaningless."""
    if not schema.has_cel or any(cause.reason in _BLOCKING for cause in known):
        return Evaluation()
    return evaluate(obj, old, schema)


def repeated_causes(obj: Mapping[str, Any], schema: Schema) -> list[Cause]:
    """Return the field errors of items that sets and keyed lists have twice."""
    return _duplicates(obj, schema, "")


def _duplicates(value: Any, schema: Schema, path: str) -> list[Cause]:
    causes = []
    if isinstance(value, list) and schema.items:
        if schema.list_type in ("map", "set"):
            causes += _of_list(value, schema, path)
        for position, item in enumerate(value):
            causes += _duplicates(item, schema.items, f"{path}[{position}]")
    elif isinstance(value, dict):
        for name, member in value.items():
            known = schema.child(name)
            if known:
                causes += _duplicates(member, known, joined(path, name))
    return causes


def _of_list(items: list[Any], schema: Schema, path: str) -> list[Cause]:
    """Return the errors of a set or keyed list: its first item without keys, else the first repetition of each item."""
    causes, seen = [], Counter[bytes]()
    for position, item in enumerate(items):
        if schema.list_type == "map" and item is not None and not isinstance(item, dict):
            detail = "must be an object for an array of list-type map"
            return [messages.invalid(f"{path}[{position}]", item, detail)]
        key = _identity(item, schema)
        seen[token := codec.token(key)] += 1
        if seen[token] == _FIRST_REPETITION:
            causes.append(messages.duplicate(f"{path}[{position}]", key))
    return causes


def _identity(item: Any, schema: Schema) -> Any:
    if schema.list_type == "set":
        return item
    return {key: item[key] for key in schema.list_keys if key in item} if item else {}
