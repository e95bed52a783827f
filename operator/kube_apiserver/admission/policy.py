"""``Policy``: a ValidatingAdmissionPolicy with compiled expressions, and its decisions about one object.

Costs are limited for each expression and for all of them, by ``k8s.io/apiserver/pkg/apis/cel``.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from go_cel import CompileError, EvaluationError, Expression
from go_cel.types import DYN
from kube_apiserver.kinds.admissionregistration.expressions import Compiler
from kube_apiserver.strategies import Object

_CALL_LIMIT = 1_000_000
_BUDGET = 10_000_000
_CONDITIONS_BUDGET = _BUDGET // 4
_LONGEST_MESSAGE = 5 * 1024
_OUT_OF_BUDGET = "validation failed due to running out of cost budget, no further validation rules will be run"


class Denial(msgspec.Struct, frozen=True):
    """Why a policy does not admit an object.

    Attributes:
        reason: reason of the status; empty for its default.
        is_failure: whether it counts for every binding, also for one that only warns.
    """

    message: str
    reason: str = ""
    is_failure: bool = False


class FailureError(Exception):
    """An expression has failed, or all of them together cost too much."""


class _OutOfBudgetError(FailureError):
    pass


class _Compiled(msgspec.Struct, frozen=True):
    """An expression; a text that does not compile has an error in its place."""

    text: str
    expression: Expression | None
    error: str = ""


class _Validation(msgspec.Struct, frozen=True):
    condition: _Compiled
    computed_message: _Compiled | None
    message: str
    reason: str


class Policy:
    """A policy, ready to judge.

    Args:
        obj: the ValidatingAdmissionPolicy.
    """

    def __init__(self, obj: Object) -> None:
        spec = obj["spec"]
        self.name: str = obj["metadata"]["name"]
        self.constraints: Mapping[str, Any] = spec.get("matchConstraints") or {}
        self.parameter_kind: Mapping[str, str] | None = spec.get("paramKind")
        self.ignores_failures = spec.get("failurePolicy") == "Ignore"
        self._compiler = Compiler(has_params=self.parameter_kind is not None, has_variables=True)
        self._variables = {each["name"]: self._declared(each) for each in spec.get("variables") or ()}
        self._conditions = [self._compiled(each["expression"]) for each in spec.get("matchConditions") or ()]
        self._validations = [self._validation(each) for each in spec.get("validations") or ()]
        self._annotations = [self._compiled(each["valueExpression"]) for each in spec.get("auditAnnotations") or ()]

    def judge(self, given: Mapping[str, Any], params: Object | None) -> list[Denial]:
        """Return why the policy denies a write; empty if it admits it.

        Args:
            given: the variables ``object``, ``oldObject``, ``request`` and ``namespaceObject``.
            params: the variable ``params``.
        """
        try:
            # Conditions are asked before the namespace is known to kube-apiserver.
            if not self._is_met(_Run(self._variables, {**given, "params": params, "namespaceObject": None})):
                return []
            run = _Run(self._variables, {**given, "params": params})
            results = [(each, *run.attempt(each.condition)) for each in self._validations]
            denials = [self._denial(run, *result) for result in results]
            denials += self._failures_of_annotations(_Run(self._variables, {**given, "params": params}))
        except FailureError as error:
            return [] if self.ignores_failures else [Denial(str(error))]
        return [each for each in denials if each is not None]

    def _is_met(self, run: "_Run") -> bool:
        run.budget = _CONDITIONS_BUDGET
        failures = []
        for each in self._conditions:
            value, failure = run.attempt(each)
            if failure:
                failures.append(failure)
            elif value is False:
                return False
        if failures:
            raise FailureError(failures[0] if len(failures) == 1 else f"[{', '.join(dict.fromkeys(failures))}]")
        return True

    def _denial(self, run: "_Run", validation: _Validation, value: Any, failure: str) -> Denial | None:
        if failure:
            return None if self.ignores_failures else Denial(failure)
        if value is True:
            return None
        return Denial(self._message(run, validation), validation.reason)

    def _message(self, run: "_Run", validation: _Validation) -> str:
        computed = ""
        if validation.computed_message is not None:
            try:
                value, _ = run.attempt(validation.computed_message)
            except _OutOfBudgetError as error:
                raise FailureError(f"failed messageExpression: {error}") from None
            computed = value.strip() if isinstance(value, str) else ""
        if computed and "\n" not in computed and len(computed.encode()) <= _LONGEST_MESSAGE:
            return computed
        return validation.message.strip() or f"failed expression: {validation.condition.text.strip()}"

    def _failures_of_annotations(self, run: "_Run") -> list[Denial]:
        failures = [run.attempt(each)[1] for each in self._annotations]
        return [] if self.ignores_failures else [Denial(each, is_failure=True) for each in failures if each]

    def _declared(self, variable: Mapping[str, str]) -> _Compiled:
        found = self._compiled(variable["expression"])
        self._compiler.declare(variable["name"], found.expression.result if found.expression else DYN)
        return found

    def _validation(self, validation: Mapping[str, str]) -> _Validation:
        text = validation.get("messageExpression")
        return _Validation(
            self._compiled(validation["expression"]),
            self._compiled(text) if text else None,
            validation.get("message") or "",
            validation.get("reason") or "Invalid",
        )

    def _compiled(self, text: str) -> _Compiled:
        try:
            return _Compiled(text, self._compiler.compiled(text))
        except CompileError as error:
            return _Compiled(text, None, f"compilation failed: {error}")


class _Run:
    """Evaluates expressions of a policy for one object, within one budget."""

    def __init__(self, declared: Mapping[str, _Compiled], given: Mapping[str, Any]) -> None:
        self.budget = _BUDGET
        self._given = {**given, "variables": _Variables(declared, self._value_of)}

    def attempt(self, compiled: _Compiled) -> tuple[Any, str]:
        """Return the value of an expression and why it has failed; the text is empty if it has not.

        Raises:
            FailureError: the budget is spent.
        """
        if compiled.expression is None:
            return None, f"compilation error: {compiled.error}"
        outcome = compiled.expression.run(self._given, _CALL_LIMIT)
        self._spend(outcome.cost)
        if outcome.failure is not None:
            return None, f"expression '{compiled.text}' resulted in error: {outcome.failure}"
        return outcome.value, ""

    def _spend(self, cost: int) -> None:
        if cost > self.budget:
            raise _OutOfBudgetError(_OUT_OF_BUDGET)
        self.budget -= cost

    def _value_of(self, name: str, compiled: _Compiled) -> Any:
        """Return the value of a variable. What it costs is spent with the expression that reads it."""
        if compiled.expression is None:
            raise EvaluationError(f'composited variable "{name}" fails to compile: {compiled.error}')
        outcome = compiled.expression.run(self._given, _CALL_LIMIT)
        self._spend(outcome.cost)
        if outcome.failure is not None:
            raise EvaluationError(f'composited variable "{name}" fails to evaluate: {outcome.failure}')
        return outcome.value


class _Variables(dict[str, Any]):
    """The variables of a policy, each evaluated when an expression reads it first."""

    def __init__(self, declared: Mapping[str, _Compiled], evaluate: Any) -> None:
        super().__init__(dict.fromkeys(declared))
        self._declared = declared
        self._evaluate = evaluate
        self._known: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            self._known[name] = self._evaluate(name, self._declared[name])
        return self._known[name]
