"""Servers that vanish and forget, and answers that no server should give."""

from typing import Any

from kube_apiserver.faults import Action, Fault
from tests.integration.faults.rows import OPERATOR
from tests.integration.faults.scripts import RESTARTS, SCRIPTED, others_work, script
from tests.integration.faults.sides import NAMESPACE

__all__ = ["SCRIPTED"]


@script("the server is away for a while", "backs off, lists again once it is back", "broken")
async def server_away(site: Any) -> None:
    """Nobody listens at its address."""
    await site.put("v1/ConfigMap", "kept", "before")
    await site.seen("maps", "kept", "before")
    await site.server.stop()
    await site.shows("maps", "BACKING_OFF")
    assert (await site.get("probe server", "/healthz"))[0] == 200
    await site.server.start()
    await site.put("v1/ConfigMap", "kept", "after")
    await site.seen("maps", "kept", "after")
    await others_work(site, "after")
    await site.equal("maps", "v1/ConfigMap")


@script("the server comes back with its data lost", "lists again, reconciles what is gone", "broken")
async def server_lost_data(site: Any) -> None:
    """A cluster that was set up anew under the same address, younger than the one before."""
    for number in range(300):
        await site.put("v1/ConfigMap", "kept", number)
    await site.seen("maps", "kept", 299)
    await site.server.stop()
    site.server.lose_data()
    await site.server.start()
    await site.prepare()
    await site.put("v1/ConfigMap", "fresh", 1)
    await site.seen("maps", "fresh", 1)
    await site.seen("maps", "kept", "gone")
    await site.seen("bystander", "other", "gone")
    await site.equal("maps", "v1/ConfigMap")


@script(
    "the server comes back with its data lost, and its versions have passed ours",
    "lists again, reconciles what is gone",
    "broken",
)
async def server_caught_up(site: Any) -> None:
    """By its versions alone it could be the one from before."""
    await site.server.stop()
    site.server.lose_data()
    before = int(site.cache_of("v1/Secret").resource_version)
    await site.server.start()
    site.server.faults.add(Fault(action=Action.REFUSE, agent=OPERATOR, count=None, code=503))
    await site.prepare()
    version, number = 0, 0
    while version <= before:
        number += 1
        made = await site.put("v1/Secret", "fresh", number)
        version = int(made["metadata"]["resourceVersion"])
    site.server.faults.clear()
    await site.seen("bystander", "fresh", number)
    await site.seen("bystander", "other", "gone")
    await site.seen("maps", "kept", "gone")
    await site.equal("maps", "v1/ConfigMap")
    await site.equal("bystander", "v1/Secret")


@script("the server comes back from an older backup", "lists again, reconciles what differs", "history rewritten")
async def server_restored(site: Any) -> None:
    """Objects go back to what they were, and versions with them."""
    await site.put("v1/ConfigMap", "kept", "in the backup")
    await site.seen("maps", "kept", "in the backup")
    await site.server.stop()
    site.server.back_up()
    await site.server.start()
    for number in range(5):
        await site.put("v1/ConfigMap", "kept", number)
    await site.put("v1/ConfigMap", "after", 1)
    await site.seen("maps", "after", 1)
    await site.seen("maps", "kept", 4)
    await site.server.stop()
    site.server.restore()
    await site.server.start()
    await site.seen("maps", "after", "gone")
    await site.seen("maps", "kept", "in the backup")
    await site.equal("maps", "v1/ConfigMap")


@script("history is compacted while a watch is broken", "lists again", "expired")
async def compacted(site: Any) -> None:
    """The watch cannot go on where it was."""
    site.server.faults.add(
        Fault(action=Action.REFUSE, verb="watch", resource="configmaps", agent=OPERATOR, count=None, code=500)
    )
    site.server.faults.add(Fault(action=Action.BREAK, verb="watch", resource="configmaps", agent=OPERATOR))
    await site.shows("maps", "BACKING_OFF")
    await site.put("v1/ConfigMap", "kept", "meanwhile")
    await site.client.delete("v1/ConfigMap", "doomed", NAMESPACE)
    site.server.server.cluster.store.compact()
    site.server.faults.clear()
    await site.seen("maps", "kept", "meanwhile")
    await site.seen("maps", "doomed", "gone")


@script("an object in the watch can never be read", "leaves it out after the second time, logs and counts it", "broken")
async def unreadable_object(site: Any) -> None:
    """The same broken line comes again and again."""
    name = "plugin_operator_objects_skipped_total"
    broken = '{"type":"ADDED","object":{"metadata":{"name":"\xff"}}}'
    garbage = Fault(action=Action.GARBAGE, verb="watch", resource="configmaps", agent=OPERATOR, body=broken)
    site.server.faults.add(garbage)
    await site.counts(1, RESTARTS, kind="v1/ConfigMap", at_least=True)
    site.server.faults.add(garbage)
    await site.counts(1, name, kind="v1/ConfigMap")
    site.server.faults.add(garbage)
    await site.put("v1/ConfigMap", "kept", "afterwards")
    await site.seen("maps", "kept", "afterwards")
    await site.equal("maps", "v1/ConfigMap")


@script("a line of the watch is longer than 64 MiB", "drops the connection, resumes where it was", "broken")
async def endless_line(site: Any) -> None:
    """Somebody sends without end."""
    before = await site.metric(RESTARTS, kind="v1/ConfigMap", reason="broken")
    site.server.faults.add(
        Fault(action=Action.GARBAGE, verb="watch", resource="configmaps", agent=OPERATOR, body="x" * (65 * 2**20))
    )
    await others_work(site, "while the line comes")
    await site.counts(before + 1, RESTARTS, at_least=True, kind="v1/ConfigMap", reason="broken")
    await site.put("v1/ConfigMap", "kept", "afterwards")
    await site.seen("maps", "kept", "afterwards")
    await site.equal("maps", "v1/ConfigMap")


@script("an object of 50 MB comes", "keeps it; all others go on")
async def huge_object(site: Any) -> None:
    """More than etcd takes, yet a server may send it."""
    await site.put("v1/ConfigMap", "kept", "before")
    await site.seen("maps", "kept", "before")
    version = (await site.client.get("v1/ConfigMap", "kept", NAMESPACE))["metadata"]["resourceVersion"]
    metadata = f'{{"name":"huge","namespace":"{NAMESPACE}","resourceVersion":"{version}"}}'
    obj = f'{{"apiVersion":"v1","kind":"ConfigMap","metadata":{metadata},"data":{{"x":"{"x" * 50_000_000}"}}}}'
    meets = {"verb": "watch", "resource": "configmaps", "agent": OPERATOR}
    site.server.faults.add(Fault(action=Action.GARBAGE, body=f'{{"type":"ADDED","object":{obj}}}', **meets))
    await others_work(site, "while it comes")
    await site.seen("maps", "huge", None)
    gone = f'{{"apiVersion":"v1","kind":"ConfigMap","metadata":{metadata}}}'
    site.server.faults.add(Fault(action=Action.GARBAGE, body=f'{{"type":"DELETED","object":{gone}}}', **meets))
    await site.seen("maps", "huge", "gone")
    await site.equal("maps", "v1/ConfigMap")


@script("an item of a list can never be read", "leaves it out, logs and counts it; all other items are there")
async def unreadable_item(site: Any) -> None:
    """One of the items has no name."""
    page = '{"metadata":{"resourceVersion":"1"},"items":[{"metadata":{}},{"metadata":{"name":"x"}}]}'
    watch = {"verb": "watch", "resource": "configmaps", "agent": OPERATOR}
    site.server.faults.add(Fault(action=Action.ERROR_EVENT, code=410, **watch))
    site.server.faults.add(Fault(action=Action.REFUSE, query="sendInitialEvents", code=400, **watch))
    site.server.faults.add(Fault(action=Action.REPLACE, verb="list", resource="configmaps", agent=OPERATOR, body=page))
    await site.counts(1, "plugin_operator_objects_skipped_total", kind="v1/ConfigMap")
    await site.put("v1/ConfigMap", "kept", "afterwards")
    await site.seen("maps", "kept", "afterwards")
