"""Hosts that share rollbacks, as the worker processes of one operator do: one of them finds the bad edit."""

from collections.abc import Callable
from typing import Any

import pytest

from plugin_operator.processes.messages import Quarantine
from plugin_operator.testing.eventually import eventually
from tests.host_harness import HostHarness
from tests.linked_peers import LinkedPeers


@pytest.fixture
def reported() -> LinkedPeers:
    """What the hosts tell each other."""
    return LinkedPeers()


@pytest.fixture
def hosts(make_harness: Callable[..., HostHarness], reported: LinkedPeers) -> tuple[HostHarness, HostHarness]:
    """Two hosts of one plugins directory, not started yet; only the first will lead, reconcile and so fail."""
    return make_harness(peers=reported.join()), make_harness(peers=reported.join())


@pytest.mark.parametrize("starts_late", [False, True], ids=["on probation", "its first content"])
async def test_a_content_that_one_host_rolls_back_is_rolled_back_in_all(
    hosts: tuple[HostHarness, HostHarness],
    reported: LinkedPeers,
    plugin_text: Callable[..., Any],
    starts_late: bool,
) -> None:
    one, two = hosts
    one.write("one.py", plugin_text("V1"))
    await one.host.start()
    one.host.lead()
    good, kept = (await one.state("Active")).digest, ""
    if not starts_late:
        await two.host.start()
        kept = (await two.state("Active")).revision
    one.write("one.py", plugin_text("V2", body="raise ValueError('bad edit')"))
    await eventually(lambda: one.status().digest != good)
    if starts_late:
        await two.host.start()
    await eventually(lambda: two.knows() and two.status().digest == one.status().digest)
    await two.state("Active")
    for name in "abcdef":
        await one.create(name)
    await one.ran("V1", "f")
    for each in hosts:
        assert "bad edit" in (await each.state("Quarantined")).reason
        assert each.status().digest == good
    assert starts_late or two.status().revision == kept
    assert len([what for _, what in reported.said if isinstance(what, Quarantine)]) == 1, (
        "no host returns what it learned"
    )


async def test_a_host_that_starts_after_the_rollback_loads_what_was_restored(
    hosts: tuple[HostHarness, HostHarness], plugin_text: Callable[..., Any]
) -> None:
    one, two = hosts
    for name in "abcdef":
        await one.create(name)
    one.write("one.py", plugin_text("V1"))
    await one.host.start()
    one.host.lead()
    await one.ran("V1", "f")
    good = (await one.state("Active")).digest
    one.write("one.py", plugin_text("V2", body="raise ValueError('bad edit')"))
    await one.state("Quarantined")
    await two.host.start()
    assert "bad edit" in (await two.state("Quarantined")).reason
    assert two.status().digest == good
