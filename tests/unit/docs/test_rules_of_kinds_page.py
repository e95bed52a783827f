"""The page about the rules of kinds says what the strategies of the embedded API server do."""

import pytest

from docs.rules_of_kinds import CHECKS, DROPS, PAGE, SETS, functions_of, page
from kube_apiserver.kinds import STRATEGIES
from kube_apiserver.strategies import Strategy


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "run make reference"


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda each: f"{each.group}/{each.kind}{each.version}")
def test_each_rule_names_the_fields_that_it_sets_or_checks(strategy: Strategy) -> None:
    mute = [each for each in functions_of(strategy) if not (each.__doc__ or "").startswith((SETS, DROPS, CHECKS))]
    assert mute == [], f"begin the docstring with {SETS!r} or {CHECKS!r}, and name the fields"
