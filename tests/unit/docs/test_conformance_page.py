"""The page about conformance counts the cases that there are."""

from pathlib import Path

from tests.conformance.differential.documenting import page

PAGE = Path(__file__).parents[3] / "docs" / "conformance.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "run python -m tests.conformance.compare --page --out docs/conformance.md"
