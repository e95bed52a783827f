"""The end-to-end specs of Kubernetes are chosen by their whole names, and none is listed that needs a Pod."""

import re

from tests.conformance.suites import kubernetes_e2e
from tests.conformance.suites.registry import SUITES

LISTED = SUITES[kubernetes_e2e.PROGRAM].listed()


def test_a_spec_that_needs_what_is_absent_is_not_listed() -> None:
    assert kubernetes_e2e.possible(LISTED) == LISTED


def test_a_spec_is_chosen_by_its_whole_name() -> None:
    patterns = {name: re.compile(kubernetes_e2e.exactly(name)) for name in LISTED}

    assert all(pattern.search(name) for name, pattern in patterns.items())
    assert not any(pattern.search(f"{name} more") for name, pattern in patterns.items())


def test_only_what_is_named_runs_by_hand() -> None:
    assert [suite.name for suite in SUITES.values() if suite.by_hand] == [kubernetes_e2e.PROGRAM]
