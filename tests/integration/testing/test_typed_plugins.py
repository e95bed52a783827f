"""A plugin with typed objects on the embedded API server."""

from typing import Any

import pytest

from plugin_operator.testing import PluginHarness
from tests.widgets import definition

pytestmark = pytest.mark.embedded_only("the harness brings its own server")

PLUGIN = '''
"""Report the size of each Widget."""

from plugin_operator import ApiObject, Context, Request, Struct, controller, resource


class WidgetSpec(Struct):
    size: int = 3


class WidgetStatus(Struct):
    total: int = 0
    others: int = 0


@resource("example.com/v1/Widget")
class Widget(ApiObject):
    """A widget."""

    spec: WidgetSpec
    status: WidgetStatus | None = None


@controller(for_=Widget)
async def sizes(ctx: Context[Widget], request: Request) -> None:
    widget = ctx.lister.get(request)
    if widget is not None:
        widget.status = WidgetStatus(total=widget.spec.size, others=len(ctx.lister.list()) - 1)
        await ctx.client.update_status(widget)
'''


def widget(name: str, size: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "default"}
    spec = {"size": size, "unknown": {"kept": 1}}
    return {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": metadata, "spec": spec}


async def test_an_object_that_does_not_fit_fails_alone_and_heals_with_its_next_change() -> None:
    async with PluginHarness() as harness:
        await harness.client.create(definition("example.com", status=True))
        await harness.client.create(widget("bad", "large"))
        await harness.client.create(widget("good", 4))
        await harness.write("sizes", PLUGIN)
        await harness.settle()
        [(key, error)] = harness.failing("sizes").items()
        assert key == "default/bad"
        assert "example.com/v1/Widget default/bad does not fit class Widget: spec.size: Expected int, got str" in error
        good = await harness.client.get("example.com/v1/Widget", "good")
        assert (good["status"], good["spec"]) == ({"total": 4, "others": 0}, {"size": 4, "unknown": {"kept": 1}})
        events = await harness.client.list("v1/Event", "default", field_selector={"involvedObject.name": "bad"})
        assert [each["reason"] for each in events] == ["DoesNotFitClass"]
        await harness.client.patch("example.com/v1/Widget", "bad", {"spec": {"size": 5}})
        await harness.settle()
        assert harness.failing("sizes") == {}
        assert (await harness.client.get("example.com/v1/Widget", "bad"))["status"] == {"total": 5, "others": 1}
