"""Fields that an update cannot change: what a change is, and its errors."""

from collections.abc import Iterator, Mapping
from typing import Any

from kube_apiserver import codec
from kube_apiserver.schema import Cause, messages

Object = Mapping[str, Any]
IMMUTABLE = "field is immutable"


def is_changed(old: Object, new: Object, *path: str) -> bool:
    """Report whether the values at a path differ. A missing parent counts as empty."""
    left: Any = old
    right: Any = new
    for name in path:
        left, right = (left or {}).get(name), (right or {}).get(name)
    return not is_same(left, right)


def is_same(left: Any, right: Any) -> bool:
    """Report whether two JSON values are the same. To Python alone, true is 1."""
    return bool(left == right) and codec.token(left) == codec.token(right)


def fixed_spec_causes(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of a change of spec."""
    return [*fixed_causes(old, new, "spec")]


def fixed_causes(old: Object, new: Object, *names: str) -> Iterator[Cause]:
    """Yield the field errors of changed root fields that are immutable."""
    for name in names:
        if not is_same(old.get(name), new.get(name)):
            yield messages.invalid(name, new.get(name), IMMUTABLE)
