"""``ctx.status`` of typed objects that have no status yet: the shapes of the docs, and what cannot begin."""

from typing import Annotated, Any

import pytest

from plugin_operator import UNSET, ApiObject, Condition, Metadata, Struct, UnsetType, resource, schema
from plugin_operator.testing import fake_context


class FoundStatus(Struct):
    ready: int = 0
    conditions: list[Condition] = []


class ObservedStatus(Struct):
    ready: int = 0
    observed_generation: int = 0


class StrictStatus(Struct):
    ready: int
    host: str
    note: str = ""


@resource("example.com/v1/Nullable")
class Nullable(ApiObject):
    status: FoundStatus | None = None


@resource("example.com/v1/Optional")
class Optional(ApiObject):
    status: FoundStatus | UnsetType = UNSET


@resource("example.com/v1/Described")
class Described(ApiObject):
    status: Annotated[FoundStatus | None, schema(description="what was found")] = None


@resource("example.com/v1/Observed")
class Observed(ApiObject):
    status: ObservedStatus | None = None


@resource("example.com/v1/Strict")
class Strict(ApiObject):
    status: StrictStatus | UnsetType = UNSET


@resource("example.com/v1/Loose")
class Loose(ApiObject):
    status: dict[str, str] | None = None


@resource("example.com/v1/Bare")
class Bare(ApiObject):
    """A kind without a status."""


def stored(cls: type[ApiObject]) -> tuple[Any, Any]:
    ctx: Any = fake_context([cls(metadata=Metadata(name="a", namespace="ns"))], kind=cls)
    found = ctx.lister.get(ctx.request)
    assert found is not None
    return ctx, found


SHAPES = pytest.mark.parametrize("cls", [Nullable, Optional, Described])


@SHAPES
async def test_a_block_begins_with_a_new_status_if_there_is_none(cls: type[ApiObject]) -> None:
    ctx, obj = stored(cls)
    async with ctx.status(obj) as status:
        assert isinstance(status, FoundStatus)
        status.ready = 3
        ctx.set_condition(obj, "Ready", True, "Done")
    found = ctx.lister.get(ctx.request).status
    assert (found.ready, [each.type for each in found.conditions]) == (3, ["Ready"])
    assert obj.status.ready == 3
    async with ctx.status(obj) as status:
        status.ready = 3
    assert len(ctx.writes) == 1


@SHAPES
async def test_a_new_status_that_was_left_alone_is_not_written(cls: type[ApiObject]) -> None:
    ctx, obj = stored(cls)
    for _ in range(2):
        async with ctx.status(obj):
            pass
    await ctx.client.update_status(obj)
    await ctx.client.update(obj)
    assert ctx.writes == []
    assert not isinstance(obj.status, Struct)
    assert "status" not in ctx.lister.raw(ctx.request)


@SHAPES
async def test_an_exception_leaves_the_conditions_of_a_new_status(cls: type[ApiObject]) -> None:
    ctx, obj = stored(cls)

    async def fail() -> None:
        async with ctx.status(obj) as status:
            status.ready = 3
            ctx.set_condition(obj, "Ready", False, "Broken")
            raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        await fail()
    found = ctx.lister.get(ctx.request).status
    assert (found.ready, [each.status for each in found.conditions]) == (0, ["False"])


async def test_a_default_that_is_assigned_to_a_new_status_is_written() -> None:
    ctx, obj = stored(Nullable)
    async with ctx.status(obj) as status:
        status.ready = 0
    assert ctx.lister.raw(ctx.request)["status"] == {"ready": 0}


async def test_a_new_status_gets_the_observed_generation() -> None:
    ctx, obj = stored(Observed)
    async with ctx.status(obj) as status:
        status.ready = 1
    assert ctx.lister.raw(ctx.request)["status"] == {"ready": 1, "observedGeneration": 1}


async def enter(cls: type[ApiObject]) -> None:
    ctx, obj = stored(cls)
    async with ctx.status(obj):
        pass


async def test_a_status_with_required_fields_cannot_begin_empty() -> None:
    with pytest.raises(TypeError) as raised:
        await enter(Strict)
    assert str(raised.value) == (
        "this Strict has no status yet, and StrictStatus cannot begin empty: give ready, host a default, or write the "
        "first one with obj.status = StrictStatus(…) and ctx.client.update_status(obj)"
    )
    ctx, obj = stored(Strict)
    obj.status = StrictStatus(ready=1, host="h")
    await ctx.client.update_status(obj)
    obj = ctx.lister.get(ctx.request)
    async with ctx.status(obj) as status:
        status.ready = 2
    assert ctx.lister.raw(ctx.request)["status"] == {"ready": 2, "host": "h"}


@pytest.mark.parametrize("cls", [Loose, Bare])
async def test_a_class_without_a_status_of_fields_is_named_with_the_way_out(cls: type[ApiObject]) -> None:
    with pytest.raises(TypeError) as raised:
        await enter(cls)
    name = cls.__name__
    way_out = f"declare status: {name}Status | None = None, with a Struct {name}Status"
    assert str(raised.value) == f"class {name} has no status that a block can change: {way_out}"
