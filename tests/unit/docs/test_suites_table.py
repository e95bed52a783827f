"""The tables of the suites of other projects count the specs of their lists, and name those that do not pass."""

import re

from tests.conformance.suites.registry import SUITES
from tests.pages import ROOT

PAGE = ROOT / "docs" / "test-server.md"


def test_the_table_of_suites_has_each_suite_with_its_number_of_specs() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| ([\d,]+) \|", PAGE.read_text(), re.MULTILINE)

    assert {name: int(number.replace(",", "")) for name, number in rows} == {
        name: len(suite.listed()) for name, suite in SUITES.items()
    }


def test_the_table_of_differences_has_each_spec_with_its_reason() -> None:
    rows = {name: why for suite in SUITES.values() for name, why in suite.differs.items()}

    assert [name for name, why in rows.items() if f"| {why} | `{name}` |" not in PAGE.read_text()] == []
