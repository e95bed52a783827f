"""A worker process that starts while the file of a plugin, or the directory, cannot be loaded any more."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plugin_operator.testing.eventually import eventually
from tests.host_harness import HostHarness
from tests.linked_peers import LinkedPeers

BROKEN = {
    "an import that fails": "import nothing_of_this_name\n",
    "a syntax error": "def (:\n",
    "no valid kind": "from plugin_operator import controller\n@controller(for_='no kind')\nasync def x(): ...\n",
}


@pytest.fixture
def reported() -> LinkedPeers:
    return LinkedPeers()


@pytest.fixture
async def first(
    make_harness: Callable[..., HostHarness], reported: LinkedPeers, plugin_text: Callable[..., Any]
) -> HostHarness:
    """A host that runs a plugin."""
    one = make_harness(peers=reported.join())
    one.write("one.py", plugin_text("V1"))
    await one.host.start()
    one.host.lead()
    await one.state("Active")
    return one


async def start(harness: HostHarness) -> HostHarness:
    await harness.host.start()
    harness.host.lead()
    return harness


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
async def test_it_runs_what_the_others_run_and_follows_the_file_once_it_is_mended(
    first: HostHarness,
    make_harness: Callable[..., HostHarness],
    reported: LinkedPeers,
    plugin_text: Callable[..., Any],
    text: str,
) -> None:
    good = first.status().digest
    first.write("one.py", text)
    reason = (await first.state("Rejected")).reason
    late = await start(make_harness(peers=reported.join()))
    status = await late.state("Rejected")
    await late.create("a")
    await late.ran("V1", "a")
    assert (late.status().digest, status.reason, status.candidate) == (good, reason, first.status().candidate)
    late.write("one.py", plugin_text("V2"))
    await late.ran("V2", "a")
    await late.state("Active")


@pytest.mark.parametrize("is_empty", [False, True], ids=["missing", "empty"])
async def test_it_runs_what_the_others_run_while_the_directory_cannot_be_used(
    first: HostHarness,
    make_harness: Callable[..., HostHarness],
    reported: LinkedPeers,
    plugin_text: Callable[..., Any],
    tmp_path: Path,
    is_empty: bool,
) -> None:
    first.root.rename(tmp_path / "away")
    if is_empty:
        first.root.mkdir()
    await eventually(lambda: first.host.directory_problem)
    late = await start(make_harness(peers=reported.join()))
    await late.state("Active")
    await late.create("b")
    await late.ran("V1", "b")
    assert late.host.directory_problem
    if is_empty:
        first.root.rmdir()
    (tmp_path / "away").rename(first.root)
    await eventually(lambda: not late.host.directory_problem)
    revision = late.status().revision
    late.write("two.py", plugin_text("V1", name="two"))
    await late.state("Active", "two")
    assert late.status().revision == revision, "the same content is not loaded again"
    (first.root / "one.py").unlink()
    await eventually(lambda: not late.knows())


async def test_it_does_not_run_what_was_deleted_or_rolled_back(
    first: HostHarness, make_harness: Callable[..., HostHarness], reported: LinkedPeers, plugin_text: Callable[..., Any]
) -> None:
    first.write("two.py", plugin_text("V1", name="two"))
    await first.state("Active", "two")
    (first.root / "two.py").unlink()
    await eventually(lambda: not first.knows("two"))
    first.write("two.py", BROKEN["an import that fails"])
    await first.state("Rejected", "two")
    for name in "abcdef":
        await first.create(name)
    await first.ran("V1", "f")
    good = first.status().digest
    first.write("one.py", plugin_text("V2", body="raise ValueError('bad edit')"))
    await first.state("Quarantined")
    first.write("one.py", BROKEN["an import that fails"])
    await first.state("Rejected")
    late = await start(make_harness(peers=reported.join()))
    await late.state("Rejected")
    await late.state("Rejected", "two")
    assert (late.status().digest, late.status("two").digest) == (good, "")
