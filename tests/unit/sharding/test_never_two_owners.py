"""The model of the protocol: in random schedules, never do two members act on one shard; each planted bug is found.

``make model-shards`` runs a million schedules; here is a part.
"""

import pytest

from tests.sharding_model.planted_bugs import PLANTED, PLANTED_IN_REVISIONS
from tests.sharding_model.schedule import Parts, Schedule, TwoOwners

SCHEDULES = 2000
CALM_EACH = 20


def run(numbers: range, parts: Parts) -> None:
    for number in numbers:
        Schedule(number, parts, with_calm=number % CALM_EACH == 0).run()


@pytest.mark.parametrize("first", range(0, SCHEDULES, SCHEDULES // 4))
def test_no_schedule_has_two_owners_of_a_shard_and_each_shard_has_one_in_the_end(first: int) -> None:
    run(range(first, first + SCHEDULES // 4), Parts())


@pytest.mark.parametrize("bug", PLANTED)
def test_the_same_schedules_find_each_planted_bug(bug: str) -> None:
    with pytest.raises(TwoOwners):
        run(range(SCHEDULES), PLANTED[bug])


@pytest.mark.parametrize("bug", PLANTED_IN_REVISIONS)
def test_the_calm_after_schedules_finds_each_planted_bug_of_revisions(bug: str) -> None:
    parts, error = PLANTED_IN_REVISIONS[bug]
    with pytest.raises(error):
        run(range(0, SCHEDULES, CALM_EACH), parts)
