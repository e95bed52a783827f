"""Both API servers answer every case alike, but for the differences that are meant."""

import asyncio
import os

import pytest

from tests.conformance.differential.cases import CASES
from tests.conformance.differential.comparing import Difference, compare
from tests.conformance.differential.deliberate import DELIBERATE
from tests.conformance.differential.language import COMPACT, Case
from tests.conformance.differential.playing import Outcome, new_word, play, unanswered
from tests.conformance.differential.targets import Target

_played: dict[str, list[Difference]] = {}


def test_each_case_has_a_name_of_its_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_both_servers_answer_alike(case: Case, real_server: Target, embedded_server: Target) -> None:
    if COMPACT in case.steps and os.environ.get("CONFORMANCE_KUBECONFIG"):
        pytest.skip("the history of another cluster is not for a test to compact")
    real, embedded = await _both(case, real_server, embedded_server)
    if unanswered(real):
        # On a loaded machine, kube-apiserver at times answers 404 for a new definition for longer than a step may take.
        real, embedded = await _both(case, real_server, embedded_server)
    # Two servers that both kept a step waiting agree about nothing: the case would prove nothing.
    silent = {name: unanswered(play) for name, play in (("kube-apiserver", real), ("embedded server", embedded))}
    if any(silent.values()):
        reasons = (f"{name} kept these steps waiting: {', '.join(steps)}" for name, steps in silent.items() if steps)
        pytest.fail("\n".join(reasons), pytrace=False)
    _played[case.name] = found = compare(case.name, real, embedded)
    unlisted = [difference for difference in found if not any(entry.covers(difference) for entry in DELIBERATE)]
    if unlisted:
        pytest.fail("\n".join(map(str, unlisted)), pytrace=False)


async def _both(case: Case, real: Target, embedded: Target) -> tuple[list[Outcome], list[Outcome]]:
    return await asyncio.gather(play(case, real, new_word()), play(case, embedded, new_word()))


def test_every_deliberate_difference_still_exists() -> None:
    if len(_played) < len(CASES):
        pytest.skip("only a run of every case can tell")
    differences = [difference for found in _played.values() for difference in found]
    stale = [entry for entry in DELIBERATE if not any(entry.covers(difference) for difference in differences)]
    stale = [entry for entry in stale if "kubectl" not in entry.step and not entry.is_a_race]
    assert not [f"{entry.case}: {entry.step}: {entry.path}" for entry in stale]
