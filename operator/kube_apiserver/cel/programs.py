"""Compiled CEL rules: type-checked against their schema, then compiled to run on plain data.

Only this module uses the CEL library, and it imports the library when it compiles the first rule. Evaluation is
bounded: the library stops after about 10,000 iterations, and CEL loops only over collections of the object.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from kube_apiserver.cel import functions
from kube_apiserver.cel.names import PACKAGE
from kube_apiserver.schema.model import Rule, Schema

_STRUCT_SUFFIX = re.compile(rf" not found in struct '{PACKAGE}\.\w+'")
_CODE_BEFORE, _CODE_AFTER = re.compile(r"\A(?!ERROR)[A-Z_]+: "), re.compile(r"\s*\[[A-Z_]+\]\s*\Z")
_NO_KEY = re.compile(r'Key not found in map : "(.*)"')
_OLD = "oldSelf"


class RuleError(Exception):
    """A rule fails to compile or to evaluate. The message follows kube-apiserver's as closely as cel-cpp allows."""


class UnsupportedRule(Exception):
    """A rule calls a kube-apiserver function that this server lacks."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled CEL expression over ``self`` and ``oldSelf``."""

    compiled: Any
    result: str
    uses_old: bool
    old_is_optional: bool

    def run(self, value: Any, old: list[Any]) -> Any:
        """Evaluate the expression.

        Args:
            value: the value of ``self``, as CEL data.
            old: a list that holds the value of ``oldSelf``; empty if there is none.

        Raises:
            RuleError: the evaluation fails.
        """
        data = {"self": value}
        if self.old_is_optional:
            data["old"] = old
        elif self.uses_old and not old:
            raise RuleError(f"no such attribute: {_OLD}")
        elif self.uses_old:
            data[_OLD] = old[0]
        try:
            found = self.compiled.eval(data=data)
        except RuntimeError as error:
            raise RuleError(_cel_go_message(str(error))) from error
        if found.type().name() == "ERROR":
            raise RuleError(_cel_go_message(str(found.plain_value())))
        return found.plain_value()


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled rule with its compiled ``messageExpression``.

    Attributes:
        message: None where the rule has no ``messageExpression``.
    """

    rule: Rule
    condition: Expression
    message: Expression | None


def is_available() -> bool:
    """Report whether the CEL library is installed."""
    return _library() is not None


def programs_of(schema: Schema, *, is_root: bool = False) -> list[Program]:
    """Return the compiled rules of a schema, cached on it. Unsupported rules are skipped."""
    if schema.programs is None:
        schema.programs = []
        compiler = Compiler(schema, is_root=is_root)
        for rule in schema.cel:
            condition = compiler.attempt(rule.rule, rule)
            if condition is not None:
                message = compiler.attempt(rule.message_expression, rule) if rule.message_expression else None
                schema.programs.append(Program(rule, condition, message))
    programs: list[Program] = schema.programs
    return programs


class Compiler:
    """Compiles the expressions of one schema."""

    def __init__(self, schema: Schema, *, is_root: bool = False) -> None:
        library = _library()
        if library is None:
            raise UnsupportedRule("install plugin-operator[cel]")
        # The protobuf import takes a tenth of the server's start time, and few definitions have rules.
        from kube_apiserver.cel.declarations import Declarations

        self._library = library
        declarations = Declarations(library.cel)
        self._type = declarations.variable(schema, is_root=is_root)
        self._pool = declarations.pool()

    def compile(self, text: str, rule: Rule) -> Expression:
        """Compile a rule or its ``messageExpression``.

        Raises:
            RuleError: the expression is invalid for this schema.
            UnsupportedRule: the expression calls a function that this server lacks.
        """
        kinds, optional = self._library.cel.Type, bool(rule.optional_old_self)
        old_name = "old" if optional else _OLD
        old_type = kinds.List(self._type) if optional else self._type
        bound = f"cel.bind({_OLD}, old[?0],\n{text}\n)" if optional else text
        checked = self._checked(bound, {"self": self._type, old_name: old_type}, is_bound=optional)
        untyped = {"self": kinds.DYN, old_name: kinds.List(kinds.DYN) if optional else kinds.DYN}
        return Expression(
            self._library.environment(None, untyped).compile(bound),
            checked.return_type().name(),
            self._uses_old(text),
            optional,
        )

    def attempt(self, text: str, rule: Rule) -> Expression | None:
        """Return the compiled expression, None if it does not compile."""
        try:
            return self.compile(text, rule)
        except (RuleError, UnsupportedRule):
            return None

    def _checked(self, text: str, variables: Mapping[str, Any], *, is_bound: bool = False) -> Any:
        try:
            return self._library.environment(self._pool, variables).compile(text)
        except RuntimeError as error:
            error_text = _cel_go_message(str(error))
            missing = functions.missing(error_text)
            if missing:
                raise UnsupportedRule(f"it needs {' and '.join(missing)}") from error
            raise RuleError(error_text.replace("<input>:2:", "<input>:1:") if is_bound else error_text) from error

    def _uses_old(self, text: str) -> bool:
        try:
            self._checked(text, {"self": self._type})
        except RuleError as error:
            return f"undeclared reference to '{_OLD}" in str(error)
        return False


@dataclass(frozen=True, slots=True)
class _Library:
    cel: Any
    extensions: list[Any]
    functions: list[Any]

    def environment(self, pool: Any, variables: Mapping[str, Any]) -> Any:
        return self.cel.NewEnv(pool, variables=variables, extensions=self.extensions, functions=self.functions)


@cache
def _library() -> _Library | None:
    """Return the CEL library, None if it is not installed. It is imported on first use, as it takes about 15 MB."""
    try:
        from cel_expr_python import cel  # type: ignore[import-untyped, unused-ignore]
        from cel_expr_python.ext import (  # type: ignore[import-untyped, unused-ignore]
            ext_bindings,
            ext_encoders,
            ext_optional,
            ext_strings,
        )
    except ImportError:
        return None
    extensions = [
        ext_bindings.ExtBindings(),
        ext_encoders.ExtEncoders(),
        ext_optional.ExtOptional(),
        ext_strings.ExtStrings(),
    ]
    return _Library(cel, extensions, functions.declared(cel))


def _cel_go_message(text: str) -> str:
    """Translate an error message of cel-cpp into that of cel-go."""
    plain = _CODE_AFTER.sub("", _CODE_BEFORE.sub("", text.strip()))
    plain = _STRUCT_SUFFIX.sub("", plain).replace("null_type", "null")
    return _NO_KEY.sub(r"no such key: \1", plain)
