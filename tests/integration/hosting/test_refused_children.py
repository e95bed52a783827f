"""Children that the API server refuses because an edit broke them: the edit is rolled back."""

from typing import Any

import pytest
from msgspec.structs import replace

from plugin_operator.testing.eventually import eventually
from tests.host_harness import NAMESPACE, SHORT_DEADLINES, HostHarness

#: ``{replicas}``, ``{image}`` and the rest are the parts that an edit breaks.
PLUGIN = """
from plugin_operator import controller

@controller(for_="v1/ConfigMap", owns=["apps/v1/Deployment"], label_selector="role=owner")
async def web(ctx, request):
    owner = ctx.lister.get(request)
    if owner is None:
        return
    labels = {"app": request.name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    EDIT
    child = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": request.name}, "spec": spec}
    await ctx.sync_children(owner, [child])
"""
OWNERS = [f"owner-{number}" for number in range(3)]


def plugin(edit: str = "pass") -> str:
    return PLUGIN.replace("EDIT", edit)


async def deployments(harness: HostHarness) -> list[dict[str, Any]]:
    return list(await harness.client.list("apps/v1/Deployment", NAMESPACE, {"plugin-operator/controller": "web"}))


@pytest.mark.parametrize(
    ("edit", "field"),
    [
        ("spec['replicas'] = '1'", ".spec.replicas"),
        ("spec['replica'] = 1", ".spec.replica"),
        ("template['spec']['containers'][0]['env'] = [{'name': 'LEVEL', 'value': 3}]", "value"),
        ("template['spec']['containers'] = []", "spec.template.spec.containers"),
    ],
    ids=["wrong type", "misspelled field", "wrong type in a list", "invalid value"],
)
async def test_an_edit_that_breaks_its_children_is_rolled_back(make_harness: Any, edit: str, field: str) -> None:
    harness: HostHarness = make_harness(settings=replace(SHORT_DEADLINES, probation_seconds=60))
    await harness.host.start()
    harness.host.lead()
    harness.write("web.py", plugin())
    for name in OWNERS:
        metadata = {"name": name, "namespace": NAMESPACE, "labels": {"role": "owner"}}
        await harness.client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})

    async def all_applied() -> bool:
        return len(await deployments(harness)) == len(OWNERS)

    await eventually(all_applied, timeout_seconds=20)
    harness.write("web.py", plugin(edit))
    reason = (await harness.state("Quarantined", "web")).reason
    assert "was rolled back" in reason
    assert field in reason
