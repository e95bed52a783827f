"""With a watch that lags, a controller never works on a state from before its own writes."""

import os
from typing import Any

from kube_apiserver.faults import Action, Fault
from tests.integration.faults.operator_harness import OperatorHarness
from tests.integration.faults.servers import NAMESPACE

HEAD = """
from plugin_operator import controller, Result
def note(*words):
    with open({journal!r}, 'a') as journal:
        print(*words, file=journal)
"""
COUNTING = """
@controller(for_='v1/ConfigMap', name='counting', namespaces=['NAMESPACE'])
async def reconcile(ctx, request):
    obj = ctx.lister.get(request)
    if request.name != 'counted' or obj is None:
        return None
    n = int(obj['data']['n'])
    note('counting read', n)
    if n < 5:
        await ctx.client.patch('v1/ConfigMap', request, {'data': {'n': str(n + 1)}})
        return Result(requeue=True)
"""
CONFLICTING = """
@controller(for_='v1/ConfigMap', name='conflicting', namespaces=['NAMESPACE'])
async def reconcile(ctx, request):
    obj = ctx.lister.get(request)
    if request.name != 'shared' or obj is None or obj['data'].get('mine'):
        return
    note('conflicting attempt', obj['data']['n'])
    obj['data']['mine'] = 'yes'
    await ctx.client.update(obj)
"""
DELETING = """
@controller(for_='v1/ConfigMap', name='deleting', namespaces=['NAMESPACE'], reads=['v1/Secret'])
async def reconcile(ctx, request):
    child = ctx.lister_for('v1/Secret').get('NAMESPACE/child')
    if request.name == 'parent':
        note('deleting', 'sees' if child else 'misses', 'its child')
        if child:
            await ctx.client.delete('v1/Secret', 'child', 'NAMESPACE')
            return Result(requeue=True)
"""


def add(harness: OperatorHarness, name: str, text: str) -> None:
    path = harness.plugins / f"{name}.py"
    path.write_text(HEAD.format(journal=str(harness.journal)) + text.replace("NAMESPACE", NAMESPACE))
    os.utime(path, (1e9, 1e9))


def config_map(name: str, **data: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": NAMESPACE}, "data": data}


def lag(harness: OperatorHarness, resource: str) -> None:
    harness.server.faults.add(Fault(action=Action.LAG, verb="watch", resource=resource, seconds=0.25, count=None))


async def test_each_reconcile_reads_what_the_one_before_has_written(harness: OperatorHarness) -> None:
    add(harness, "counting", COUNTING)
    await harness.active("counting")
    lag(harness, "configmaps")
    await harness.client.create(config_map("counted", n="0"))
    await harness.seen("counting", "read", 5)
    reads = [line for line in harness.journal.read_text().splitlines() if line.startswith("counting")]
    assert list(dict.fromkeys(reads)) == [f"counting read {n}" for n in range(6)]
    assert [line for line in reads if not line.endswith("5")] == [f"counting read {n}" for n in range(5)]
    await harness.counts(0, "plugin_operator_late_caches_total")


async def test_a_conflict_is_not_repeated_with_the_same_old_copy(harness: OperatorHarness) -> None:
    add(harness, "conflicting", CONFLICTING)
    await harness.active("conflicting")
    await harness.client.create(config_map("shared", n="1", mine="not yet"))
    lag(harness, "configmaps")
    await harness.client.patch("v1/ConfigMap", "shared", {"data": {"n": "2", "mine": None}}, NAMESPACE)
    await harness.client.patch("v1/ConfigMap", "shared", {"data": {"n": "3"}}, NAMESPACE)

    async def is_mine() -> str | None:
        found: str | None = (await harness.client.get("v1/ConfigMap", "shared", NAMESPACE))["data"].get("mine")
        return found

    await harness.eventually(is_mine)
    attempts = [line for line in harness.journal.read_text().splitlines() if line.startswith("conflicting")]
    assert attempts in (["conflicting attempt 2", "conflicting attempt 3"], ["conflicting attempt 3"])


async def test_what_was_deleted_is_not_deleted_again(harness: OperatorHarness) -> None:
    await harness.put("v1/Secret", "child", 1)
    add(harness, "deleting", DELETING)
    await harness.active("deleting")
    lag(harness, "secrets")
    await harness.client.create(config_map("parent"))
    await harness.seen("deleting", "misses", "its child")
    lines = [line for line in harness.journal.read_text().splitlines() if line.startswith("deleting")]
    assert lines == ["deleting sees its child", "deleting misses its child"]
