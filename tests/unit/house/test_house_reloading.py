"""The page about reloads names tests and states that exist, and every test of reloads under load is on it."""

import re
from pathlib import Path

from plugin_operator.hosting.reporting.states import PluginState

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "reloading.md").read_text()


def cases_in(folder: str) -> set[str]:
    files = (ROOT / "tests" / "integration" / folder).glob("test_*.py")
    return {
        name for file in files for name in re.findall(r"^(?:async )?def (test_\w+)", file.read_text(), re.MULTILINE)
    }


def test_the_table_of_cases_is_the_list_of_tests() -> None:
    named = set(re.findall(r"^\| .+ \| `(test_\w+)` \|$", PAGE, re.MULTILINE))

    assert named == cases_in("reloading")


def test_every_state_is_explained() -> None:
    assert [state for state in PluginState if state not in PAGE] == []
