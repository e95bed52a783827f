"""Sequences that hypothesis draws are answered alike by both API servers."""

import asyncio
import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.conformance.differential.comparing import Difference, compare
from tests.conformance.differential.deliberate import DELIBERATE
from tests.conformance.differential.generating import DRAWN
from tests.conformance.differential.language import Case
from tests.conformance.differential.playing import new_word, play
from tests.conformance.differential.targets import Target


async def _differences(case: Case, real: Target, embedded: Target) -> list[Difference]:
    plays = await asyncio.gather(play(case, real, new_word()), play(case, embedded, new_word()))
    return compare(case.name, *plays)


# An example takes seconds, so that shrinking is slow: the report shows every step anyway.
@pytest.mark.parametrize("subject", DRAWN)
@pytest.mark.timeout(600)
@settings(
    max_examples=25,
    deadline=None,
    # The gate draws the same sequences each time; whoever looks for new differences runs this without CI set.
    derandomize=bool(os.environ.get("CI")),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_a_drawn_sequence_is_answered_alike(
    subject: str, data: st.DataObject, real_server: Target, embedded_server: Target
) -> None:
    case = data.draw(DRAWN[subject])
    found = asyncio.run(_differences(case, real_server, embedded_server))
    unlisted = [difference for difference in found if not any(entry.covers(difference) for entry in DELIBERATE)]
    if unlisted:
        pytest.fail("\n".join(map(str, [*case.steps, *unlisted])), pytrace=False)
