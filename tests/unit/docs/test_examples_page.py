"""The table of the examples names each of them with its lines, and each has a test."""

import re

from tests.pages import ROOT

EXAMPLES = ROOT / "docs" / "examples"
ROW = re.compile(r"\| \[(\w+)\]\(plugins/\w+\.py\) \| [^|]+ \| (\d+) \|")


def test_the_table_has_each_example_with_its_lines() -> None:
    rows = {name: int(lines) for name, lines in ROW.findall((EXAMPLES / "README.md").read_text())}
    found = {
        path.stem: sum(bool(line.strip()) for line in path.read_text().splitlines())
        for path in (EXAMPLES / "plugins").glob("*.py")
    }
    assert rows == found


def test_each_example_has_a_test() -> None:
    names = {path.stem for path in (EXAMPLES / "plugins").glob("*.py")}
    assert {path.stem.removeprefix("test_") for path in (EXAMPLES / "tests").glob("test_*.py")} == names
