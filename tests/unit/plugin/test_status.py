"""``ctx.status`` over objects in memory: what is written, when, and what an exception leaves."""

import asyncio
from typing import Any

import msgspec
import pytest

from plugin_operator.errors import ConflictError
from plugin_operator.kube.definitions import resource
from plugin_operator.kube.objects import ApiObject, Struct
from plugin_operator.plugin.status.field_trees import changes, covers, merged, projected, tree_of
from plugin_operator.testing import FakeContext, fake_context

Fields = dict[str, Any]


def widget(status: Fields | None = None, **metadata: Any) -> Fields:
    fixed = {"name": "w", "namespace": "default", "uid": "u1", "generation": 2}
    whole = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {**fixed, **metadata}, "spec": {"a": 1}}
    return whole if status is None else {**whole, "status": status}


def read(ctx: FakeContext) -> Fields:
    found = ctx.lister.get(ctx.request)
    assert found is not None
    return found


def sent(ctx: FakeContext) -> Fields:
    """Return the status in the body of the only write."""
    (write,) = [each for each in ctx.writes if "status" in str(each)]
    assert isinstance(write.body, dict)
    status: Fields = write.body["status"]
    return status


async def fail(ctx: FakeContext, obj: Fields, error: BaseException, ready: int | None = None, **condition: str) -> None:
    """Change the status in a block that raises."""
    async with ctx.status(obj) as status:
        if ready is not None:
            status["ready"] = ready
        for type_, value in condition.items():
            ctx.set_condition(obj, type_, value, "Failed")
        raise error


async def test_a_changed_status_is_written_once_with_the_observed_generation() -> None:
    ctx = fake_context([widget()])
    obj = read(ctx)
    async with ctx.status(obj) as status:
        status["ready"] = 1
        status["ready"] = 3
        assert ctx.writes == []
    assert read(ctx)["status"] == {"ready": 3, "observedGeneration": 2}
    assert [str(each) for each in ctx.writes] == ["apply example.com/v1/Widget/status default/w"]
    assert obj["metadata"]["resourceVersion"] == read(ctx)["metadata"]["resourceVersion"]


async def test_an_unchanged_status_is_not_written() -> None:
    ctx = fake_context([widget({"ready": 3, "observedGeneration": 2})])
    async with ctx.status(read(ctx)) as status:
        status["ready"] = 3
    assert ctx.writes == []


async def test_only_fields_that_changed_or_were_applied_before_are_sent() -> None:
    ctx = fake_context([widget({"others": 1, "observedGeneration": 2})])
    async with ctx.status(read(ctx)) as status:
        status["ready"] = 3
    assert sent(ctx) == {"ready": 3}


async def test_the_status_starts_from_the_last_answer_if_the_object_is_older() -> None:
    ctx = fake_context([widget()])
    old = read(ctx)
    async with ctx.status(read(ctx)) as status:
        status["ready"] = 3
    async with ctx.status(old) as status:
        assert status["ready"] == 3
    assert len(ctx.writes) == 1


async def test_conditions_can_be_set_inside_the_block() -> None:
    ctx = fake_context([widget()])
    obj = read(ctx)
    async with ctx.status(obj):
        ctx.set_condition(obj, "Ready", True, "Done")
    assert [each["type"] for each in read(ctx)["status"]["conditions"]] == ["Ready"]


async def test_an_exception_leaves_the_changed_conditions_and_nothing_else() -> None:
    ctx = fake_context([widget({"ready": 1})])
    obj = read(ctx)
    with pytest.raises(RuntimeError, match="boom"):
        await fail(ctx, obj, RuntimeError("boom"), ready=3, Ready="False")
    found = read(ctx)["status"]
    assert (found["ready"], [each["status"] for each in found["conditions"]]) == (1, ["False"])
    assert "observedGeneration" not in found


async def test_an_exception_without_changed_conditions_writes_nothing() -> None:
    ctx = fake_context([widget()])
    with pytest.raises(RuntimeError, match="boom"):
        await fail(ctx, read(ctx), RuntimeError("boom"), ready=3)
    assert ctx.writes == []


async def test_the_exception_of_the_block_is_raised_even_if_its_conditions_cannot_be_written() -> None:
    ctx = fake_context([widget()], fail={"apply": 500})
    with pytest.raises(RuntimeError, match="boom"):
        await fail(ctx, read(ctx), RuntimeError("boom"), Ready="False")


async def test_a_cancelled_block_writes_nothing() -> None:
    ctx = fake_context([widget()])
    with pytest.raises(asyncio.CancelledError):
        await fail(ctx, read(ctx), asyncio.CancelledError(), Ready="False")
    assert ctx.writes == []


async def test_a_field_of_another_manager_is_removed_by_a_patch_with_the_version() -> None:
    ctx = fake_context([widget({"others": {"a": 1, "b": 2}, "observedGeneration": 2})])
    async with ctx.status(read(ctx)) as status:
        del status["others"]["a"]
    assert ctx.writes[0].verb == "patch"
    assert sent(ctx) == {"others": {"a": None}}
    assert read(ctx)["status"] == {"others": {"b": 2}, "observedGeneration": 2}


def managed(conditions: Fields) -> list[Fields]:
    entry = {"manager": "other", "operation": "Update", "subresource": "status"}
    return [{**entry, "fieldsV1": {"f:status": {"f:conditions": conditions}}}]


async def test_conditions_that_are_one_value_are_patched_with_the_version_and_a_conflict_is_raised() -> None:
    conditions = [{"type": "Other", "status": "True"}]
    ctx = fake_context([widget({"conditions": conditions}, managedFields=managed({}))])
    obj = read(ctx)
    await ctx.client.patch("example.com/v1/Widget", "w", {"metadata": {"labels": {"a": "b"}}}, "default")
    with pytest.raises(ConflictError):
        async with ctx.status(obj):
            ctx.set_condition(obj, "Ready", True, "Done")
    obj = read(ctx)
    async with ctx.status(obj):
        ctx.set_condition(obj, "Ready", True, "Done")
    assert [each["type"] for each in read(ctx)["status"]["conditions"]] == ["Other", "Ready"]


async def test_conditions_that_are_a_map_are_applied_item_by_item() -> None:
    fields: Fields = {'k:{"type":"Other"}': {".": {}, "f:type": {}}}
    ctx = fake_context([widget({"conditions": [{"type": "Other", "status": "True"}]}, managedFields=managed(fields))])
    obj = read(ctx)
    async with ctx.status(obj):
        ctx.set_condition(obj, "Ready", True, "Done")
    assert [each["type"] for each in sent(ctx)["conditions"]] == ["Ready"]


async def test_an_object_that_was_not_read_is_refused() -> None:
    ctx = fake_context([widget()])
    with pytest.raises(ValueError, match=r"metadata\.uid"):
        async with ctx.status({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}}):
            pass


class Phase(Struct):
    name: str = ""


class WidgetStatus(Struct):
    ready: int = 0
    phase: Phase = msgspec.field(default_factory=Phase)
    observed_generation: int = 0


@resource("example.com/v1/Widget")
class Widget(ApiObject):
    status: WidgetStatus = msgspec.field(default_factory=WidgetStatus)


async def test_the_status_of_a_typed_object_is_written_without_losing_what_its_class_does_not_know() -> None:
    ctx = fake_context([widget({"ready": 3, "other": 1})], kind=Widget)
    obj = ctx.lister.get(ctx.request)
    assert obj is not None
    async with ctx.status(obj) as status:
        status.ready = 0
        status.phase.name = "Done"
    found = ctx.lister.raw(ctx.request)
    assert found is not None
    assert found["status"] == {"ready": 0, "other": 1, "phase": {"name": "Done"}, "observedGeneration": 2}
    assert obj.metadata.resource_version == found["metadata"]["resourceVersion"]
    async with ctx.status(obj) as status:
        status.ready = 0
    assert len(ctx.writes) == 1


class Step(Struct):
    name: str
    tries: int = 0


class GadgetStatus(Struct):
    ready: int = 0
    done: bool = False
    steps: list[Step] = []
    by_name: dict[str, Step] = {}


@resource("example.com/v1/Gadget")
class Gadget(ApiObject):
    status: GadgetStatus = msgspec.field(default_factory=GadgetStatus)


def gadget_context(status: Fields | None) -> tuple[FakeContext[Gadget], Gadget]:
    stored = {**widget(status), "kind": "Gadget"}
    if status is None:
        stored.pop("status", None)
    ctx = fake_context([stored], kind=Gadget)
    found = ctx.lister.get(ctx.request)
    assert found is not None
    return ctx, found


@pytest.mark.parametrize("before", [None, {}, {"unknown": 1}])
async def test_a_default_that_is_assigned_to_an_absent_field_of_the_status_is_written_once(
    before: Fields | None,
) -> None:
    ctx, obj = gadget_context(before)
    async with ctx.status(obj) as status:
        status.ready = 0
    found = ctx.lister.raw(ctx.request)
    assert found is not None
    assert found["status"] == {**(before or {}), "ready": 0}
    for _ in range(2):
        async with ctx.status(obj) as status:
            status.ready = 0
    assert len(ctx.writes) == 1


@pytest.mark.parametrize("before", [None, {}, {"steps": [{"name": "a"}, {"name": "b", "tries": 0}]}])
async def test_a_status_that_was_left_alone_is_not_written(before: Fields | None) -> None:
    ctx, obj = gadget_context(before)
    async with ctx.status(obj):
        pass
    await ctx.client.update_status(obj)
    assert ctx.writes == []


async def test_items_of_a_list_keep_what_stood_in_them_when_others_come_before() -> None:
    ctx, obj = gadget_context({"steps": [{"name": "a"}, {"name": "b", "tries": 0}], "byName": {"c": {"name": "c"}}})
    async with ctx.status(obj) as status:
        status.steps.insert(0, Step(name="new", tries=0))
        status.by_name["c"].tries = 0
    found = ctx.lister.raw(ctx.request)
    assert found is not None
    assert found["status"]["steps"] == [{"name": "new", "tries": 0}, {"name": "a"}, {"name": "b", "tries": 0}]
    assert found["status"]["byName"] == {"c": {"name": "c", "tries": 0}}


async def test_update_status_writes_a_default_that_is_assigned_to_an_absent_field() -> None:
    ctx, obj = gadget_context(None)
    obj.status.ready = 0
    await ctx.client.update_status(obj)
    found = ctx.lister.raw(ctx.request)
    assert found is not None
    assert found["status"] == {"ready": 0}


async def test_the_version_of_an_object_that_another_party_has_changed_is_not_taken() -> None:
    ctx = fake_context([widget()])
    obj = read(ctx)
    await ctx.client.patch("example.com/v1/Widget", "w", {"spec": {"a": 2}}, "default")
    async with ctx.status(obj) as status:
        status["ready"] = 3
    obj["spec"]["b"] = 1
    with pytest.raises(ConflictError):
        await ctx.client.update(obj)


def test_trees_name_what_changed_and_what_is_gone() -> None:
    before = {"a": 1, "b": {"c": 1, "d": 2}, "conditions": [{"type": "A", "status": "True"}, {"type": "B"}]}
    after = {"b": {"c": 2, "e": {}}, "list": [1], "conditions": [{"type": "A", "status": "False"}]}
    tree, removed = changes(before, after)
    assert tree == {
        "f:b": {"f:c": {}, "f:e": {}},
        "f:list": {},
        "f:conditions": {'k:{"type":"A"}': {}},
    }
    assert sorted(removed) == [("f:a",), ("f:b", "f:d"), ("f:conditions", 'k:{"type":"B"}')]
    assert projected(after, tree) == {"b": {"c": 2, "e": {}}, "list": [1], "conditions": after["conditions"]}


def test_a_whole_value_covers_its_parts() -> None:
    tree = merged({"f:a": {}, "f:b": {"f:c": {}}}, {"f:a": {"f:x": {}}, "f:b": {"f:d": {}}})
    assert tree == {"f:a": {}, "f:b": {"f:c": {}, "f:d": {}}}
    assert covers(tree, ("f:a", "f:x"))
    assert covers(tree, ("f:b", "f:c"))
    assert not covers(tree, ("f:b", "f:e"))
    assert not covers(tree, ("f:z",))


def test_only_the_applied_status_of_the_manager_counts_as_its_own() -> None:
    mine = {"manager": "me", "operation": "Apply", "subresource": "status", "fieldsV1": {"f:status": {"f:a": {}}}}
    others = [{**mine, "operation": "Update"}, {**mine, "subresource": ""}, {**mine, "manager": "you"}]
    assert tree_of({"metadata": {"managedFields": others}}, "me") == {}
    assert tree_of({"metadata": {"managedFields": [*others, mine]}}, "me") == {"f:a": {}}
