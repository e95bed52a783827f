"""A lister of a class decodes from the cache, and an object that does not fit fails nothing but its own key."""

from typing import Any

import pytest
import structlog

from plugin_operator import ApiObject, Context, ObjectDecodeError, Struct, resource
from plugin_operator.testing import FakeContext, fake_context


class Spec(Struct):
    size: int = 3


@resource("example.com/v1/Widget")
class Widget(ApiObject):
    """A widget."""

    spec: Spec


def stored(name: str, size: Any = 4, **labels: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "ns", "labels": labels}
    return {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": metadata, "spec": {"size": size}}


def context(*objects: dict[str, Any], **options: Any) -> FakeContext[Widget]:
    return fake_context(objects, kind=Widget, **options)


def test_the_lister_of_a_class_gives_objects_of_the_class() -> None:
    ctx = context(stored("a", on="1"), stored("b"))
    lister = ctx.lister_for(Widget)
    found = lister.get(ctx.request)
    assert found is not None
    found.spec.size = 9
    again = lister.get("ns/a")
    assert (type(found), again and again.spec.size) == (Widget, 4)
    assert lister.get("c", "ns") is None
    assert [each.metadata.name for each in lister.list("ns", {"on": "1"})] == ["a"]
    assert sorted(lister.keys()) == [("ns", "a"), ("ns", "b")]
    assert (len(lister), ctx.request in lister) == (2, True)
    assert ctx.lister_for("example.com/v1/Widget").get("ns/a") == lister.raw("ns/a")


def test_the_lister_of_the_reconciled_kind_is_typed_if_its_class_is_declared() -> None:
    ctx: Context[Widget] = context(stored("a"))
    found = ctx.lister.get(ctx.request)
    assert isinstance(found, Widget)
    assert isinstance(fake_context([stored("a")]).lister.get("ns/a"), dict)
    assert isinstance(fake_context([Widget(metadata=found.metadata, spec=Spec())]).lister.get("ns/a"), Widget)


def test_an_object_that_does_not_fit_fails_its_own_key_and_stays_readable_as_a_dict() -> None:
    ctx = context(stored("bad", "x"), stored("good"))
    lister = ctx.lister_for(Widget)
    with structlog.testing.capture_logs() as lines:
        for _ in range(3):
            with pytest.raises(ObjectDecodeError, match=r"Widget ns/bad does not fit class .*spec\.size") as misfit:
                lister.get("ns/bad")
    raw = lister.raw("ns/bad")
    assert raw is not None
    assert raw["spec"] == {"size": "x"}
    good = lister.get("ns/good")
    assert good is not None
    assert [str(each) for each in ctx.events] == [
        f"Warning DoesNotFitClass example.com/v1/Widget ns/bad: {misfit.value}"
    ]
    assert [(line["event"], line["name"], line["path"]) for line in lines] == [
        ("Object does not fit its class", "bad", "spec.size")
    ]


async def test_a_new_version_that_does_not_fit_is_reported_again() -> None:
    ctx = context(stored("bad", "x"))
    for size in ("y", "z"):
        assert ctx.lister.list() == []
        await ctx.client.patch("example.com/v1/Widget", ctx.request, {"spec": {"size": size}})
    assert ctx.lister.list() == []
    assert len(ctx.events) == 3


def test_list_and_by_index_leave_out_what_does_not_fit_unless_strict() -> None:
    def by_on(obj: dict[str, Any]) -> list[str]:
        return [obj["metadata"]["labels"].get("on", "")]

    indexes = {"example.com/v1/Widget": {"on": by_on}}
    ctx = context(stored("bad", "x", on="1"), stored("good", on="1"), indexes=indexes)
    lister = ctx.lister_for(Widget)
    assert [each.metadata.name for each in lister.list()] == ["good"]
    assert [each.metadata.name for each in lister.by_index("on", "1")] == ["good"]
    assert [each.name for each in lister.index_keys("on", "1")] == ["bad", "good"]
    assert len(ctx.events) == 1
    with pytest.raises(ObjectDecodeError):
        lister.list(strict=True)
    with pytest.raises(ObjectDecodeError):
        lister.by_index("on", "1", strict=True)
