"""The classes of plugins in tests: their kinds are there before the first reconcile, and follow edits."""

from pathlib import Path

import pytest

from plugin_operator.errors import NoMatchError
from plugin_operator.testing import PluginHarness, scenario

GADGETS = """
import msgspec
from plugin_operator import ApiObject, Context, Request, Struct, controller, resource


class GadgetSpec(Struct):
    size: int = 3


@resource("example.com/v1/Gadget")
class Gadget(ApiObject):
    spec: GadgetSpec = msgspec.field(default_factory=GadgetSpec)


@controller(for_="example.com/v1/Gadget")
async def gadgets(ctx: Context, request: Request) -> None:
    obj = ctx.lister.get(request)
    if obj is not None:
        ctx.log.info("seen", spec=obj["spec"])
"""
GADGET = {"apiVersion": "example.com/v1", "kind": "Gadget", "metadata": {"name": "a", "namespace": "shop"}}


def written(folder: Path, text: str = GADGETS) -> Path:
    path = folder / "gadgets.py"
    path.write_text(text)
    return path


async def test_a_scenario_creates_objects_of_a_kind_that_its_plugin_defines(tmp_path: Path) -> None:
    async with scenario(written(tmp_path), objects=[GADGET]) as s:
        assert [str(request) for request in s.requests] == ["gadgets shop/a: success"]
        assert s.logs[0]["spec"] == {"size": 3}
        assert s.writes == []


async def test_a_scenario_refuses_objects_of_a_kind_that_no_plugin_defines(tmp_path: Path) -> None:
    with pytest.raises(NoMatchError, match=r"serves no example\.com/v1/Gizmo"):
        async with scenario(written(tmp_path), objects=[{**GADGET, "kind": "Gizmo"}]):
            pytest.fail("the scenario was entered")


async def test_a_definition_of_a_scenario_that_fits_the_class_stays(tmp_path: Path) -> None:
    async with scenario(
        written(tmp_path), crds=[definition({"size": {"type": "integer"}, "more": {"type": "string"}})]
    ) as s:
        assert "stays as it is: plugin-operator owns .spec.versions" in s.plugins[0].reason
        crd = await s.client.get("apiextensions.k8s.io/v1/CustomResourceDefinition", "gadgets.example.com")
        spec = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
        assert set(spec["properties"]) == {"size", "more"}


async def test_the_kind_of_a_harness_follows_the_class(tmp_path: Path) -> None:
    async with PluginHarness(written(tmp_path)) as harness:
        gadget = {**GADGET, "metadata": {"name": "a"}}
        await harness.client.create(gadget)
        await harness.settle()
        assert harness.reconciles("gadgets") == 1
        status = await harness.write(
            "gadgets", GADGETS.replace("size: int = 3", "size: int = 3\n    color: str = 'red'")
        )
        assert status is not None
        assert (status.state, status.reason) == ("Active", "")
        await harness.settle()
        assert (await harness.client.get("example.com/v1/Gadget", "a", "default"))["spec"] == {
            "size": 3,
            "color": "red",
        }


async def test_an_edit_of_a_class_that_an_object_does_not_fit_is_rejected_in_a_harness(tmp_path: Path) -> None:
    async with PluginHarness(written(tmp_path)) as harness:
        await harness.client.create({**GADGET, "metadata": {"name": "a"}, "spec": {"size": 5}})
        status = await harness.write("gadgets", GADGETS.replace("size: int", "size: str").replace("= 3", "= 'x'"))
        assert status is not None
        assert status.state == "Rejected"
        assert "default/a (.spec.size: must be a text, and is 5)" in status.reason


def definition(properties: dict[str, object]) -> dict[str, object]:
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": properties}}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "gadgets.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": "gadgets", "kind": "Gadget"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }
