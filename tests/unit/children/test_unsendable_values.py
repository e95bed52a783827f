"""Values in a child that are no value of its field: refused with their path, before anything is sent."""

from typing import Any, cast

import msgspec
import pytest
from kubernetes_asyncio.client import V1Container, V1EnvVar

from plugin_operator.kinds.apps_v1 import Deployment, DeploymentSpec
from plugin_operator.kinds.core_v1 import PodTemplateSpec
from plugin_operator.kinds.meta_v1 import LabelSelector
from plugin_operator.kube.objects import Metadata
from plugin_operator.testing import FakeContext, fake_context

OWNER: dict[str, Any] = {
    "apiVersion": "example.com/v1",
    "kind": "Widget",
    "metadata": {"name": "w", "namespace": "default", "uid": "u1"},
}


def deployment(container: Any = None, **spec: Any) -> dict[str, Any]:
    pod = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [container or {"name": "web", "image": "web:1"}]}}
    spec = {"selector": {"matchLabels": {"a": "b"}}, "template": pod, **spec}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


def custom(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "example.com/v1", "kind": "Gadget", "metadata": {"name": "web"}, "spec": spec}


def widget(ctx: FakeContext) -> dict[str, Any]:
    found = ctx.lister.get(ctx.request)
    assert found is not None
    return found


async def synced(child: Any) -> FakeContext:
    ctx = fake_context([OWNER])
    await ctx.sync_children(widget(ctx), [child])
    return ctx


@pytest.mark.parametrize(
    ("child", "message"),
    [
        (deployment(replicas=None), r"child apps/v1/Deployment web: spec\.replicas is None: leave the field out"),
        (deployment(replicas=msgspec.UNSET), r"spec\.replicas is UNSET: leave the field out"),
        (deployment({"name": "web", "env": [None]}), r"spec\.template\.spec\.containers\[0\]\.env\[0\] is None"),
        (
            deployment(template={"metadata": {"annotations": {"example.com/a": None}}}),
            r"annotations\['example.com/a'\]",
        ),
        (custom(size=msgspec.UNSET), r"spec\.size is UNSET"),
        (custom(sizes=(1.0, float("nan"))), r"spec\.sizes\[1\] is nan: JSON has no such number"),
    ],
)
async def test_a_value_that_is_none_is_refused_with_its_path(child: Any, message: str) -> None:
    ctx = fake_context([OWNER])
    with pytest.raises(ValueError, match=message):
        await ctx.sync_children(widget(ctx), [deployment() | {"metadata": {"name": "other"}}, child])
    assert ctx.writes == []


async def test_none_in_a_typed_child_of_a_built_in_kind_leaves_the_field_out() -> None:
    containers = [{"name": "web", "image": "web:1", "env": None}]
    spec: Any = DeploymentSpec(
        replicas=None,  # as null, an apply would take the field from an autoscaler
        selector=LabelSelector(match_labels={"a": "b"}),
        template=PodTemplateSpec(spec=cast("Any", {"containers": containers})),
    )
    (write,) = (await synced(Deployment(metadata=Metadata(name="web"), spec=spec))).writes
    assert isinstance(write.body, dict)
    assert write.body["spec"] == {
        "selector": {"matchLabels": {"a": "b"}},
        "template": {"spec": {"containers": [{"name": "web", "image": "web:1"}]}},
    }


async def test_a_custom_kind_may_have_a_field_of_null() -> None:
    (write,) = (await synced(custom(size=None))).writes
    assert isinstance(write.body, dict)
    assert write.body["spec"] == {"size": None}


async def test_a_model_inside_a_dict_is_sent_as_a_dict() -> None:
    container = V1Container(name="web", image="web:1", env=[V1EnvVar(name="a", value="b")])
    (write,) = (await synced(deployment(container))).writes
    assert isinstance(write.body, dict)
    (sent,) = write.body["spec"]["template"]["spec"]["containers"]
    assert sent == {"name": "web", "image": "web:1", "env": [{"name": "a", "value": "b"}]}


async def test_what_json_cannot_hold_is_named_with_its_path() -> None:
    with pytest.raises(TypeError, match=r"spec\.template\.spec\.containers\[0\]\.env: a object cannot be written"):
        await synced(deployment({"name": "web", "env": object()}))
