"""A content that the supervisor has stopped, because it ends worker processes, runs in none until its file changes."""

from collections.abc import Callable
from typing import Any

import pytest

from plugin_operator.processes.messages import Quarantine
from plugin_operator.processes.peers.peers import Peers
from plugin_operator.testing.eventually import eventually
from tests.host_harness import HostHarness
from tests.linked_peers import LinkedPeers

WHY = "it ended workers too often: change the file to try again"


@pytest.fixture
def peers() -> Peers:
    """The end of one worker, which hears verdicts."""
    return LinkedPeers().join()


@pytest.fixture
async def running(
    make_harness: Callable[..., HostHarness], peers: Peers, plugin_text: Callable[..., Any]
) -> HostHarness:
    """A host that runs a plugin."""
    made = make_harness(peers=peers)
    made.write("one.py", plugin_text("V1"))
    await made.host.start()
    made.host.lead()
    await made.create("a")
    await made.ran("V1", "a")
    return made


async def test_a_stopped_content_reconciles_no_more_until_its_file_changes(
    running: HostHarness, peers: Peers, plugin_text: Callable[..., Any]
) -> None:
    peers.learn(Quarantine("one", running.status().digest, WHY))
    await eventually(lambda: running.status().state == "Quarantined" and not running.status().revision)
    assert running.status().reason == WHY
    assert running.status().controllers == ()
    await running.create("b")
    running.write("one.py", plugin_text("V2"))
    await running.ran("V2", "b")
    assert (await running.state("Active")).reason == ""


async def test_a_stopped_content_is_not_loaded_by_a_host_that_starts_later(
    make_harness: Callable[..., HostHarness], running: HostHarness
) -> None:
    later = LinkedPeers().join()
    later.learn(Quarantine("one", running.status().digest, WHY))
    two = make_harness(peers=later)
    await two.host.start()
    two.host.lead()
    status = await two.state("Quarantined")
    assert (status.reason, status.revision) == (WHY, "")


async def test_a_stopped_plugin_whose_file_is_deleted_is_unloaded(
    running: HostHarness, peers: Peers, plugin_text: Callable[..., Any]
) -> None:
    peers.learn(Quarantine("one", running.status().digest, WHY))
    await running.state("Quarantined")
    running.write("another.py", plugin_text("V1", name="another"))
    (running.root / "one.py").unlink()
    await eventually(lambda: [each.name for each in running.host.status()] == ["another"])


async def test_a_stopped_content_that_comes_back_later_stays_stopped_beside_the_one_that_runs(
    running: HostHarness, peers: Peers, plugin_text: Callable[..., Any]
) -> None:
    peers.learn(Quarantine("one", running.status().digest, WHY))
    await running.state("Quarantined")
    running.write("one.py", plugin_text("V2"))
    runs = (await running.state("Active")).digest
    running.write("one.py", plugin_text("V1"))
    status = await running.state("Quarantined")
    assert (status.digest, status.reason) == (runs, WHY)
