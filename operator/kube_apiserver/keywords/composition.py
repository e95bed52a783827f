"""Validation by ``allOf``, ``anyOf``, ``oneOf`` and ``not``, with the messages of kube-openapi's validator."""

from collections.abc import Callable
from typing import Any

from kube_apiserver.schema import messages
from kube_apiserver.schema.model import Cause, Schema, ValueRules

Check = Callable[[Any, Schema, str], list[Cause]]


def check_composition(value: Any, schema: Schema, path: str, check: Check) -> list[Cause]:
    """Return the field errors of ``value`` by the four combining keywords of ``schema``."""
    rules = schema.rules
    if rules is None:
        return []
    causes = _any_of(value, rules, path, check) + _one_of(value, rules, path, check)
    causes += _all_of(value, rules, path, check)
    if rules.negated and not check(value, rules.negated, path):
        causes.append(_cause(path, "must not validate the schema (not)"))
    return causes


def _cause(path: str, message: str) -> Cause:
    # The validator names the path only in its message: the field of the cause is Go's nil path.
    return messages.invalid("<nil>", "", f'"{path}" {message}')


def _best(results: list[list[Cause]]) -> list[Cause]:
    return min(results, key=len)


def _any_of(value: Any, rules: ValueRules, path: str, check: Check) -> list[Cause]:
    results = [check(value, one, path) for one in rules.any_of]
    if not results or any(not result for result in results):
        return []
    return [_cause(path, "must validate at least one schema (anyOf)"), *_best(results)]


def _one_of(value: Any, rules: ValueRules, path: str, check: Check) -> list[Cause]:
    results = [check(value, one, path) for one in rules.one_of]
    valid_count = sum(not result for result in results)
    if not results or valid_count == 1:
        return []
    message = "must validate one and only one schema (oneOf). Found "
    if valid_count:
        return [_cause(path, f"{message}{valid_count} valid alternatives")]
    return [_cause(path, f"{message}none valid"), *_best(results)]


def _all_of(value: Any, rules: ValueRules, path: str, check: Check) -> list[Cause]:
    results = [check(value, one, path) for one in rules.all_of]
    failed = sum(bool(result) for result in results)
    if not failed:
        return []
    none = ". None validated" if failed == len(results) else ""
    causes = [cause for result in results for cause in result]
    return [*causes, _cause(path, f"must validate all the schemas (allOf){none}")]
