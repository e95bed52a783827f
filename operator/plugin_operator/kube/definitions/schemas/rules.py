"""``rule()``: a CEL expression that an object, or a part of it, must satisfy."""

from typing import Any, Literal, get_args

import msgspec

Reason = Literal["FieldValueInvalid", "FieldValueForbidden", "FieldValueRequired", "FieldValueDuplicate"]

_MAX_MESSAGE = 2048


class Rule(msgspec.Struct, frozen=True):
    """Value of ``rule()``, checked when a class with ``@resource`` is made."""

    rule: str
    message: str = ""
    message_expression: str = ""
    reason: str = ""
    field_path: str = ""
    optional_old_self: bool = False


def rule(
    expression: str,
    *,
    message: str = "",
    message_expression: str = "",
    reason: Reason | None = None,
    field_path: str = "",
    optional_old_self: bool = False,
) -> Rule:
    """Declare a rule of ``x-kubernetes-validations``, which the API server evaluates at each write.

    ``self`` is the value that has the rule, ``oldSelf`` the stored one. Fields have their names on the wire:
    ``maxSize`` for ``max_size``. The values are checked with the class; the call itself raises nothing.

    Args:
        expression: CEL that is true for a valid value: "self.minSize <= self.maxSize".
        message: what the API server says otherwise; one line.
        message_expression: CEL that makes the message.
        reason: the machine-readable reason; by default "FieldValueInvalid".
        field_path: the field to name in the error, from the value that has the rule: ".maxSize".
        optional_old_self: evaluate a rule with ``oldSelf`` at creation too, where ``oldSelf`` is an optional.

    Returns:
        A value for ``rules=`` of ``resource`` and ``schema``.
    """
    return Rule(expression, message, message_expression, reason or "", field_path, optional_old_self)


def _rule_document(each: Any) -> dict[str, Any]:
    """Return a rule as in a schema.

    Raises:
        ValueError, TypeError: the API server would refuse it.
    """
    if not isinstance(each, Rule):
        raise TypeError(f"{each!r} is no rule: write rule('self.size < 10', message='…')")
    if not each.rule.strip():
        raise ValueError("the rule is empty: write CEL that is true for a valid value")
    if "\n" in each.message.strip() or len(each.message) > _MAX_MESSAGE:
        raise ValueError(f"the message of {each.rule!r} must be one line of at most {_MAX_MESSAGE} characters")
    if "\n" in each.rule.strip() and not each.message:
        raise ValueError("a rule of several lines needs a message")
    if each.reason and each.reason not in get_args(Reason):
        raise ValueError(f"{each.reason!r} is no reason of a rule: write one of {', '.join(get_args(Reason))}")
    if each.field_path and not each.field_path.startswith((".", "[")):
        raise ValueError(f"field_path {each.field_path!r} must begin with a dot: '.{each.field_path}'")
    if each.optional_old_self and "oldSelf" not in each.rule:
        raise ValueError(f"optional_old_self is for a rule with oldSelf, which {each.rule!r} does not have")
    values = {
        "rule": each.rule,
        "message": each.message,
        "messageExpression": each.message_expression,
        "reason": each.reason,
        "fieldPath": each.field_path,
        "optionalOldSelf": each.optional_old_self,
    }
    return {key: value for key, value in values.items() if value}


def rule_documents(rules: Any) -> list[dict[str, Any]]:
    """Return rules as in a schema.

    Raises:
        ValueError, TypeError: one of them cannot be used, or it is no list of rules.
    """
    if not isinstance(rules, list | tuple):
        raise TypeError(f"{rules!r} is no list of rules: write [rule(…)]")
    return [_rule_document(each) for each in rules]
