"""The helpers of a Context take objects of classes with ``@resource``."""

from datetime import datetime

import msgspec
import pytest

from plugin_operator import ApiObject, Metadata, Struct, find_condition, resource
from plugin_operator.testing import FakeContext, fake_context


class Condition(Struct):
    """One condition."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    observed_generation: int = 0
    last_transition_time: datetime | None = None


class Status(Struct):
    """What the operator found."""

    ready: int = 0
    conditions: list[Condition] = msgspec.field(default_factory=list)


class Spec(Struct):
    """What a user asks for."""

    size: int = 1


@resource("example.com/v1/Widget")
class Widget(ApiObject):
    """A widget."""

    spec: Spec
    status: Status | None = None


@resource("example.com/v1/Plain")
class Plain(ApiObject):
    """A kind without a status."""


def widget(name: str = "a") -> Widget:
    return Widget(metadata=Metadata(name=name, namespace="ns"), spec=Spec(size=2))


async def read(ctx: FakeContext[Widget]) -> Widget:
    return await ctx.client.get(Widget, ctx.request)


async def test_a_condition_is_set_and_changes_its_time_only_with_its_status() -> None:
    ctx = fake_context([widget()])
    found = await read(ctx)
    assert ctx.set_condition(found, "Ready", False, "Waiting")
    assert ctx.set_condition(found, "Other", True, "Fine")
    assert not ctx.set_condition(found, "Other", True, "Fine")
    stored = await ctx.client.update_status(found)
    first = find_condition(stored, "Ready")
    assert isinstance(first, Condition)
    assert (first.status, first.observed_generation) == ("False", stored.metadata.generation)
    assert ctx.set_condition(stored, "Ready", False, "StillWaiting")
    again = find_condition(stored, "Ready")
    assert isinstance(again, Condition)
    assert (again.reason, again.last_transition_time) == ("StillWaiting", first.last_transition_time)
    await ctx.client.update_status(stored)
    assert [str(each) for each in ctx.writes] == ["patch example.com/v1/Widget/status ns/a"] * 2
    assert find_condition(widget(), "Ready") is None


async def test_a_condition_needs_a_field_for_it() -> None:
    ctx = fake_context([widget()])
    with pytest.raises(TypeError, match=r"class Plain has no field status: a condition is in status\.conditions"):
        ctx.set_condition(Plain(metadata=Metadata(name="a")), "Ready", True, "Fine")


async def test_a_finalizer_is_added_and_the_object_stays_writable() -> None:
    ctx = fake_context([widget()])
    found = await read(ctx)
    found.spec.size = 5
    assert await ctx.ensure_finalizer(found)
    assert not await ctx.ensure_finalizer(found)
    updated = await ctx.client.update(found)
    assert (updated.spec.size, updated.metadata.finalizers) == (5, ["plugin-operator/fake"])
    assert await ctx.remove_finalizer(updated)
    assert (await read(ctx)).metadata.finalizers == []


async def test_an_owner_is_set_in_an_object_and_in_a_dict() -> None:
    ctx = fake_context([widget()])
    owner = await read(ctx)
    child, plain = widget("b"), {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "b", "namespace": "ns"}}
    assert ctx.set_owner(child, owner=owner)
    assert not ctx.set_owner(child, owner=owner)
    assert ctx.set_owner(plain, owner=owner)
    [reference] = child.metadata.owner_references
    assert (reference.kind, reference.uid, reference.controller) == ("Widget", owner.metadata.uid, True)
    made = await ctx.client.create(child)
    assert made.metadata.owner_references == [reference]


async def test_events_and_requests_take_the_object() -> None:
    ctx = fake_context([widget()])
    ctx.recorder.event(widget(), "Normal", "Seen", "was seen")
    ctx.enqueue(widget("b"), after=3)
    assert [str(each) for each in ctx.events] == ["Normal Seen example.com/v1/Widget ns/a: was seen"]
    assert [(each.request, each.after) for each in ctx.enqueued] == [(("ns", "b"), 3.0)]
