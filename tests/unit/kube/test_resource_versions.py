"""Order of resource versions: numbers by value, other texts by equality only."""

import pytest

from plugin_operator.kube.resource_versions import is_at_least, is_newer


@pytest.mark.parametrize(
    ("version", "other", "at_least", "newer"),
    [
        ("10", "9", True, True),
        ("9", "10", False, False),
        ("10", "10", True, False),
        ("b", "a", False, False),
        ("a", "a", True, False),
        ("1", "", False, False),
        ("", "", True, False),
    ],
)
def test_numbers_are_ordered_and_other_texts_are_equal_or_not(
    version: str, other: str, at_least: bool, newer: bool
) -> None:
    assert (is_at_least(version, other), is_newer(version, other)) == (at_least, newer)
