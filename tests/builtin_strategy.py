"""The rules of built-in kinds of the embedded API server, for tests that call them without a server."""

from collections.abc import Mapping
from typing import Any

from kube_apiserver.defaulting.defaults import apply_defaults
from kube_apiserver.kinds import strategy_of
from kube_apiserver.schema import Cause
from tests.builtin_schema import builtin_schema


def defaulted(group: str, version: str, kind: str, obj: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object with the defaults of its kind."""
    return apply_defaults(obj, builtin_schema(group, version, kind), strategy_of(group, version, kind).default)


def object_causes(group: str, version: str, kind: str, obj: Mapping[str, Any]) -> list[Cause]:
    """Return the field errors of a new object with its defaults; a kind without such rules fails the test."""
    strategy, whole = strategy_of(group, version, kind), defaulted(group, version, kind, obj)
    assert strategy.validate or strategy.validate_with_old, f"no rules of {kind}"
    causes = strategy.validate(whole) if strategy.validate else []
    return causes + (strategy.validate_with_old(whole, None) if strategy.validate_with_old else [])


def changed_causes(group: str, kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Cause]:
    """Return the field errors of an update; a kind without immutable fields fails the test."""
    validate = strategy_of(group, "v1", kind).validate_update
    assert validate is not None, f"no immutable fields of {kind}"
    return validate(old, new)
