"""``ctx.previous``: the object as of the last successful reconcile of its key."""

from typing import Any

import pytest

from plugin_operator.containment import PluginGuard
from plugin_operator.controllers import Request
from plugin_operator.plugin import BoundController, Context, ControllerDeclaration
from plugin_operator.testing import FakeContext, fake_context
from plugin_operator.testing.virtual_clock import VirtualClock

WIDGET: dict[str, Any] = {
    "apiVersion": "example.com/v1",
    "kind": "Widget",
    "metadata": {"name": "w", "namespace": "default"},
    "spec": {"size": 1, "color": None},
}


async def grow(ctx: FakeContext, size: int) -> None:
    await ctx.client.patch("example.com/v1/Widget", "w", {"spec": {"size": size}}, "default")


def size_of(obj: Any) -> int:
    found: int = obj["spec"]["size"]
    return found


async def test_there_is_no_previous_object_before_a_success_and_every_field_counts_as_changed() -> None:
    ctx = fake_context([WIDGET])
    assert ctx.previous is None
    assert ctx.field_changed("spec.size")


async def test_the_previous_object_is_that_of_the_last_success() -> None:
    ctx = fake_context([WIDGET])
    ctx.succeed()
    assert not ctx.field_changed("spec.size")
    await grow(ctx, 2)
    assert size_of(ctx.previous) == 1
    assert ctx.field_changed("spec.size")
    assert not ctx.field_changed("spec.other")
    ctx.succeed()
    assert size_of(ctx.previous) == 2


async def test_an_absent_field_differs_from_one_that_is_null() -> None:
    ctx = fake_context([WIDGET])
    ctx.succeed()
    await ctx.client.patch("example.com/v1/Widget", "w", {"spec": {"color": None}}, "default")
    assert ctx.field_changed("spec.color")


async def test_the_previous_object_is_a_private_copy() -> None:
    ctx = fake_context([WIDGET])
    ctx.succeed()
    first = ctx.previous
    assert first is not None
    first["spec"]["size"] = 9
    assert size_of(ctx.previous) == 1


async def test_a_deleted_object_is_forgotten() -> None:
    ctx = fake_context([WIDGET])
    ctx.succeed()
    await ctx.client.delete("example.com/v1/Widget", "w", "default")
    ctx.succeed()
    assert ctx.previous is None


def bound_to(ctx: FakeContext, seen: list[Any], errors: list[Exception]) -> BoundController:
    async def reconcile(inner: Context, request: Request) -> None:
        seen.append(inner.previous and size_of(inner.previous))
        await grow(ctx, len(seen) + 1)
        if errors:
            raise errors.pop()

    declaration = ControllerDeclaration("c", ctx._scope.kind, reconcile, keep_previous=True)
    return BoundController(declaration, ctx._scope, PluginGuard("p", "1", "c", clock=VirtualClock()))


async def test_a_success_remembers_what_the_reconcile_began_with_and_a_failure_remembers_nothing() -> None:
    ctx = fake_context([WIDGET])
    seen: list[Any] = []
    errors: list[Exception] = [RuntimeError("boom")]
    bound = bound_to(ctx, seen, errors)
    with pytest.raises(RuntimeError):
        await bound.reconcile(ctx.request)  # begins with 1
    await bound.reconcile(ctx.request)  # begins with 2
    await bound.reconcile(ctx.request)  # begins with 3
    assert seen == [None, None, 2]


async def test_a_controller_that_does_not_keep_them_is_told_how() -> None:
    ctx = fake_context([WIDGET])
    ctx._scope.previous = None
    with pytest.raises(LookupError, match="keep_previous=True"):
        _ = ctx.previous
    with pytest.raises(LookupError, match="keep_previous=True"):
        ctx.field_changed("spec.size")
