"""A status and the rest of its object are written apart: a write refuses a change that it would leave out."""

from collections.abc import Callable
from typing import Any

import pytest

from plugin_operator import ApiObject, InvalidError, Metadata, Struct, resource
from plugin_operator.errors import ConflictError
from plugin_operator.kinds import apps_v1, core_v1
from plugin_operator.testing import FakeContext, fake_context


class Part(Struct):
    name: str
    count: int = 1


class MotorSpec(Struct):
    size: int = 3
    parts: list[Part] = []


class MotorStatus(Struct):
    ready: int = 0
    notes: dict[str, str] = {}


@resource("example.com/v1/Motor")
class Motor(ApiObject):
    spec: MotorSpec
    status: MotorStatus | None = None


class WholeSpec(Struct):
    size: int = 3


@resource("example.com/v1/Whole")
class Whole(ApiObject):
    """A kind without a status."""

    spec: WholeSpec


STORED: dict[str, Any] = {"apiVersion": "example.com/v1", "kind": "Motor", "metadata": {"name": "a", "namespace": "ns"}}


def read(**more: Any) -> tuple[FakeContext[Motor], Motor]:
    ctx: FakeContext[Motor] = fake_context([{**STORED, "spec": {"size": 4}, **more}], kind=Motor)
    found = ctx.lister.get(ctx.request)
    assert found is not None
    return ctx, found


def live(ctx: FakeContext[Any]) -> dict[str, Any]:
    found = ctx.lister.raw(ctx.request)
    assert found is not None
    return found


def size(motor: Motor) -> None:
    motor.spec.size = 5


def ready(motor: Motor) -> None:
    motor.status = MotorStatus(ready=1)


@pytest.mark.parametrize("stored", [{}, {"status": {"ready": 0, "new": 1}}], ids=["no status", "status"])
@pytest.mark.parametrize("also", [None, size], ids=["alone", "with the spec"])
@pytest.mark.parametrize("dry_run", [False, True])
async def test_a_changed_status_in_an_update_is_refused_with_the_call_for_it(
    stored: dict[str, Any], also: Callable[[Motor], None] | None, dry_run: bool
) -> None:
    ctx, motor = read(**stored)
    ready(motor)
    if also is not None:
        also(motor)
    with pytest.raises(InvalidError) as raised:
        await ctx.client.update(motor, dry_run=dry_run)
    assert str(raised.value).endswith(
        'example.com/v1/Motor "a" is invalid and was not sent: status.ready: was changed, and update() does not write '
        "the status: change it after update(), and write it with update_status() or in a block ctx.status"
    )
    assert [cause["field"] for cause in raised.value.causes] == ["status.ready"]
    assert [*ctx.writes, *ctx.failed_writes] == []


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        (size, ["spec.size"]),
        (lambda motor: motor.spec.parts.append(Part(name="p")), ["spec.parts"]),
        (lambda motor: motor.metadata.labels.update(a="b"), ["metadata.labels.a"]),
        (lambda motor: motor.metadata.finalizers.append("example.com/a"), ["metadata.finalizers"]),
        (lambda motor: setattr(motor, "metadata", Metadata(name="a", namespace="ns")), ["metadata.labels.x"]),
    ],
    ids=["spec", "list", "label", "finalizer", "whole metadata"],
)
@pytest.mark.parametrize("also", [None, ready], ids=["alone", "with the status"])
async def test_a_change_beside_the_status_in_an_update_of_the_status_is_refused_with_the_call_for_it(
    change: Callable[[Motor], None], also: Callable[[Motor], None] | None, fields: list[str]
) -> None:
    metadata = {**STORED["metadata"], "labels": {"x": "y"}} if "labels" in fields[0] else STORED["metadata"]
    ctx, motor = read(metadata=metadata)
    change(motor)
    if also is not None:
        also(motor)
    with pytest.raises(InvalidError) as raised:
        await ctx.client.update_status(motor)
    assert set(fields) <= {cause["field"] for cause in raised.value.causes}
    way_out = "was changed, and update_status() writes the status alone: write it with update(), and change the status"
    assert way_out in str(raised.value)
    assert [*ctx.writes, *ctx.failed_writes] == []


async def test_a_change_that_would_lose_something_is_a_change_of_the_other_half_too() -> None:
    ctx, motor = read(spec={"parts": [{"name": "p", "new": 1}]})
    motor.spec.parts.append(Part(name="q"))
    ready(motor)
    with pytest.raises(InvalidError, match=r"spec\.parts\[0\]\.new: was changed, and update_status\(\) writes the"):
        await ctx.client.update_status(motor)


async def test_an_object_is_changed_and_written_half_by_half() -> None:
    ctx, motor = read(status={"new": 1}, spec={"size": 4, "new": 2})
    size(motor)
    updated = await ctx.client.update(motor)
    assert (updated.spec.size, motor.metadata.resource_version != updated.metadata.resource_version) == (5, True)
    ready(motor)
    updated = await ctx.client.update_status(motor)
    assert (updated.spec.size, updated.status) == (5, MotorStatus(ready=1))
    motor.spec.size = 6
    motor.spec.parts = [Part(name="p")]
    await ctx.client.update(motor)
    motor.spec.size = 4
    await ctx.client.update(motor)
    body: Any = ctx.writes[-1].body
    assert body["spec"] == {"size": 4}
    found = live(ctx)
    assert (found["spec"], found["status"]) == (
        {"size": 4, "new": 2, "parts": [{"name": "p"}]},
        {"ready": 1, "new": 1},
    )


async def test_what_was_written_is_not_written_again() -> None:
    ctx, motor = read()
    size(motor)
    first = await ctx.client.update(motor)
    again = await ctx.client.update(motor)
    assert (again, len(ctx.writes)) == (first, 1)
    assert (await ctx.client.update_status(motor), len(ctx.writes)) == (first, 1)


async def test_a_dry_run_is_no_write() -> None:
    ctx, motor = read()
    size(motor)
    await ctx.client.update(motor, dry_run=True)
    await ctx.client.update(motor)
    assert live(ctx)["spec"] == {"size": 5}


async def test_a_second_half_conflicts_with_what_another_party_wrote_meanwhile() -> None:
    ctx, motor = read()
    size(motor)
    await ctx.client.update(motor)
    await ctx.client.patch(Motor, ctx.request, {"metadata": {"labels": {"a": "b"}}})
    ready(motor)
    with pytest.raises(ConflictError):
        await ctx.client.update_status(motor)


async def test_what_the_server_added_to_a_write_is_no_change_of_the_author() -> None:
    metadata = {"name": "a", "namespace": "ns"}
    ctx: FakeContext[Any] = fake_context([{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata}])
    deployment = await ctx.client.get(apps_v1.Deployment, "a", "ns")
    deployment.spec.replicas = 2
    await ctx.client.update(deployment)
    deployment.status.replicas = 2
    await ctx.client.update_status(deployment)
    found = await ctx.client.get(apps_v1.Deployment, "a", "ns")
    assert (found.spec.replicas, found.status.replicas) == (2, 2)


async def test_a_kind_without_a_status_is_written_whole() -> None:
    ctx: FakeContext[Any] = fake_context([{**STORED, "kind": "Whole", "spec": {"size": 1}}], kind=Whole)
    found: Any = ctx.lister.get(ctx.request)
    found.spec.size = 2
    found.metadata.labels["a"] = "b"
    await ctx.client.update(found)
    assert live(ctx)["spec"] == {"size": 2}


async def test_an_update_within_a_block_leaves_the_status_to_the_block() -> None:
    ctx, motor = read()
    async with ctx.status(motor) as status:
        status.ready = 1
        size(motor)
        await ctx.client.update(motor)
        status.ready = 2
    assert (live(ctx)["spec"]["size"], live(ctx)["status"]["ready"]) == (5, 2)
    status.ready = 3
    motor.status = status
    with pytest.raises(InvalidError, match=r"status\.ready: was changed, and update\(\)"):
        await ctx.client.update(motor)


@pytest.mark.parametrize("stored", [{}, {"status": {"ready": 0, "new": 1}}], ids=["no status", "status"])
@pytest.mark.parametrize("changes", [True, False], ids=["changed", "left alone"])
async def test_an_update_after_a_block_writes_the_rest(stored: dict[str, Any], changes: bool) -> None:
    ctx, motor = read(**stored)
    size(motor)
    async with ctx.status(motor) as status:
        status.ready = int(changes)
    await ctx.client.update(motor)
    motor.spec.size = 6
    await ctx.client.update(motor)
    assert live(ctx)["spec"]["size"] == 6


async def test_an_update_after_a_failed_block_writes_the_rest() -> None:
    ctx, motor = read(status={"ready": 0})

    async def fail() -> None:
        async with ctx.status(motor) as status:
            status.ready = 1
            raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        await fail()
    size(motor)
    await ctx.client.update(motor)
    assert (live(ctx)["spec"]["size"], live(ctx)["status"]) == (5, {"ready": 0})


async def test_an_object_from_before_a_block_is_no_changed_one_after_it() -> None:
    ctx, motor = read(status={"ready": 0})
    old = ctx.lister.get(ctx.request)
    assert old is not None
    async with ctx.status(motor) as status:
        status.ready = 1
    async with ctx.status(old):
        pass
    size(old)
    with pytest.raises(ConflictError):
        await ctx.client.update(old)


async def test_an_object_that_another_party_changed_is_no_changed_one_after_a_block() -> None:
    ctx, motor = read(status={"ready": 0})
    await ctx.client.patch(Motor, ctx.request, {"metadata": {"labels": {"a": "b"}}})
    async with ctx.status(motor) as status:
        status.ready = 1
    size(motor)
    with pytest.raises(ConflictError):
        await ctx.client.update(motor)


async def test_helpers_that_write_metadata_are_no_change_of_the_author() -> None:
    ctx, motor = read()
    await ctx.ensure_finalizer(motor)
    ready(motor)
    await ctx.client.update_status(motor)
    motor = await ctx.client.get(Motor, "a", "ns")
    async with ctx.status(motor) as status:
        status.ready = 2
    await ctx.remove_finalizer(motor)
    ready(motor)
    await ctx.client.update_status(motor)
    assert live(ctx)["status"]["ready"] == 1


def new(status: MotorStatus | dict[str, int] | None) -> Any:
    return Motor(metadata=Metadata(name="b", namespace="ns"), spec=MotorSpec(), status=status)  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [MotorStatus(ready=0), {"ready": 1}], ids=["typed", "dict"])
@pytest.mark.parametrize(
    ("call", "way_out"),
    [
        ("create", "set it in what create() returns, and write it with update_status()"),
        ("apply", 'set it after this call, and write it with apply(obj, subresource="status")'),
    ],
)
async def test_a_status_that_a_new_object_states_is_refused_with_the_call_for_it(
    status: MotorStatus | dict[str, int], call: str, way_out: str
) -> None:
    ctx, _ = read()
    with pytest.raises(InvalidError) as raised:
        await getattr(ctx.client, call)(new(status))
    assert str(raised.value).endswith(
        f'"b" is invalid and was not sent: status.ready: was set, and {call}() does not write the status: '
        f"{way_out} or in a block ctx.status"
    )
    assert [*ctx.writes, *ctx.failed_writes] == []


async def test_a_typed_child_that_states_a_status_is_refused() -> None:
    ctx, motor = read()
    pod = core_v1.Pod(metadata=Metadata(name="p"), status=core_v1.PodStatus(phase="Running"))
    with pytest.raises(InvalidError, match=r'"p" .*status\.phase: was set, and sync_children\(\) does not write the'):
        await ctx.sync_children(motor, [pod])
    assert ctx.writes == []


@pytest.mark.parametrize("status", [None, MotorStatus(), {}], ids=["none", "empty", "empty dict"])
@pytest.mark.parametrize("call", ["create", "apply"])
async def test_a_new_object_may_have_a_status_that_states_nothing(status: Any, call: str) -> None:
    ctx, _ = read()
    assert (await getattr(ctx.client, call)(new(status))).spec.size == 3


async def test_an_apply_of_the_status_follows_that_of_the_rest() -> None:
    ctx, _ = read()
    motor = new(None)
    await ctx.client.apply(motor)
    ready(motor)
    applied = await ctx.client.apply(motor, subresource="status")
    assert applied.status == MotorStatus(ready=1)
