"""Servers that vanish and forget, and answers that no server should give."""

from typing import Any

from kube_apiserver.faults import Action, Fault
from tests.integration.faults.operator_harness import RESTARTS, OperatorHarness
from tests.integration.faults.rows import OPERATOR
from tests.integration.faults.scripts import SCRIPTED, others_work, script
from tests.integration.faults.servers import NAMESPACE, EmbeddedServerUnderTest

__all__ = ["SCRIPTED"]


@script("the server is away for a while", "backs off, lists again once it is back", "broken")
async def server_away(harness: OperatorHarness) -> None:
    """Nobody listens at its address."""
    await harness.put("v1/ConfigMap", "kept", "before")
    await harness.seen("maps", "kept", "before")
    await harness.server.stop()
    await harness.shows("maps", "BACKING_OFF")
    assert (await harness.get("probe server", "/healthz"))[0] == 200
    await harness.server.start()
    await harness.put("v1/ConfigMap", "kept", "after")
    await harness.seen("maps", "kept", "after")
    await others_work(harness, "after")
    await harness.equal("maps", "v1/ConfigMap")


@script("the server comes back with its data lost", "lists again, reconciles what is gone", "broken")
async def server_lost_data(harness: OperatorHarness) -> None:
    """A cluster that was set up anew under the same address, younger than the one before."""
    for number in range(300):
        await harness.put("v1/ConfigMap", "kept", number)
    await harness.seen("maps", "kept", 299)
    await harness.server.stop()
    harness.server.lose_data()
    await harness.server.start()
    await harness.prepare()
    await harness.put("v1/ConfigMap", "fresh", 1)
    await harness.seen("maps", "fresh", 1)
    await harness.seen("maps", "kept", "gone")
    await harness.seen("bystander", "other", "gone")
    await harness.equal("maps", "v1/ConfigMap")


@script(
    "the server comes back with its data lost, and its versions have passed ours",
    "lists again, reconciles what is gone",
    "broken",
)
async def server_caught_up(harness: OperatorHarness) -> None:
    """By its versions alone it could be the one from before."""
    await harness.server.stop()
    harness.server.lose_data()
    before = int(harness.cache_of("v1/Secret").resource_version)
    await harness.server.start()
    harness.server.faults.add(Fault(action=Action.REFUSE, agent=OPERATOR, count=None, code=503))
    await harness.prepare()
    version, number = 0, 0
    while version <= before:
        number += 1
        made = await harness.put("v1/Secret", "fresh", number)
        version = int(made["metadata"]["resourceVersion"])
    harness.server.faults.clear()
    await harness.seen("bystander", "fresh", number)
    await harness.seen("bystander", "other", "gone")
    await harness.seen("maps", "kept", "gone")
    await harness.equal("maps", "v1/ConfigMap")
    await harness.equal("bystander", "v1/Secret")


@script("the server comes back from an older backup", "lists again, reconciles what differs", "history rewritten")
async def server_restored(harness: OperatorHarness) -> None:
    """Objects go back to what they were, and versions with them."""
    await harness.put("v1/ConfigMap", "kept", "in the backup")
    await harness.seen("maps", "kept", "in the backup")
    await harness.server.stop()
    harness.server.back_up()
    await harness.server.start()
    for number in range(5):
        await harness.put("v1/ConfigMap", "kept", number)
    await harness.put("v1/ConfigMap", "after", 1)
    await harness.seen("maps", "after", 1)
    await harness.seen("maps", "kept", 4)
    await harness.server.stop()
    harness.server.restore()
    await harness.server.start()
    await harness.seen("maps", "after", "gone")
    await harness.seen("maps", "kept", "in the backup")
    await harness.equal("maps", "v1/ConfigMap")


@script("history is compacted while a watch is broken", "lists again", "expired")
async def compacted(harness: OperatorHarness) -> None:
    """The watch cannot go on where it was."""
    harness.server.faults.add(
        Fault(action=Action.REFUSE, verb="watch", resource="configmaps", agent=OPERATOR, count=None, code=500)
    )
    harness.server.faults.add(Fault(action=Action.BREAK, verb="watch", resource="configmaps", agent=OPERATOR))
    await harness.shows("maps", "BACKING_OFF")
    await harness.put("v1/ConfigMap", "kept", "meanwhile")
    await harness.client.delete("v1/ConfigMap", "doomed", NAMESPACE)
    assert isinstance(harness.server, EmbeddedServerUnderTest)
    harness.server.server.cluster.store.compact()
    harness.server.faults.clear()
    await harness.seen("maps", "kept", "meanwhile")
    await harness.seen("maps", "doomed", "gone")


@script("an object in the watch can never be read", "leaves it out after the second time, logs and counts it", "broken")
async def unreadable_object(harness: OperatorHarness) -> None:
    """The same broken line comes again and again."""
    name = "plugin_operator_objects_skipped_total"
    broken = '{"type":"ADDED","object":{"metadata":{"name":"\xff"}}}'
    garbage = Fault(action=Action.GARBAGE, verb="watch", resource="configmaps", agent=OPERATOR, body=broken)
    harness.server.faults.add(garbage)
    await harness.counts(1, RESTARTS, kind="v1/ConfigMap", at_least=True)
    harness.server.faults.add(garbage)
    await harness.counts(1, name, kind="v1/ConfigMap")
    harness.server.faults.add(garbage)
    await harness.put("v1/ConfigMap", "kept", "afterwards")
    await harness.seen("maps", "kept", "afterwards")
    await harness.equal("maps", "v1/ConfigMap")


@script("a line of the watch is longer than 64 MiB", "drops the connection, resumes where it was", "broken")
async def endless_line(harness: OperatorHarness) -> None:
    """Somebody sends without end."""
    before = await harness.metric(RESTARTS, kind="v1/ConfigMap", reason="broken")
    harness.server.faults.add(
        Fault(action=Action.GARBAGE, verb="watch", resource="configmaps", agent=OPERATOR, body="x" * (65 * 2**20))
    )
    await others_work(harness, "while the line comes")
    await harness.counts(before + 1, RESTARTS, at_least=True, kind="v1/ConfigMap", reason="broken")
    await harness.put("v1/ConfigMap", "kept", "afterwards")
    await harness.seen("maps", "kept", "afterwards")
    await harness.equal("maps", "v1/ConfigMap")


@script("an object of 50 MB comes", "keeps it; all others keep running")
async def huge_object(harness: OperatorHarness) -> None:
    """More than etcd takes, yet a server may send it."""
    await harness.put("v1/ConfigMap", "kept", "before")
    await harness.seen("maps", "kept", "before")
    version = (await harness.client.get("v1/ConfigMap", "kept", NAMESPACE))["metadata"]["resourceVersion"]
    metadata = f'{{"name":"huge","namespace":"{NAMESPACE}","resourceVersion":"{version}"}}'
    obj = f'{{"apiVersion":"v1","kind":"ConfigMap","metadata":{metadata},"data":{{"x":"{"x" * 50_000_000}"}}}}'
    meets: dict[str, Any] = {"verb": "watch", "resource": "configmaps", "agent": OPERATOR}
    harness.server.faults.add(Fault(action=Action.GARBAGE, body=f'{{"type":"ADDED","object":{obj}}}', **meets))
    await others_work(harness, "while it comes")
    await harness.seen("maps", "huge", None)
    gone = f'{{"apiVersion":"v1","kind":"ConfigMap","metadata":{metadata}}}'
    harness.server.faults.add(Fault(action=Action.GARBAGE, body=f'{{"type":"DELETED","object":{gone}}}', **meets))
    await harness.seen("maps", "huge", "gone")
    await harness.equal("maps", "v1/ConfigMap")


@script("an item of a list can never be read", "leaves it out, logs and counts it; all other items are there")
async def unreadable_item(harness: OperatorHarness) -> None:
    """One of the items has no name."""
    page = '{"metadata":{"resourceVersion":"1"},"items":[{"metadata":{}},{"metadata":{"name":"x"}}]}'
    watch: dict[str, Any] = {"verb": "watch", "resource": "configmaps", "agent": OPERATOR}
    harness.server.faults.add(Fault(action=Action.ERROR_EVENT, code=410, **watch))
    harness.server.faults.add(Fault(action=Action.REFUSE, query="sendInitialEvents", code=400, **watch))
    harness.server.faults.add(
        Fault(action=Action.REPLACE, verb="list", resource="configmaps", agent=OPERATOR, body=page)
    )
    await harness.counts(1, "plugin_operator_objects_skipped_total", kind="v1/ConfigMap")
    await harness.put("v1/ConfigMap", "kept", "afterwards")
    await harness.seen("maps", "kept", "afterwards")
