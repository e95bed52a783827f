"""Validation of the CEL rules in a definition, with kube-apiserver's messages.

A rule must fit its schema, and what it costs at most must stay below limits. The cost of a rule counts as often as its
value can stand in an object. A port of ``pkg/apis/apiextensions/validation`` of apiextensions-apiserver.
"""

from dataclasses import dataclass, field

import msgspec

from kube_apiserver.cel.field_paths import normalized
from kube_apiserver.cel.programs import Compiled, Compiler, RuleError
from kube_apiserver.schema import messages
from kube_apiserver.schema.model import Cause, Rule, Schema

_REASONS = ("FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired")
_BREAKS = ("\n", "\r")
_KEY = "x-kubernetes-validations"
_RULE_LIMIT, _DEFINITION_LIMIT = 10_000_000, 100_000_000
_MOST = 2**64 - 1
_SHOWN = 4
_ADVICE = (
    "(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are "
    "declared)"
)
_UNTYPED = (
    "Internal error: internal error: failed to construct type information for x-kubernetes-validations rules: "
    "unable to convert structural schema to CEL declarations"
)


def rule_causes(schema: Schema, path: str) -> list[Cause]:
    """Return the field errors of the CEL rules in the structural schema at ``path``."""
    checks = _Checks()
    checks.below(_Place(schema, path, 1, is_root=True))
    return [*checks.schema_causes, *checks.rule_causes, *checks.cost_causes(path)]


class _Place(msgspec.Struct, frozen=True):
    """A schema inside the definition.

    Attributes:
        cardinality: how often its value stands in an object at most, None where no limit says so.
        uncorrelated: the path of the enclosing list without keys, empty if there is none.
    """

    schema: Schema
    path: str
    cardinality: int | None
    uncorrelated: str = ""
    is_root: bool = False

    def child(self, schema: Schema, name: str, uncorrelated: str = "") -> "_Place":
        most, limit = self.cardinality, self._limit()
        cardinality = None if most is None or limit is None else min(most * limit, _MOST)
        return _Place(schema, f"{self.path}.{name}", cardinality, self.uncorrelated or uncorrelated)

    def _limit(self) -> int | None:
        schema, rules = self.schema, self.schema.rules
        if schema.type == "array":
            limit = rules.max_items if rules is not None else None
        elif schema.type == "object" and schema.additional is not None:
            limit = rules.max_properties if rules is not None else None
        else:
            return 1
        return None if limit is None else max(limit, 0)


@dataclass(slots=True)
class _Checks:
    """Collects the errors of all rules, and what the rules cost in total."""

    schema_causes: list[Cause] = field(default_factory=list)
    rule_causes: list[Cause] = field(default_factory=list)
    total: int = 0
    expensive: list[tuple[int, str]] = field(default_factory=list)

    def below(self, place: _Place) -> None:
        """Check the rules below a schema, then its own unless something there is wrong otherwise."""
        before, schema = len(self.schema_causes), place.schema
        if schema.additional is not None:
            self.below(place.child(schema.additional, "additionalProperties"))
        for name, child in sorted(schema.properties.items()):
            self.below(place.child(child, f"properties[{name}]"))
        if schema.items is not None:
            uncorrelated = "" if schema.list_type == "map" else place.path
            self.below(place.child(schema.items, "items", uncorrelated))
        for number, rule in enumerate(schema.cel):
            self.schema_causes += _text_causes(rule, schema, f"{place.path}.{_KEY}[{number}]")
        if schema.cel and len(self.schema_causes) == before:
            self._compile(place)

    def cost_causes(self, path: str) -> list[Cause]:
        """Return the errors of a definition whose rules together cost too much."""
        if self.total <= _DEFINITION_LIMIT:
            return []
        detail = "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema"
        shown = sorted(self.expensive, key=lambda found: -found[0])[:_SHOWN]
        name = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema"
        causes = [messages.forbidden(where, detail) for _, where in shown]
        return [*causes, messages.forbidden(path, _too_costly(name, self.total, _DEFINITION_LIMIT))]

    def _compile(self, place: _Place) -> None:
        compiler = Compiler.of(place.schema, is_root=place.is_root)
        if compiler is None:
            self.rule_causes.append(Cause(f"{place.path}.{_KEY}", "InternalError", _UNTYPED))
            return
        for number, rule in enumerate(place.schema.cel):
            self._compile_rule(compiler, rule, place, f"{place.path}.{_KEY}[{number}]")

    def _compile_rule(self, compiler: Compiler, rule: Rule, place: _Place, where: str) -> None:
        uses_old = False
        condition: Compiled | None = None
        try:
            condition = compiler.compile_rule(rule)
            uses_old = condition.uses_old
            count = compiler.cardinality if place.cardinality is None else place.cardinality
            cost = min(condition.cost * count, _MOST)
            self._observe(f"{where}.rule", cost, "estimated rule cost")
        except RuleError as error:
            uses_old = error.uses_old
            self._wrong(f"{where}.rule", rule, error)
        if condition is not None and rule.message_expression:
            self._compile_message(compiler, rule, f"{where}.messageExpression")
        if uses_old and place.uncorrelated:
            detail = f"oldSelf cannot be used on the uncorrelatable portion of the schema within {place.uncorrelated}"
            self.rule_causes.append(messages.invalid(f"{where}.rule", rule.rule, detail))
        elif not uses_old and rule.optional_old_self is not None:
            detail = "may not be set if oldSelf is not used in rule"
            self.rule_causes.append(messages.invalid(f"{where}.optionalOldSelf", rule.optional_old_self, detail))

    def _compile_message(self, compiler: Compiler, rule: Rule, where: str) -> None:
        try:
            self._observe(where, compiler.compile_message(rule).cost, "estimated messageExpression cost")
        except RuleError as error:
            self._wrong(where, rule, error)

    def _wrong(self, where: str, rule: Rule, error: RuleError) -> None:
        self.rule_causes.append(Cause(where, "FieldValueInvalid", f"Invalid value: {_go_form(rule)}: {error}"))

    def _observe(self, where: str, cost: int, name: str) -> None:
        if cost > _RULE_LIMIT:
            self.rule_causes.append(messages.forbidden(where, _too_costly(name, cost, _RULE_LIMIT)))
        self.total = min(self.total + cost, _MOST)
        if cost >= _DEFINITION_LIMIT // 100:
            self.expensive.append((cost, where))


def _too_costly(name: str, cost: int, limit: int) -> str:
    times = cost / limit
    factor = "more than 100x" if times > 100 else f"{times:.1f}x" if times >= 1.5 else f"{times:.6f}x"
    return f"{name} exceeds budget by factor of {factor} {_ADVICE}"


def _text_causes(rule: Rule, schema: Schema, where: str) -> list[Cause]:
    """Return what is wrong with the texts of a rule."""
    causes = []
    if not rule.rule.strip():
        causes.append(messages.required(f"{where}.rule", "rule is not specified"))
    elif rule.message and not rule.message.strip():
        causes.append(messages.invalid(f"{where}.message", rule.message, "must be non-empty if specified"))
    elif any(each in rule.message.strip() for each in _BREAKS):
        causes.append(messages.invalid(f"{where}.message", rule.message, "must not contain line breaks"))
    elif any(each in rule.rule.strip() for each in _BREAKS) and not rule.message:
        detail = "message must be specified if rule contains line breaks"
        causes.append(messages.required(f"{where}.message", detail))
    if rule.message_expression and not rule.message_expression.strip():
        detail = "messageExpression must be non-empty if specified"
        causes.append(messages.required(f"{where}.messageExpression", detail))
    if rule.reason and rule.reason not in _REASONS:
        causes.append(messages.not_supported(f"{where}.reason", rule.reason, _REASONS))
    if rule.field_path:
        causes += _field_path_causes(rule.field_path, schema, f"{where}.fieldPath")
    return causes


def _field_path_causes(path: str, schema: Schema, where: str) -> list[Cause]:
    details = []
    if not path.strip():
        details.append("must be non-empty if specified")
    if any(each in path for each in _BREAKS):
        details.append("must not contain line breaks")
    if normalized(path, schema) is None:
        details.append("must be a valid path")
    return [messages.invalid(where, path, detail) for detail in details]


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
