"""Validation of the CEL rules in a definition, with kube-apiserver's messages.

kube-apiserver also estimates the cost of rules and rejects those over unbounded lists and strings. This server
accepts them and bounds their evaluation instead.
"""

import msgspec

from kube_apiserver.cel.programs import Compiler, Expression, RuleError, UnsupportedRule, is_available
from kube_apiserver.cel.shapes import visible
from kube_apiserver.schema import messages
from kube_apiserver.schema.model import Cause, Rule, Schema

_REASONS = ("FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired")
_BREAKS = ("\n", "\r")
_KEY = "x-kubernetes-validations"


def declared_causes(schema: Schema, path: str) -> list[Cause]:
    """Return the field errors of the CEL rules in the structural schema at ``path``."""
    return _rule_causes(schema, path, "", is_root=True)


def unsupported_rules(schema: Schema) -> list[str]:
    """Return the rules that the server stores but cannot evaluate, each with the functions it lacks."""
    found = []
    for each, is_root in _schemas_below(schema, is_root=True):
        for rule in each.cel:
            try:
                Compiler(each, is_root=is_root).compile(rule.rule, rule)
            except UnsupportedRule as error:
                found.append(f"{rule.rule!r} ({error})")
            except RuleError:
                continue
    return found


def _schemas_below(schema: Schema, *, is_root: bool) -> list[tuple[Schema, bool]]:
    children = [*schema.properties.values(), schema.items, schema.additional]
    below = [found for child in children if child is not None for found in _schemas_below(child, is_root=False)]
    return [(schema, is_root), *below]


def _rule_causes(schema: Schema, path: str, uncorrelated: str, *, is_root: bool = False) -> list[Cause]:
    """Check the rules below a schema, then its own. ``uncorrelated`` is the path of an enclosing list without keys."""
    causes = []
    for name, child in sorted(schema.properties.items()):
        causes += _rule_causes(child, f"{path}.properties[{name}]", uncorrelated)
    if schema.additional is not None:
        causes += _rule_causes(schema.additional, f"{path}.additionalProperties", uncorrelated)
    if schema.items is not None:
        below = uncorrelated or ("" if schema.list_type == "map" else path)
        causes += _rule_causes(schema.items, f"{path}.items", below)
    for number, rule in enumerate(schema.cel):
        where = f"{path}.{_KEY}[{number}]"
        if rule.rule.strip():
            causes += _message_causes(rule, where) + _expressions(rule, schema, where, uncorrelated, is_root=is_root)
        else:
            causes.append(messages.required(f"{where}.rule", "rule is not specified"))
    return causes


def _message_causes(rule: Rule, where: str) -> list[Cause]:
    causes = []
    if rule.message and not rule.message.strip():
        causes.append(messages.invalid(f"{where}.message", rule.message, "must be non-empty if specified"))
    elif any(each in rule.message.strip() for each in _BREAKS):
        causes.append(messages.invalid(f"{where}.message", rule.message, "must not contain line breaks"))
    elif any(each in rule.rule.strip() for each in _BREAKS) and not rule.message:
        detail = "message must be specified if rule contains line breaks"
        causes.append(messages.required(f"{where}.message", detail))
    if rule.reason and rule.reason not in _REASONS:
        causes.append(messages.not_supported(f"{where}.reason", rule.reason, _REASONS))
    return causes


def _expressions(rule: Rule, schema: Schema, where: str, uncorrelated: str, *, is_root: bool) -> list[Cause]:
    causes = _field_path(rule, schema, where, is_root=is_root)
    if not is_available():
        return causes
    compiler, shown = Compiler(schema, is_root=is_root), _go_form(rule)
    condition, wrong = _compiled(compiler, rule.rule, rule, "compilation failed: ")
    if wrong or (condition is not None and condition.result not in ("BOOL", "DYN")):
        text = wrong or "cel expression must evaluate to a bool"
        causes.append(Cause(f"{where}.rule", "FieldValueInvalid", f"Invalid value: {shown}: {text}"))
    elif condition is not None and condition.uses_old and uncorrelated:
        detail = f"oldSelf cannot be used on the uncorrelatable portion of the schema within {uncorrelated}"
        causes.append(messages.invalid(f"{where}.rule", rule.rule, detail))
    elif condition is not None and not condition.uses_old and rule.optional_old_self is not None:
        detail = "may not be set if oldSelf is not used in rule"
        causes.append(messages.invalid(f"{where}.optionalOldSelf", rule.optional_old_self, detail))
    if rule.message_expression and not wrong:
        message, wrong = _compiled(compiler, rule.message_expression, rule, "messageExpression compilation failed: ")
        if wrong or (message is not None and message.result not in ("STRING", "DYN")):
            text = wrong or "messageExpression must evaluate to a string"
            causes.append(Cause(f"{where}.messageExpression", "FieldValueInvalid", f"Invalid value: {shown}: {text}"))
    return causes


def _compiled(compiler: Compiler, text: str, rule: Rule, prefix: str) -> tuple[Expression | None, str]:
    """Compile an expression. Return it or an error message; neither if it needs a function that this server lacks."""
    try:
        return compiler.compile(text, rule), ""
    except RuleError as error:
        return None, f"{prefix}{error}"
    except UnsupportedRule:
        return None, ""


def _field_path(rule: Rule, schema: Schema, where: str, *, is_root: bool) -> list[Cause]:
    """Check that ``fieldPath`` names declared properties. A path with brackets (``['x']``) is not checked."""
    if not rule.field_path or "[" in rule.field_path:
        return []
    current: Schema | None = schema if rule.field_path.startswith(".") else None
    for name in rule.field_path.removeprefix(".").split("."):
        current = visible(current, is_root=is_root and current is schema).get(name) if current is not None else None
    if current is not None:
        return []
    return [messages.invalid(f"{where}.fieldPath", rule.field_path, "must be a valid path")]


def _go_form(rule: Rule) -> str:
    """Return a rule as kube-apiserver's messages show it: its internal Go form, escaped for HTML."""
    shown = {
        "Rule": rule.rule,
        "Message": rule.message,
        "MessageExpression": rule.message_expression,
        "Reason": rule.reason or None,
        "FieldPath": rule.field_path,
        "OptionalOldSelf": rule.optional_old_self,
    }
    text = msgspec.json.encode(shown).decode()
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
