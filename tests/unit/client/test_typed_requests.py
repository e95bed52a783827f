"""The client takes and returns typed objects."""

from typing import Annotated, Any

import msgspec
import pytest

from plugin_operator import (
    ApiObject,
    InvalidError,
    LossyWriteError,
    Metadata,
    ObjectDecodeError,
    Struct,
    resource,
    schema,
)
from plugin_operator.errors import ConflictError
from plugin_operator.testing import FakeContext, fake_context


class Part(Struct):
    name: str
    count: int = 1


class Spec(Struct):
    size: Annotated[int, schema(ge=1, le=10)] = 3
    note: Annotated[str, schema(pattern="^[a-z]+$", max_length=4)] | None = None
    parts: list[Part] = msgspec.field(default_factory=list)


class Status(Struct):
    ready: int = 0


@resource("example.com/v1/Widget")
class Widget(ApiObject):
    """A widget."""

    spec: Spec
    status: Status = msgspec.field(default_factory=Status)


def stored(**spec: Any) -> dict[str, Any]:
    metadata = {"name": "a", "namespace": "ns", "labels": {"x": "y"}}
    return {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": metadata, "spec": spec}


def new(name: str = "b", **spec: Any) -> Widget:
    return Widget(metadata=Metadata(name=name, namespace="ns"), spec=Spec(**spec))


def bodies(ctx: FakeContext[Any]) -> list[tuple[str, Any]]:
    return [(str(write), write.body) for write in ctx.writes]


async def test_get_and_list_return_objects_of_the_class() -> None:
    ctx = fake_context([stored(size=4)])
    widget = await ctx.client.get(Widget, "a", "ns")
    assert (type(widget), widget.spec.size, widget.metadata.labels) == (Widget, 4, {"x": "y"})
    assert [each.spec.size for each in await ctx.client.list(Widget)] == [4]
    assert (await ctx.client.get(widget)).spec.size == 4


async def test_create_sends_what_was_set_and_returns_the_stored_object() -> None:
    ctx = fake_context([stored()])
    made = new(parts=[Part(name="p")])
    found = await ctx.client.create(made)
    assert bodies(ctx) == [
        (
            "create example.com/v1/Widget ns/b",
            {
                "apiVersion": "example.com/v1",
                "kind": "Widget",
                "metadata": {"name": "b", "namespace": "ns"},
                "spec": {"parts": [{"name": "p"}]},
            },
        )
    ]
    assert (found.metadata.uid != "", made.metadata.uid) == (True, "")
    found.spec.size = 9
    assert (await ctx.client.update(found)).spec.size == 9


async def test_update_sends_a_merge_patch_of_what_changed_with_the_resource_version() -> None:
    ctx = fake_context([stored(size=4, unknown={"kept": True})])
    widget = await ctx.client.get(Widget, "a", "ns")
    version = widget.metadata.resource_version
    widget.spec.note = "hi"
    updated = await ctx.client.update(widget)
    assert bodies(ctx) == [
        ("patch example.com/v1/Widget ns/a", {"metadata": {"resourceVersion": version}, "spec": {"note": "hi"}})
    ]
    assert (updated.spec.note, updated.metadata.resource_version != version) == ("hi", True)
    assert widget.metadata.resource_version == version
    assert (await ctx.client.get("example.com/v1/Widget", "a", "ns"))["spec"]["unknown"] == {"kept": True}
    await ctx.client.patch(widget, {"spec": {"size": 5}})
    widget.spec.note = "ho"
    with pytest.raises(ConflictError):
        await ctx.client.update(widget)


async def test_update_status_sends_the_status_alone() -> None:
    ctx = fake_context([stored(size=4)])
    widget = await ctx.client.get(Widget, "a", "ns")
    widget.status.ready = 4
    updated = await ctx.client.update_status(widget, field_manager="other", dry_run=True)
    assert (updated.status.ready, updated.spec.size, ctx.writes) == (4, 4, [])
    updated = await ctx.client.update_status(widget)
    assert (updated.status.ready, updated.spec.size) == (4, 4)
    [(_, body)] = bodies(ctx)
    assert body == {"metadata": {"resourceVersion": widget.metadata.resource_version}, "status": {"ready": 4}}


async def test_an_update_without_a_change_sends_nothing() -> None:
    ctx = fake_context([stored(size=4)])
    widget = await ctx.client.get(Widget, "a", "ns")
    assert await ctx.client.update(widget) == widget
    assert await ctx.client.update_status(widget) is not widget
    assert ctx.writes == []


async def test_apply_sends_only_what_was_set_and_status_through_its_subresource() -> None:
    ctx = fake_context([stored(size=4)])
    widget = new("a", size=3, note=None)
    assert type(await ctx.client.apply(widget, force=True)) is Widget
    widget.status.ready = 0
    await ctx.client.apply(widget, subresource="status")
    head = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a", "namespace": "ns"}}
    assert [body for _, body in bodies(ctx)] == [
        {**head, "spec": {"size": 3, "note": None}},
        {**head, "status": {"ready": 0}},
    ]


async def test_create_and_apply_of_an_object_that_was_read_name_update() -> None:
    ctx = fake_context([stored()])
    widget = await ctx.client.get(Widget, "a", "ns")
    for write in (ctx.client.create, ctx.client.apply):
        with pytest.raises(ValueError, match=r"Widget 'a' was read.*update\(\)"):
            await write(widget)
    with pytest.raises(ValueError, match=r"Widget 'b' was never read.*create\(\)"):
        await ctx.client.update(new())
    assert (ctx.writes, ctx.failed_writes) == ([], [])


async def test_patches_and_deletions_take_objects_and_classes() -> None:
    ctx = fake_context([stored(size=4)])
    widget = await ctx.client.patch(Widget, "a", {"spec": {"parts": [Part(name="p")]}}, "ns")
    assert widget.spec.parts == [Part(name="p")]
    assert (await ctx.client.patch(widget, {"spec": {"size": 6}})).spec.size == 6
    status = await ctx.client.patch_status(widget, {"ready": 2})
    assert status.status.ready == 2
    assert bodies(ctx)[0][1] == {"spec": {"parts": [{"name": "p"}]}}
    await ctx.client.delete(status, dry_run=True)
    await ctx.client.delete(Widget, "a", "ns")
    await ctx.client.delete(status, missing_ok=True)
    assert await ctx.client.list(Widget) == []


async def test_a_write_that_breaks_the_class_is_not_sent() -> None:
    ctx = fake_context([stored(size=4)])
    widget = await ctx.client.get(Widget, "a", "ns")
    widget.spec.size = "x"  # type: ignore[assignment]
    made = new()
    made.spec.parts.append({"name": 3})  # type: ignore[arg-type]
    for write, obj, field in (
        (ctx.client.update, widget, "spec.size"),
        (ctx.client.create, made, "spec.parts[0].name"),
        (ctx.client.apply, made, "spec.parts[0].name"),
    ):
        with pytest.raises(InvalidError, match="was not sent") as raised:
            await write(obj)
        assert [cause["field"] for cause in raised.value.causes] == [field]
    assert (ctx.writes, ctx.failed_writes) == ([], [])


async def test_a_lossy_write_is_not_sent() -> None:
    ctx = fake_context([stored(parts=[{"name": "p", "unknown": 1}])])
    widget = await ctx.client.get(Widget, "a", "ns")
    widget.spec.parts.append(Part(name="q"))
    with pytest.raises(LossyWriteError, match=r"spec\.parts\[0\]\.unknown"):
        await ctx.client.update(widget)
    assert (ctx.writes, ctx.failed_writes) == ([], [])


async def test_an_object_that_does_not_fit_is_named() -> None:
    ctx = fake_context([stored(size="x")])
    with pytest.raises(ObjectDecodeError, match=r"Widget ns/a does not fit class Widget: spec.size: Expected int"):
        await ctx.client.get(Widget, "a", "ns")


@pytest.mark.parametrize(
    ("spec", "field", "words"),
    [
        ({"size": 0}, "spec.size", "must be >= 1, and is 0"),
        ({"note": "abc\n"}, "spec.note", "must match"),
        ({"note": "abcde"}, "spec.note", "must have at most 4 characters"),
    ],
)
async def test_a_write_that_breaks_a_bound_is_not_sent(spec: dict[str, Any], field: str, words: str) -> None:
    ctx = fake_context([stored(size=4)])
    widget = await ctx.client.get(Widget, "a", "ns")
    for name, value in spec.items():
        setattr(widget.spec, name, value)
    for write, obj in ((ctx.client.update, widget), (ctx.client.create, new(**spec)), (ctx.client.apply, new(**spec))):
        with pytest.raises(InvalidError, match=words) as raised:
            await write(obj)
        assert [cause["field"] for cause in raised.value.causes] == [field]
    assert (ctx.writes, ctx.failed_writes) == ([], [])


async def test_an_old_object_that_breaks_a_newer_bound_is_readable_and_writable_elsewhere() -> None:
    ctx = fake_context([stored(size=40)])
    widget = await ctx.client.get(Widget, "a", "ns")
    widget.spec.note = "hi"
    assert (await ctx.client.update(widget)).spec.size == 40
    widget = await ctx.client.get(Widget, "a", "ns")
    widget.spec.size = 41
    with pytest.raises(InvalidError, match=r"spec\.size: must be <= 10, and is 41"):
        await ctx.client.update(widget)


class _Bounded(Struct):
    name: str
    size: Annotated[int, schema(le=10)] = 1


class _BoundedSpec(Struct):
    parts: Annotated[list[_Bounded], schema(list_type="map", keys=["name"])] = []
    sizes: list[Annotated[int, schema(le=10)]] = []


@resource("example.com/v1/Widget")
class _BoundedWidget(ApiObject):
    spec: _BoundedSpec


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda spec: spec.parts.pop(0), ""),
        (lambda spec: spec.parts.reverse(), ""),
        (lambda spec: spec.parts.insert(0, _Bounded(name="0")), ""),
        (lambda spec: spec.parts.insert(0, _Bounded(name="0", size=50)), "spec.parts[0].size"),
        (lambda spec: setattr(spec.parts[1], "name", "c"), "spec.parts[1].size"),
        (lambda spec: spec.sizes.append(1), "spec.sizes[1]"),
        (lambda spec: spec.sizes.pop(0), "spec.sizes[0]"),
    ],
    ids=["remove", "reverse", "insert", "insert wrong", "rename", "append to another list", "remove from another list"],
)
async def test_what_was_wrong_in_an_item_of_a_map_is_let_through_wherever_the_item_stands(
    change: Any, wrong: str
) -> None:
    ctx = fake_context([stored(parts=[{"name": "a"}, {"name": "b", "size": 50}], sizes=[1, 50])])
    widget = await ctx.client.get(_BoundedWidget, "a", "ns")
    change(widget.spec)
    if not wrong:
        await ctx.client.update(widget)
        return
    with pytest.raises(InvalidError) as raised:
        await ctx.client.update(widget)
    assert [cause["field"] for cause in raised.value.causes] == [wrong]


@pytest.mark.parametrize("verb", ["create", "apply"])
@pytest.mark.parametrize("made", [msgspec.structs.replace(new(), spec=Spec()), msgspec.convert(stored(), Widget)])
async def test_an_object_that_forgot_which_fields_were_set_is_refused(verb: str, made: Widget) -> None:
    ctx: FakeContext[Any] = fake_context([])
    with pytest.raises(
        ValueError, match=r"forgets which of its fields were set: instead of msgspec\.structs\.replace,"
    ):
        await getattr(ctx.client, verb)(made)
    assert bodies(ctx) == []
