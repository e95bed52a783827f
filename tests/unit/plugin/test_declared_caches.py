"""Which part of a kind ``lister_for`` means, and how map functions are called by their parameters."""

from typing import Any

import pytest

from plugin_operator.hosting.runtime.caches.cache_parts import cache_parts, part_of
from plugin_operator.kube import GroupVersionKind
from plugin_operator.plugin.declaration.invocation import map_shape
from tests.unit.plugin.conftest import Load

POD = GroupVersionKind.parse("v1/Pod")


def selectors_of(load: Load, arguments: str) -> list[str]:
    """Return the label selectors of what ``lister_for`` of a Pod reads."""
    (declared,) = load(f"@controller({arguments})\nasync def c(ctx, request): ...")
    return [key.label_selector for key in part_of(cache_parts(declared, ()), POD).keys]


@pytest.mark.parametrize(
    ("arguments", "selector"),
    [
        ("for_='v1/Pod', label_selector='a=1'", "a=1"),
        ("for_='v1/Pod', label_selector='a=1', watches=[watch('v1/Pod', map=print, name='other')]", "a=1"),
        ("for_='v1/Service', owns=[own('v1/Pod', label_selector='a=1')]", "a=1"),
        ("for_='v1/Service', owns=[own('v1/Pod', label_selector='a=1')], reads=['v1/Pod']", ""),
        ("for_='v1/Service', owns=[own('v1/Pod', label_selector='a')], watches=[watch('v1/Pod', map=print)]", "a"),
        ("for_='v1/Service', reads=[read('v1/Pod', label_selector='a=1', name='some')]", "a=1"),
        ("for_='v1/Service', owns=['v1/Pod'], reads=[read('v1/Pod', label_selector='a=1', name='some')]", ""),
    ],
)
def test_a_kind_means_what_is_read_then_owned_then_watched(load: Load, arguments: str, selector: str) -> None:
    assert selectors_of(load, arguments) == [selector]


def test_a_kind_that_is_declared_twice_alike_is_refused_with_the_way_out(load: Load) -> None:
    reads = "reads=[read('v1/Pod', label_selector='a=1'), read('v1/Pod', label_selector='b=1')]"
    with pytest.raises(LookupError, match=r"different selectors \('a=1' and 'b=1'\).* give each a name="):
        selectors_of(load, f"for_='v1/Service', {reads}")


def test_a_part_has_the_namespaces_that_are_declared_nearest_to_it(load: Load) -> None:
    (declared,) = load("""
        secrets = read("v1/Secret", namespaces=["two"])
        @controller(for_="v1/Service", namespaces=["one"], owns=["v1/Pod"], reads=[secrets])
        async def c(ctx, request): ...
    """)
    parts = cache_parts(declared, ("three",))
    assert [[key.namespace for key in part.keys] for part in parts] == [["one"], ["one"], ["two"]]


def test_indexes_of_the_same_part_are_known_to_each_of_its_declarations(load: Load) -> None:
    (declared,) = load("""
        @controller(for_="v1/Pod", indexes={"node": str}, watches=[watch("v1/Pod", map=print, indexes={"owner": repr})])
        async def c(ctx, request): ...
    """)
    assert [sorted(part.indexes) for part in cache_parts(declared, ())] == [["node", "owner"]] * 2


def with_old(obj: Any, old: Any) -> None: ...


def with_all(ctx: Any, obj: Any, *, old: Any) -> None: ...


def too_many(ctx: Any, obj: Any, new: Any) -> None: ...


@pytest.mark.parametrize(
    ("function", "shape"),
    [
        (lambda obj: None, (False, False)),
        (lambda obj, extra=1: None, (False, False)),
        (lambda ctx, obj: None, (True, False)),
        (with_old, (False, True)),
        (with_all, (True, True)),
        (too_many, None),
        (lambda: None, None),
    ],
)
def test_a_map_function_is_called_by_its_parameters(function: Any, shape: tuple[bool, bool] | None) -> None:
    assert map_shape(function) == shape
