"""The client and the lister take the classes of built-in kinds."""

from typing import Any, cast

import pytest

from plugin_operator import Context, InvalidError, Metadata
from plugin_operator.kinds import apps_v1, autoscaling_v2, core_v1
from plugin_operator.testing import FakeContext, fake_context

DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "ns"},
    "spec": {"replicas": 1, "fromTheFuture": 1, "template": {"spec": {"containers": [{"name": "web", "image": "a"}]}}},
}
SCALER: dict[str, Any] = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "web", "namespace": "ns"},
    "spec": {"maxReplicas": 3},
    "status": {"currentMetrics": None},
}


def bodies(ctx: FakeContext[Any]) -> list[Any]:
    return [write.body for write in ctx.writes]


async def test_an_object_is_read_changed_and_written_as_a_patch() -> None:
    ctx = fake_context([DEPLOYMENT])
    deployment = await ctx.client.get(apps_v1.Deployment, "web", "ns")
    deployment.spec.replicas = 2
    written = await ctx.client.update(deployment)

    assert (written.spec.replicas, written.spec.template.spec.containers[0].image) == (2, "a")
    assert [each["spec"] for each in bodies(ctx)] == [{"replicas": 2}]
    assert (await ctx.client.get("apps/v1/Deployment", "web", "ns"))["spec"]["fromTheFuture"] == 1


async def test_the_lister_of_a_built_in_class_is_typed() -> None:
    ctx: Context[apps_v1.Deployment] = fake_context([DEPLOYMENT], kind=apps_v1.Deployment)
    found = ctx.lister.get("web", "ns")

    assert found is not None
    assert found.spec.template.spec.containers[0].name == "web"


async def test_an_object_with_a_null_can_be_written() -> None:
    ctx = fake_context([SCALER])
    scaler = await ctx.client.get(autoscaling_v2.HorizontalPodAutoscaler, "web", "ns")
    scaler.spec.max_replicas = 5

    assert (await ctx.client.update(scaler)).spec.max_replicas == 5


async def test_a_new_object_has_what_was_set_and_its_bytes_are_base64() -> None:
    ctx = fake_context()
    await ctx.client.create(core_v1.Secret(metadata=Metadata(name="a", namespace="ns"), data={"key": b"hello"}))

    assert bodies(ctx) == [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "a", "namespace": "ns"},
            "data": {"key": "aGVsbG8="},
        }
    ]


async def test_a_value_of_another_type_is_refused_before_it_is_sent() -> None:
    ctx = fake_context([DEPLOYMENT])
    deployment = await ctx.client.get(apps_v1.Deployment, "web", "ns")
    deployment.spec.replicas = cast("int", "two")

    with pytest.raises(InvalidError, match=r"spec\.replicas"):
        await ctx.client.update(deployment)
    assert ctx.writes == []
