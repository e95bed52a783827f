"""Judging an object by the rules of its schema.

Which values are compared with which is that of the CustomResourceDefinition reference: fields with the field of before,
members of a map list by their keys, nothing inside of other lists. A rule that is broken by a value nobody touched is a
warning, so that definitions can become stricter.
"""

from dataclasses import dataclass, field
from typing import Any

from plugin_operator.apiserver.schema import messages
from plugin_operator.apiserver.schema.cel.programs import Program, RuleError, is_available, programs_of
from plugin_operator.apiserver.schema.cel.values import converted
from plugin_operator.apiserver.schema.model import MISSING, Cause, Schema

_NO_FIELD = "<nil>"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What rules say of an object.

    Attributes:
        causes: why it is refused.
        warnings: what would be wrong if it were new.
    """

    causes: list[Cause] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def judge(obj: Any, old: Any, schema: Schema) -> Verdict:
    """Judge ``obj``, which fits the rest of its schema; ``old`` is what it was, None for a new one."""
    verdict = Verdict()
    if is_available():
        _walk(verdict, obj, MISSING if old is None else old, schema, "")
    return verdict


def _walk(verdict: Verdict, value: Any, old: Any, schema: Schema, path: str) -> None:
    if value is None:
        return
    if schema.cel:
        _hold(verdict, value, old, schema, path)
    if isinstance(value, dict):
        before = old if isinstance(old, dict) else {}
        for name, member in value.items():
            child = schema.child(name)
            if child is not None:
                declared = name in schema.properties
                where = f"{path}.{name}" if path and declared else name if declared else f"{path}[{name}]"
                _walk(verdict, member, before.get(name, MISSING), child, where)
    elif isinstance(value, list) and schema.items is not None:
        for position, item in enumerate(value):
            _walk(verdict, item, _counterpart(item, old, schema), schema.items, f"{path}[{position}]")


def _counterpart(item: Any, old: Any, schema: Schema) -> Any:
    """Return what an item of a map list was before."""
    if schema.list_type != "map" or not isinstance(old, list) or not isinstance(item, dict):
        return MISSING
    for other in old:
        if isinstance(other, dict) and all(other.get(key) == item.get(key) for key in schema.list_keys):
            return other
    return MISSING


def _hold(verdict: Verdict, value: Any, old: Any, schema: Schema, path: str) -> None:
    is_root = not path
    data = converted(value, schema, is_root=is_root)
    before = [] if old is MISSING or old is None else [converted(old, schema, is_root=is_root)]
    for program in programs_of(schema, is_root=is_root):
        if program.holds.uses_old and not before and not program.holds.old_is_optional:
            continue  # a rule about changes says nothing of what is new
        cause = _broken(program, data, before, value, path)
        if cause is None:
            continue
        if old == value and not program.holds.uses_old:
            verdict.warnings.append(f"{cause.field}: {cause.message}")
        else:
            verdict.causes.append(cause)


def _broken(program: Program, data: Any, before: list[Any], value: Any, path: str) -> Cause | None:
    rule, where = program.rule, path or _NO_FIELD
    try:
        if program.holds.run(data, before) is True:
            return None
    except RuleError as error:
        text = f"{error} evaluating rule: {rule.message or rule.rule.strip()}"
        return messages.invalid(where, messages.json_type(value), text)
    where = path + rule.field_path if path else rule.field_path.lstrip(".") or where
    return _cause(rule.reason or "FieldValueInvalid", where, value, _message(program, data, before))


def _message(program: Program, data: Any, before: list[Any]) -> str:
    rule = program.rule
    if program.message is not None:
        try:
            computed = program.message.run(data, before)
        except RuleError:
            computed = ""  # the message of the rule, or the rule, does as well
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
