"""Compiled rules: checked against their schema, and estimated."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from go_cel import CompileError, Expression, InstantiationError, Scope, compile_expression
from go_cel.costs.ranges import Range
from go_cel.types import Type, optional_of
from kube_apiserver.cel.declarations import MAX_REQUEST_BYTES, DeclaredType, declared_type
from kube_apiserver.cel.field_paths import normalized
from kube_apiserver.schema.model import Rule, Schema

SELF, OLD_SELF = "self", "oldSelf"


class RuleError(Exception):
    """A rule or its ``messageExpression`` is wrong.

    Attributes:
        uses_old: whether the rule reads ``oldSelf``, as far as that is known.
    """

    def __init__(self, text: str, *, uses_old: bool = False) -> None:
        super().__init__(text)
        self.uses_old = uses_old


class Compiled(msgspec.Struct, frozen=True):
    """A compiled expression with the most that it costs."""

    expression: Expression
    uses_old: bool
    cost: int


class Program(msgspec.Struct, frozen=True):
    """A compiled rule with its compiled ``messageExpression``.

    Attributes:
        message: None where the rule has no ``messageExpression``.
        field_path: the field that the rule names, empty if it names none.
    """

    rule: Rule
    condition: Compiled
    message: Compiled | None
    field_path: str


def programs_of(schema: Schema, *, is_root: bool = False) -> list[Program]:
    """Return the compiled rules of a schema, cached on it. Rules that do not compile are left out."""
    if schema.programs is None:
        compiler = Compiler.of(schema, is_root=is_root)
        # Another thread that compiles the same rules must not see a part of them.
        schema.programs = [] if compiler is None else list(_compiled(compiler, schema))
    programs: list[Program] = schema.programs
    return programs


def _compiled(compiler: "Compiler", schema: Schema) -> Iterator[Program]:
    for rule in schema.cel:
        condition = compiler.attempt(rule.rule, rule)
        if condition is not None:
            message = compiler.attempt(rule.message_expression, rule) if rule.message_expression else None
            path = normalized(rule.field_path, schema) if rule.field_path else ""
            yield Program(rule, condition, message, path or "")


class Compiler:
    """Compiles the expressions of one schema.

    Attributes:
        cardinality: how often the value of the schema stands in an object at most.
    """

    def __init__(self, declared: DeclaredType) -> None:
        self._declared = declared
        self._fields = declared.structs()
        self.cardinality = MAX_REQUEST_BYTES // (declared.least_bytes + 1)

    @classmethod
    def of(cls, schema: Schema, *, is_root: bool = False) -> "Compiler | None":
        """Return the compiler for a schema, None if rules cannot see its values."""
        declared = declared_type(schema, is_root=is_root or schema.embedded)
        return None if declared is None else cls(declared)

    def compile_rule(self, rule: Rule) -> Compiled:
        """Compile a rule.

        Raises:
            RuleError: it is wrong for this schema.
        """
        found = self._compiled(
            rule.rule, rule, "compilation failed: ", "cel expression must evaluate to a bool", "bool"
        )
        return self._ready(found, "program instantiation failed: ")

    def compile_message(self, rule: Rule) -> Compiled:
        """Compile the ``messageExpression`` of a rule.

        Raises:
            RuleError: it is wrong for this schema.
        """
        prefix, wanted = "messageExpression compilation failed: ", "messageExpression must evaluate to a string"
        found = self._compiled(rule.message_expression, rule, prefix, wanted, "string")
        return self._ready(found, "messageExpression instantiation failed: ")

    def attempt(self, text: str, rule: Rule) -> Compiled | None:
        """Return a compiled expression of a rule, None if it does not compile."""
        try:
            return self.compile_rule(rule) if text is rule.rule else self.compile_message(rule)
        except RuleError:
            return None

    def _compiled(self, text: str, rule: Rule, prefix: str, wrong_type: str, wanted: str) -> Expression:
        try:
            found = compile_expression(text, Scope(self._variables(rule), self._fields))
        except CompileError as error:
            raise RuleError(f"{prefix}{error}") from None
        if found.result.kind != wanted:
            raise RuleError(wrong_type)
        return found

    def _ready(self, found: Expression, prefix: str) -> Compiled:
        uses_old = found.uses(OLD_SELF)
        try:
            found.instantiate()
        except InstantiationError as error:
            raise RuleError(f"{prefix}{error}", uses_old=uses_old) from None
        return Compiled(found, uses_old, found.estimated_cost(self._size).high)

    def _variables(self, rule: Rule) -> Mapping[str, Type]:
        own = self._declared.type
        return {SELF: own, OLD_SELF: optional_of(own) if rule.optional_old_self else own}

    def _size(self, path: tuple[str, ...]) -> Range | None:
        # kube-apiserver takes every path for one from the value itself, those of other lists too.
        found = self._declared.at(path[1:])
        return None if found is None else Range(0, found.most)


def variables(data: Any, old: list[Any]) -> dict[str, Any]:
    """Return the variables of a rule: the value, and its old value if there is one."""
    return {SELF: data, OLD_SELF: old[0]} if old else {SELF: data}
