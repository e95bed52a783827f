"""Tests have the same names and order in every process: parallel runs refuse to start otherwise."""

from collections.abc import ItemsView, KeysView
from collections.abc import Set as AbstractSet
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def test_no_test_has_an_address_in_its_name(request: pytest.FixtureRequest) -> None:
    names = [item.nodeid for item in request.session.items]

    assert [name for name in names if " at 0x" in name] == []


def test_no_test_takes_its_values_from_a_set(request: pytest.FixtureRequest) -> None:
    marks = {item.nodeid: list(item.iter_markers("parametrize")) for item in request.session.items}

    unordered = {name for name, each in marks.items() if any(has_no_order(mark) for mark in each)}

    assert sorted(unordered) == []


def test_the_lint_sees_a_set() -> None:
    assert has_no_order(pytest.mark.parametrize("name", {"a", "b"}).mark)
    assert has_no_order(pytest.mark.parametrize(argnames="name", argvalues=frozenset("ab")).mark)
    assert not has_no_order(pytest.mark.parametrize("name", dict.fromkeys("ab")).mark)


def has_no_order(mark: pytest.Mark) -> bool:
    values = mark.kwargs["argvalues"] if "argvalues" in mark.kwargs else mark.args[1]
    return isinstance(values, AbstractSet) and not isinstance(values, KeysView | ItemsView)
