"""``ctx.status`` in several reconciles at once, about one object: no block undoes what another one wrote."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin_operator.errors import ConflictError
from plugin_operator.plugin.status.field_trees import changes, rebased
from plugin_operator.plugin.writes.turns import Turns
from plugin_operator.testing import FakeContext, fake_context

Fields = dict[str, Any]
SCALARS = st.integers(0, 2)
VALUES = st.recursive(SCALARS | st.none(), lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3))
CONDITIONS = st.dictionaries(st.sampled_from("ABC"), SCALARS).map(
    lambda found: [{"type": name, "n": value} for name, value in sorted(found.items())]
)
STATUSES = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3).flatmap(
    lambda rest: CONDITIONS.map(lambda conditions: rest | {"conditions": conditions}) | st.just(rest)
)


def shared(status: Fields | None = None, **metadata: Any) -> Fields:
    fixed = {"name": "w", "namespace": "default", "uid": "u1", "generation": 2}
    whole: Fields = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": fixed | metadata}
    return whole if status is None else whole | {"status": status}


async def read(ctx: FakeContext) -> Fields:
    found: Fields = await ctx.client.get("example.com/v1/Widget", "w", "default")
    return found


async def test_two_blocks_that_set_the_same_write_once() -> None:
    ctx = fake_context([shared()])
    one, two = await read(ctx), await read(ctx)
    async with ctx.status(one) as status, ctx.status(two) as other:
        status["a"] = other["a"] = 1
    assert len(ctx.writes) == 1


async def test_a_block_inside_a_block_of_the_same_object_is_refused_and_the_outer_conditions_are_written() -> None:
    ctx = fake_context([shared()])
    one = await read(ctx)
    message = "example.com/v1/Widget default/w is in a block ctx.status already: change its status in that one"
    with pytest.raises(ValueError, match=message):  # noqa: PT012 - the blocks are nested
        async with ctx.status(one):
            ctx.set_condition(one, "Outer", True, "Done")
            async with ctx.status(one):
                ctx.set_condition(one, "Inner", True, "Done")
    async with ctx.status(one) as status:
        status["later"] = 1
    found = (await read(ctx))["status"]
    assert ([each["type"] for each in found["conditions"]], found["later"]) == (["Outer"], 1)


async def test_conditions_that_are_one_value_are_never_lost_without_an_error() -> None:
    entry = {"manager": "other", "operation": "Update", "subresource": "status"}
    fields = [{**entry, "fieldsV1": {"f:status": {"f:conditions": {}}}}]
    ctx = fake_context([shared({"conditions": [{"type": "Other", "status": "True"}]}, managedFields=fields)])
    long, short = await read(ctx), await read(ctx)
    with pytest.raises(ConflictError):  # noqa: PT012 - the blocks are nested, so that one ends in the other
        async with ctx.status(long):
            ctx.set_condition(long, "Long", True, "Done")
            async with ctx.status(short):
                ctx.set_condition(short, "Short", True, "Done")
    assert [each["type"] for each in (await read(ctx))["status"]["conditions"]] == ["Other", "Short"]


@settings(deadline=None)
@given(STATUSES, STATUSES)
def test_a_change_on_the_status_it_was_made_from_gives_the_changed_status(before: Fields, after: Fields) -> None:
    assert plain(rebased(before, after, *changes(before, after))) == plain(after)


@settings(deadline=None)
@given(STATUSES, STATUSES)
def test_no_change_on_another_status_leaves_that_one(before: Fields, base: Fields) -> None:
    assert rebased(base, before, *changes(before, before)) == base


@settings(deadline=None)
@given(STATUSES, STATUSES, st.sampled_from("xyz"), SCALARS)
def test_a_change_keeps_the_fields_that_it_does_not_name(before: Fields, after: Fields, name: str, value: int) -> None:
    found = rebased(before | {name: value}, after, *changes(before, after))
    assert plain(found) == plain(after | {name: value})


def plain(status: Fields) -> Fields:
    """Return a status with its conditions by type: their order is none."""
    conditions = status.get("conditions")
    return status if conditions is None else status | {"conditions": {each["type"]: each for each in conditions}}


async def test_turns_of_one_key_are_taken_one_by_one_and_those_of_others_at_once() -> None:
    turns: Turns[str] = Turns()
    order: list[str] = []

    async def use(key: str, name: str, end: asyncio.Event) -> None:
        async with turns.turn(key):
            order.append(name)
            await end.wait()

    ends = [asyncio.Event() for _ in range(4)]
    tasks = [asyncio.create_task(use("ab"[i == 3], str(i), ends[i])) for i in range(4)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert order == ["0", "3"]
    tasks[1].cancel()
    for end in ends:
        end.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == ["0", "3", "2"]
    assert len(turns) == 0
