"""Hosts that decide together, as the worker processes of one operator do: a content runs in all of them, or in none."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plugin_operator.cache import OwnedShards
from plugin_operator.clock import SystemClock
from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.rollout.revision_swap import RevisionSwap
from plugin_operator.kube.shards import HASHES, HashRange, ShardRanges, hash_of
from plugin_operator.testing.eventually import eventually
from tests.host_harness import NAMESPACE, HostHarness
from tests.linked_peers import LinkedPeers

LOW, HIGH = ShardRanges([HashRange(0, HASHES // 2)]), ShardRanges([HashRange(HASHES // 2, HASHES)])

STARTS = f"""
import asyncio, os
from plugin_operator import controller

@controller(for_="v1/ConfigMap", namespaces=[{NAMESPACE!r}], distribution="sharded")
class one:
    async def start(self, ctx):
        ctx.recorder.event({{}}, "Normal", "started", "EDITION")
        BODY

    async def stop(self, ctx):
        ctx.recorder.event({{}}, "Normal", "stopped", "EDITION")

    async def reconcile(self, ctx, request): ...
"""


@pytest.fixture
async def hosts(make_harness: Callable[..., HostHarness]) -> list[HostHarness]:
    """Two hosts that lead, each with one half of the objects."""
    linked, made = LinkedPeers(voters=2), []
    for half in (LOW, HIGH):
        shards = OwnedShards(SystemClock())
        shards.gain(half)
        made.append(make_harness(shards=shards, peers=linked.join()))
    for each in made:
        await each.host.start()
        each.host.lead()
    return made


def starts(edition: str, body: str = "pass") -> str:
    return STARTS.replace("EDITION", edition).replace("BODY", body)


def write(hosts: list[HostHarness], text: str) -> None:
    for each in hosts:
        each.write("one.py", text)


async def all_run(hosts: list[HostHarness], edition: str) -> None:
    for each in hosts:
        await eventually(lambda: each.journal.messages("one", "started")[-1:] == [edition])  # noqa: B023
        await each.state("Active")
    assert len({each.status().digest for each in hosts}) == 1


@pytest.fixture
async def running(hosts: list[HostHarness]) -> list[HostHarness]:
    """Both run the first edition."""
    write(hosts, starts("first"))
    await all_run(hosts, "first")
    return hosts


def failing_in_one(claimed: Path) -> str:
    """Return the body of a ``start`` that works in the first host only."""
    return f"os.close(os.open({str(claimed)!r}, os.O_CREAT | os.O_EXCL))"


async def test_a_start_that_fails_in_one_is_undone_in_the_other_and_both_give_the_same_reason(
    running: list[HostHarness], tmp_path: Path
) -> None:
    good = running[0].status().digest
    write(running, starts("second", failing_in_one(tmp_path / "claimed")))

    def reasons() -> set[str]:
        return {each.status().reason for each in running}

    await eventually(lambda: {each.status().state for each in running} == {"Rejected"} and len(reasons()) == 1)
    (reason,) = reasons()
    assert "FileExistsError" in reason
    assert reason.endswith("rolled back in all workers")
    assert {each.status().digest for each in running} == {good}
    undone = [each for each in running if "second" in each.journal.messages("one", "stopped")]
    assert len(undone) == 1
    write(running, starts("third"))
    await all_run(running, "third")


async def test_a_start_that_failed_once_is_retried_in_all(running: list[HostHarness], tmp_path: Path) -> None:
    claimed = tmp_path / "claimed"
    write(running, starts("second", failing_in_one(claimed)))
    await eventually(lambda: {each.status().state for each in running} == {"Rejected"})
    claimed_once = starts("third", f"if not os.path.exists({str(claimed)!r}): raise OSError('no port')")
    write(running, claimed_once)
    await all_run(running, "third")


async def test_an_edit_while_one_waits_for_the_other_replaces_what_waits(
    running: list[HostHarness], tmp_path: Path
) -> None:
    slow_in_one = f"await asyncio.sleep(2 if os.path.exists({str(tmp_path / 'claimed')!r}) else 0)\n        "
    claim = f"open({str(tmp_path / 'claimed')!r}, 'w').close()"
    write(running, starts("second", slow_in_one + claim))
    await eventually(lambda: all("second" in each.journal.messages("one", "started") for each in running))
    write(running, starts("third"))
    await all_run(running, "third")
    assert all("second" in each.journal.messages("one", "stopped") for each in running), "it was discarded"


async def test_a_swap_that_fails_after_all_have_agreed_is_rolled_back_in_all(
    running: list[HostHarness], monkeypatch: pytest.MonkeyPatch
) -> None:
    good, flip, calls = running[0].status().digest, RevisionSwap._flip, 0

    async def failing(self: RevisionSwap, *arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise PluginRejected("no memory")
        return await flip(self, *arguments)

    monkeypatch.setattr(RevisionSwap, "_flip", failing)
    write(running, starts("second"))
    for each in running:
        assert "no memory" in (await each.state("Quarantined")).reason
    await eventually(lambda: {each.status().digest for each in running} == {good})


DIVIDED = f"""
import asyncio, os
from plugin_operator import controller

@controller(for_="v1/ConfigMap", namespaces=[{NAMESPACE!r}], label_selector="app=x", distribution="sharded",
            shard_by="SHARD_BY")
async def one(ctx, request):
    if ctx.lister.get(request) is None:
        return
    ctx.recorder.event({{}}, "Normal", "begun", "SHARD_BY" + str(os.path.exists(END)))
    while not os.path.exists(END):
        await asyncio.sleep(0.01)
    ctx.recorder.event({{}}, "Normal", "ended", "SHARD_BY")
"""


async def test_a_file_that_is_back_with_another_division_runs_once_the_old_one_has_drained_everywhere(
    hosts: list[HostHarness], tmp_path: Path
) -> None:
    end = tmp_path / "end"
    text = DIVIDED.replace("END", repr(str(end)))
    by_namespace, by_uid = hosts if hash_of(NAMESPACE) in LOW else reversed(hosts)
    half = HIGH if hash_of(NAMESPACE) in LOW else LOW
    hosts[0].write("other.py", starts("other").replace("one", "other"))
    write(hosts, text.replace("SHARD_BY", "uid"))
    for each in hosts:
        await each.state("Active")
    for number in range(20):
        metadata = {"name": f"c{number}", "namespace": NAMESPACE}
        made = await by_uid.client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
        if hash_of(made["metadata"]["uid"]) in half:
            await by_uid.client.patch("v1/ConfigMap", f"c{number}", {"metadata": {"labels": {"app": "x"}}}, NAMESPACE)
            break
    await eventually(lambda: by_uid.journal.messages("one", "begun"))
    for each in hosts:
        (each.root / "one.py").unlink(missing_ok=True)
    await by_uid.state("Draining")
    await eventually(lambda: not by_namespace.knows())
    write(hosts, text.replace("SHARD_BY", "namespace"))
    await by_namespace.state("Warming")
    end.touch()
    await eventually(lambda: by_namespace.journal.messages("one", "ended") == ["namespace"])
    assert by_namespace.journal.messages("one", "begun") == ["namespaceTrue"]
    assert by_uid.journal.messages("one", "ended") == ["uid"]
