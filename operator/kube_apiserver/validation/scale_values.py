"""Validation of the fields that the subresource ``scale`` of a custom resource reads: replicas and label selector."""

from collections.abc import Iterator, Mapping
from typing import Any

from kube_apiserver.schema import messages
from kube_apiserver.schema.go_format import go_text, go_type
from kube_apiserver.schema.model import Cause

_MOST_REPLICAS = 2**31 - 1
_MAP = "map[string]interface{}"


def scale_value_causes(obj: Mapping[str, Any], spec_replicas: str, status_replicas: str, selector: str) -> list[Cause]:
    """Return the field errors of the values at the paths of the subresource; an empty path has none."""
    numbers = [each for path in (spec_replicas, status_replicas) if path for each in _replicas(obj, path)]
    return [*numbers, *(_selector(obj, selector) if selector else ())]


def _replicas(obj: Mapping[str, Any], path: str) -> Iterator[Cause]:
    value, problem = _found(obj, path, int, "int64")
    if problem:
        yield messages.invalid(path, 0, problem)
    elif value is not None and value < 0:
        yield messages.invalid(path, value, "should be a non-negative integer")
    elif value is not None and value > _MOST_REPLICAS:
        yield messages.invalid(path, value, f"should be less than or equal to {_MOST_REPLICAS}")


def _selector(obj: Mapping[str, Any], path: str) -> Iterator[Cause]:
    _, problem = _found(obj, path, str, "string")
    if problem:
        yield messages.invalid(path, "", problem)


def _found(obj: Mapping[str, Any], path: str, type_: type[Any], go: str) -> tuple[Any, str]:
    """Return the value at a path, None if it is absent; and why it cannot be read, as Go's accessors say it."""
    value: Any = obj
    names = path.strip(".").split(".")
    for index, name in enumerate(names):
        if value is None:
            return None, ""
        if not isinstance(value, Mapping):
            return None, _problem(names[: index + 1], value, _MAP)
        if name not in value:
            return None, ""
        value = value[name]
    if not isinstance(value, type_) or isinstance(value, bool):
        return None, _problem(names, value, go)
    return value, ""


def _problem(names: list[str], value: Any, expected: str) -> str:
    found = "<nil>" if value is None else go_type(value)
    return f".{'.'.join(names)} accessor error: {go_text(value)} is of the type {found}, expected {expected}"
