"""Tests are called the same in every process: parallel runs refuse to start otherwise."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def test_no_test_has_an_address_in_its_name(request: pytest.FixtureRequest) -> None:
    names = [item.nodeid for item in request.session.items]

    assert [name for name in names if " at 0x" in name] == []
