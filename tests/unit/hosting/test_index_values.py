"""What index functions of plugins may return or raise, and what the cache gets of it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from plugin_operator.cache.objects import CachedObject
from plugin_operator.containment import PluginGuard
from plugin_operator.hosting.runtime.caches.index_values import MAX_VALUES, guarded_index
from plugin_operator.testing.virtual_clock import VirtualClock

OBJECT = CachedObject(b'{"metadata":{"name":"a"},"data":{"k":"v"}}', "default", "a", "1")


class Loud(str):
    __slots__ = ()

    def __hash__(self) -> int:
        raise RuntimeError("no hash")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no equality")

    def __str__(self) -> str:
        return "other"


def endless(value: Callable[[int], str]) -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield value(number)


def raise_(error: BaseException) -> Any:
    raise error


def mutated(obj: dict[str, Any]) -> str:
    obj.clear()
    return "x"


def values_of(function: Callable[[dict[str, Any]], Any]) -> tuple[tuple[str, ...], list[str]]:
    errors: list[str] = []
    guard = PluginGuard(
        "p", "1-a", "c", clock=VirtualClock(), on_error=lambda what, error: errors.append(type(error).__name__)
    )
    with capture_logs():
        return guarded_index(guard, function)(OBJECT), errors


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit(), RecursionError()], ids=repr)
def test_what_one_raises_leaves_the_object_out_and_is_reported(error: BaseException) -> None:
    assert values_of(lambda _obj: raise_(error)) == ((), [type(error).__name__])


@pytest.mark.parametrize(
    "found",
    [b"x", 3, [b"x"], [None], {"a": 1}.items(), object()],
    ids=["bytes", "a number", "bytes in a list", "None in a list", "pairs", "an object"],
)
def test_what_is_no_text_leaves_the_object_out(found: Any) -> None:
    assert values_of(lambda _obj: found) == ((), ["TypeError"])


@pytest.mark.parametrize("value", [str, lambda _number: "same"], ids=["new", "same"])
def test_an_endless_generator_ends(value: Callable[[int], str]) -> None:
    assert values_of(lambda _obj: endless(value)) == ((), ["ValueError"])


@pytest.mark.parametrize(
    ("function", "values"),
    [
        (lambda _obj: None, ()),
        (lambda _obj: "", ("",)),
        (lambda _obj: Loud("x"), ("x",)),
        (lambda _obj: [Loud("x"), "x"], ("x",)),
        (lambda _obj: map(str, range(MAX_VALUES)), tuple(map(str, range(MAX_VALUES)))),
        (lambda obj: obj["data"], ("k",)),
        (mutated, ("x",)),
        (lambda _obj: "x" * 10_000_000, ("x" * 10_000_000,)),
    ],
    ids=["none", "empty", "subclass", "subclasses", "most", "mapping", "mutated", "huge"],
)
def test_texts_are_kept_as_plain_ones(function: Callable[[Any], Any], values: tuple[str, ...]) -> None:
    before = OBJECT.raw
    found, errors = values_of(function)
    assert (found, errors) == (values, [])
    assert all(type(each) is str for each in found)
    assert OBJECT.raw == before
