"""Validation by ``allOf``, ``anyOf``, ``oneOf`` and ``not``, with the messages of kube-openapi's validator."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from kube_apiserver.schema import messages
from kube_apiserver.schema.model import Cause, Schema, ValueRules


@dataclass(slots=True)
class Result:
    """What the validation of one value found.

    Attributes:
        matches: the checks that were made or passed, as kube-openapi counts them. Of several schemas that a value does
            not fit, the one with the most matches says why.
    """

    causes: list[Cause] = field(default_factory=list)
    matches: int = 0

    def merge(self, other: "Result") -> None:
        """Add what another validation found."""
        self.causes += other.causes
        self.matches += other.matches


Judge = Callable[[Any, Schema, str], Result]


def judge_composition(value: Any, rules: ValueRules | None, path: str, judge: Judge) -> Result:
    """Return what the four combining keywords of a schema find about ``value``."""
    result = Result(matches=1)
    if rules is None:
        return result
    if rules.any_of:
        _any_of(result, [judge(value, one, path) for one in rules.any_of], path)
    if rules.one_of:
        _one_of(result, [judge(value, one, path) for one in rules.one_of], path)
    if rules.all_of:
        _all_of(result, [judge(value, one, path) for one in rules.all_of], path)
    if rules.negated and not judge(value, rules.negated, path).causes:
        result.causes.append(_cause(path, "must not validate the schema (not)"))
    return result


def _cause(path: str, message: str) -> Cause:
    # The validator names the path only in its message: the field of the cause is Go's nil path.
    return messages.invalid("<nil>", "", f'"{path}" {message}')


def _best(results: Iterable[Result]) -> Result:
    return max(results, key=lambda result: result.matches)  # the first of equal ones


def _any_of(into: Result, results: list[Result], path: str) -> None:
    fitting = next((result for result in results if not result.causes), None)
    if fitting is None:
        into.causes.append(_cause(path, "must validate at least one schema (anyOf)"))
    into.merge(fitting or _best(results))


def _one_of(into: Result, results: list[Result], path: str) -> None:
    fitting = [result for result in results if not result.causes]
    message = "must validate one and only one schema (oneOf). Found "
    if len(fitting) == 1:
        into.merge(fitting[0])
    elif fitting:
        into.causes.append(_cause(path, f"{message}{len(fitting)} valid alternatives"))
    else:
        into.causes.append(_cause(path, f"{message}none valid"))
        into.merge(_best(results))


def _all_of(into: Result, results: list[Result], path: str) -> None:
    failed = sum(bool(result.causes) for result in results)
    for result in results:
        into.merge(result)
    if failed:
        none = ". None validated" if failed == len(results) else ""
        into.causes.append(_cause(path, f"must validate all the schemas (allOf){none}"))
