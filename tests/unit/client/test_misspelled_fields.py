"""A dict in the place of a struct, with a name that its class does not have: no write sends it, and each names it."""

from collections.abc import Callable
from typing import Any

import pytest

from plugin_operator import ApiObject, InvalidError, Metadata, Struct, resource
from plugin_operator.kinds import apps_v1
from plugin_operator.testing import FakeContext, fake_context


class Part(Struct):
    name: str
    count: int = 1


class GadgetSpec(Struct):
    size: int = 3
    max_size: int = 9
    main: Part | None = None
    parts: list[Part] = []
    by_zone: dict[str, list[Part]] = {}
    free: dict[str, Any] = {}


class GadgetStatus(Struct):
    ready: int = 0
    parts: list[Part] = []


@resource("example.com/v1/Gadget")
class Gadget(ApiObject):
    spec: GadgetSpec
    status: GadgetStatus | None = None


def odd(value: Any) -> Any:
    """Return a value that a type checker would refuse."""
    return value


def new(spec: Any) -> Gadget:
    return Gadget(metadata=Metadata(name="b", namespace="ns"), spec=odd(spec))


def live(ctx: FakeContext[Gadget]) -> dict[str, Any]:
    found = ctx.lister.raw(ctx.request)
    assert found is not None
    return found


async def read(**more: Any) -> tuple[FakeContext[Gadget], Gadget]:
    metadata = {"name": "a", "namespace": "ns"}
    stored = {"apiVersion": "example.com/v1", "kind": "Gadget", "metadata": metadata, "spec": {"size": 4}, **more}
    ctx: FakeContext[Gadget] = fake_context([stored], kind=Gadget)
    return ctx, await ctx.client.get(Gadget, "a", "ns")


SPECS = pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"sise": 4}, "spec.sise: class GadgetSpec has no such field; did you mean size?"),
        ({"max_size": 4}, "spec.max_size: class GadgetSpec has no such field; did you mean maxSize?"),
        ({"main": {"nmae": "p"}}, "spec.main.nmae: class Part has no such field; did you mean name?"),
        ({"zzz": 4}, "spec.zzz: class GadgetSpec has no such field; it has size, maxSize, main, parts, byZone, free"),
        ({"parts": [{"name": "p", "cuont": 2}]}, "spec.parts[0].cuont: class Part has no such field; did you mean c"),
        ({"parts": [Part(name="a"), {"name": "p", "cuont": 2}]}, "spec.parts[1].cuont: class Part has no such field"),
        ({"byZone": {"z": [{"name": "p", "cuont": 2}]}}, "spec.byZone[z][0].cuont: class Part has no such field"),
        (GadgetSpec(parts=odd([{"name": "p", "cuont": 2}])), "spec.parts[0].cuont: class Part has no such field"),
        (GadgetSpec(main=odd({"name": "p", "cuont": 2})), "spec.main.cuont: class Part has no such field"),
        (GadgetSpec(by_zone={"z": [odd({"name": "p", "cuont": 2})]}), "spec.byZone[z][0].cuont: class Part has no"),
    ],
)


@SPECS
@pytest.mark.parametrize("verb", ["create", "apply"])
async def test_a_new_object_with_a_misspelled_field_is_not_sent(verb: str, spec: Any, words: str) -> None:
    ctx: FakeContext[Any] = fake_context([], kind=Gadget)
    with pytest.raises(InvalidError) as raised:
        await getattr(ctx.client, verb)(new(spec))
    assert f'example.com/v1/Gadget "b" is invalid and was not sent: {words}' in str(raised.value)
    assert [cause["field"] for cause in raised.value.causes] == [words.partition(":")[0]]
    assert [*ctx.writes, *ctx.failed_writes] == []


@SPECS
async def test_an_update_with_a_misspelled_field_is_not_sent(spec: Any, words: str) -> None:
    ctx, obj = await read()
    obj.spec = spec
    with pytest.raises(InvalidError) as raised:
        await ctx.client.update(obj)
    assert words in str(raised.value)
    assert [*ctx.writes, *ctx.failed_writes] == []


async def test_all_misspelled_fields_are_named_at_once() -> None:
    ctx: FakeContext[Any] = fake_context([], kind=Gadget)
    with pytest.raises(InvalidError) as raised:
        await ctx.client.create(new({"sise": 4, "main": {"nmae": "p"}}))
    assert [cause["field"] for cause in raised.value.causes] == ["spec.sise", "spec.main.nmae"]


STATUSES = pytest.mark.parametrize(
    ("status", "field"),
    [
        ({"raedy": 1}, "status.raedy"),
        ({"parts": [{"name": "p", "cuont": 2}]}, "status.parts[0].cuont"),
        (GadgetStatus(parts=odd([{"name": "p", "cuont": 2}])), "status.parts[0].cuont"),
    ],
)


@STATUSES
async def test_an_update_of_a_status_with_a_misspelled_field_is_not_sent(status: Any, field: str) -> None:
    ctx, obj = await read()
    obj.status = status
    with pytest.raises(InvalidError) as raised:
        await ctx.client.update_status(obj)
    assert [cause["field"] for cause in raised.value.causes] == [field]
    assert [*ctx.writes, *ctx.failed_writes] == []


async def write_in_block(ctx: FakeContext[Gadget], obj: Gadget, change: Callable[[Any], None]) -> None:
    async with ctx.status(obj):
        change(obj)


@STATUSES
async def test_a_block_that_leaves_a_status_with_a_misspelled_field_sends_nothing(status: Any, field: str) -> None:
    ctx, obj = await read(status={"ready": 1})
    with pytest.raises(InvalidError) as raised:
        await write_in_block(ctx, obj, lambda obj: setattr(obj, "status", status))
    assert [cause["field"] for cause in raised.value.causes] == [field]
    assert [*ctx.writes, *ctx.failed_writes] == []


async def test_fields_that_were_read_are_no_mistake_of_the_author_and_stay() -> None:
    ctx, obj = await read(spec={"size": 4, "new": 1, "main": {"name": "m", "new": 2}}, status={"new": 3})
    obj.spec.size = 5
    obj = await ctx.client.update(obj)
    obj.spec = odd({"size": 6, "main": {"name": "n"}})
    obj = await ctx.client.update(obj)
    obj.status = odd({"ready": 1})
    await ctx.client.update_status(obj)
    found = live(ctx)
    assert found["spec"] == {"size": 6, "new": 1, "main": {"name": "n", "new": 2}}
    assert found["status"] == {"ready": 1, "new": 3}


async def test_a_dict_of_what_was_read_may_have_its_unknown_fields() -> None:
    ctx, obj = await read(spec={"size": 4, "new": 1, "main": {"name": "m", "new": 2}})
    raw = live(ctx)
    obj.spec = odd({**raw["spec"], "size": 5})
    await ctx.client.update(obj)
    assert live(ctx)["spec"] == {"size": 5, "new": 1, "main": {"name": "m", "new": 2}}


async def test_a_dict_in_place_of_a_struct_removes_the_known_fields_that_it_lacks() -> None:
    ctx, obj = await read(spec={"size": 4, "main": {"name": "m", "count": 3}, "new": 1})
    obj.spec = odd({"main": {"name": "m"}})
    await ctx.client.update(obj)
    assert live(ctx)["spec"] == {"main": {"name": "m"}, "new": 1}


async def test_keys_of_maps_are_names_of_the_author() -> None:
    ctx, obj = await read()
    obj.spec = odd({"free": {"sise": 1}, "byZone": {"sise": []}})
    obj.metadata.labels["sise"] = "1"
    await ctx.client.update(obj)
    assert live(ctx)["spec"]["free"] == {"sise": 1}


async def test_an_object_of_a_built_in_kind_names_its_misspelled_field_too() -> None:
    ctx: FakeContext[Any] = fake_context([])
    deployment = apps_v1.Deployment(
        metadata=Metadata(name="a", namespace="ns"),
        spec=odd({"replcas": 3, "template": {"spec": {"containers": [{"name": "a", "imgae": "b"}]}}}),
    )
    with pytest.raises(InvalidError) as raised:
        await ctx.client.create(deployment)
    fields = [cause["field"] for cause in raised.value.causes]
    assert fields == ["spec.replcas", "spec.template.spec.containers[0].imgae"]
    assert "did you mean replicas?" in str(raised.value)


async def test_a_child_with_a_misspelled_field_is_not_applied() -> None:
    ctx, obj = await read()
    with pytest.raises(InvalidError, match=r'"b" is invalid and was not sent: spec\.sise: class GadgetSpec'):
        await ctx.sync_children(obj, [new({"sise": 4})])
    assert ctx.writes == []


def test_a_test_cannot_start_with_a_misspelled_field() -> None:
    with pytest.raises(InvalidError, match=r'"b" is invalid and was not sent: spec\.sise: class GadgetSpec'):
        fake_context([new({"sise": 4})])
