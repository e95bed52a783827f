"""``ctx.status`` of objects whose whole status was replaced: by a dict, which is used, or by None, which is refused."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from plugin_operator import UNSET, ApiObject, InvalidError, Metadata, Struct, UnsetType, resource
from plugin_operator.testing import FakeContext, fake_context


class DeviceStatus(Struct):
    ready: int = 0
    since: datetime | None = None
    hosts: list[str] = []
    ports: dict[str, int] = {}
    observed_generation: int = 0


@resource("example.com/v1/Device")
class Device(ApiObject):
    status: DeviceStatus | UnsetType | None = UNSET


def odd(value: Any) -> Any:
    """Return a value that a type checker would refuse."""
    return value


def stored(status: Any = UNSET) -> tuple[FakeContext[Device], Device]:
    ctx = fake_context([Device(metadata=Metadata(name="a", namespace="ns"), status=status)], kind=Device)
    found = ctx.lister.get(ctx.request)
    assert found is not None
    return ctx, found


def live(ctx: FakeContext[Any]) -> Any:
    found = ctx.lister.raw(ctx.request)
    assert found is not None
    return found["status"]


async def write(ctx: FakeContext[Any], obj: Any, change: Callable[[Any], None]) -> None:
    async with ctx.status(obj):
        change(obj)


ABSENCES = pytest.mark.parametrize(("value", "word"), [(None, "None"), (UNSET, "UNSET")])


@ABSENCES
@pytest.mark.parametrize("before", [UNSET, DeviceStatus(ready=1)], ids=["absent", "present"])
async def test_a_status_that_is_removed_in_the_block_is_named_with_the_way_out(
    before: Any, value: Any, word: str
) -> None:
    ctx, obj = stored(before)
    with pytest.raises(InvalidError) as raised:
        await write(ctx, obj, lambda obj: setattr(obj, "status", value))
    assert str(raised.value).endswith(
        f'example.com/v1/Device "a" is invalid and was not sent: status: is {word}, and ctx.status does not remove a '
        "status: change its fields, or assign DeviceStatus()"
    )
    assert [cause["field"] for cause in raised.value.causes] == ["status"]
    assert [*ctx.writes, *ctx.failed_writes] == []


@ABSENCES
async def test_a_status_that_was_removed_before_the_block_is_named(value: Any, word: str) -> None:
    ctx, obj = stored(DeviceStatus(ready=1))
    obj.status = value
    with pytest.raises(InvalidError, match=f"status: is {word}, and ctx.status does not remove a status"):
        await write(ctx, obj, lambda obj: None)
    assert ctx.writes == []


async def test_the_way_out_resets_a_status() -> None:
    ctx, obj = stored(DeviceStatus(ready=1, hosts=["a"]))
    await write(ctx, obj, lambda obj: setattr(obj, "status", DeviceStatus()))
    assert (live(ctx).get("ready", 0), live(ctx).get("hosts", [])) == (0, [])


@ABSENCES
async def test_an_exception_of_the_reconcile_is_not_hidden_by_a_removed_status(value: Any, word: str) -> None:
    ctx, obj = stored(DeviceStatus(ready=1))

    def fail(obj: Any) -> None:
        obj.status = value
        raise RuntimeError(word)

    with pytest.raises(RuntimeError, match=word):
        await write(ctx, obj, fail)
    assert ctx.writes == []


async def test_the_status_of_a_dict_cannot_be_removed_either() -> None:
    metadata = {"name": "a", "namespace": "ns", "uid": "u", "generation": 1}
    obj = {"apiVersion": "example.com/v1", "kind": "Device", "metadata": metadata, "status": {"ready": 1}}
    ctx: FakeContext[Any] = fake_context([obj])
    with pytest.raises(InvalidError, match=r"status: is None, and .* assign {}"):
        await write(ctx, ctx.lister.get(ctx.request), lambda obj: obj.__setitem__("status", None))
    with pytest.raises(InvalidError, match=r"status: is a str, and ctx\.status"):
        await write(ctx, ctx.lister.get(ctx.request), lambda obj: obj.__setitem__("status", "ready"))


@pytest.mark.parametrize("before", [UNSET, DeviceStatus(hosts=["a"])], ids=["absent", "present"])
async def test_a_status_that_is_a_dict_before_the_block_is_the_one_that_the_block_changes(before: Any) -> None:
    ctx, obj = stored(before)
    obj.status = odd({"ready": 2})
    async with ctx.status(obj) as status:
        status.ready += 1
    assert live(ctx)["ready"] == 3


async def test_a_status_that_becomes_a_dict_in_the_block_is_written() -> None:
    ctx, obj = stored()
    await write(ctx, obj, lambda obj: setattr(obj, "status", {"ready": 2}))
    assert live(ctx) == {"ready": 2, "observedGeneration": 1}
    assert obj.status == DeviceStatus(ready=2, observed_generation=1)


@pytest.mark.parametrize("before", [UNSET, DeviceStatus(ready=1)], ids=["absent", "present"])
@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ({"raedy": 1}, "status.raedy: class DeviceStatus has no such field; did you mean ready?"),
        ({"ready": "a"}, "status.ready: Expected int, got str"),
    ],
)
async def test_a_block_of_a_status_that_is_a_wrong_dict_does_not_begin(before: Any, status: Any, reason: str) -> None:
    ctx, obj = stored(before)
    obj.status = odd(status)
    with pytest.raises(InvalidError) as raised:
        await write(ctx, obj, lambda obj: None)
    assert reason in str(raised.value)
    assert ctx.writes == []


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("since", datetime(2026, 1, 2), "status.since: datetime.* has no time zone"),  # noqa: DTZ001 - the mistake
        ("hosts", ["a", UNSET], r"status.hosts\[1\]: a UnsetType cannot be written"),
        ("ports", {"http": object()}, r"status.ports\[http\]: a object cannot be written"),
    ],
)
async def test_a_value_that_json_does_not_have_is_named_with_its_path(field: str, value: Any, words: str) -> None:
    ctx, obj = stored()
    with pytest.raises((TypeError, ValueError), match=words):
        await write(ctx, obj, lambda obj: setattr(obj.status, field, value))


async def test_a_change_from_before_the_block_is_written_with_those_in_it() -> None:
    ctx, obj = stored(DeviceStatus(ports={"a": 1}))
    assert obj.status
    obj.status.ready = 2
    obj.status.ports["b"] = 2
    async with ctx.status(obj) as status:
        status.hosts.append("a")
    assert live(ctx) == {"ready": 2, "hosts": ["a"], "ports": {"a": 1, "b": 2}, "observedGeneration": 1}


async def test_a_change_from_before_the_block_is_written_alone() -> None:
    ctx, obj = stored()
    obj.status = DeviceStatus(ready=2)
    async with ctx.status(obj):
        pass
    assert live(ctx)["ready"] == 2


async def test_a_change_from_before_the_block_outlives_a_newer_answer() -> None:
    ctx, obj = stored(DeviceStatus(ready=1))
    old = ctx.lister.get(ctx.request)
    assert old is not None
    assert old.status
    async with ctx.status(obj) as status:
        status.hosts.append("a")
    old.status.ready = 2
    async with ctx.status(old) as status:
        assert (status.ready, status.hosts) == (2, ["a"])
    assert (live(ctx)["ready"], live(ctx)["hosts"]) == (2, ["a"])


async def test_a_change_from_before_a_failed_block_is_dropped_with_those_in_it() -> None:
    ctx, obj = stored(DeviceStatus(ready=1))
    assert obj.status
    obj.status.ready = 2

    def fail(_: Any) -> None:
        raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        await write(ctx, obj, fail)
    assert (live(ctx)["ready"], obj.status.ready) == (1, 1)
    assert ctx.writes == []


async def test_a_status_that_update_status_wrote_is_no_change_in_a_block() -> None:
    ctx, obj = stored(DeviceStatus(ready=1))
    assert obj.status
    obj.status.hosts = ["a"]
    await ctx.client.update_status(obj)
    await ctx.client.patch_status(obj, {"hosts": ["b"]})
    async with ctx.status(obj) as status:
        status.ready = 2
    assert (live(ctx)["ready"], live(ctx)["hosts"]) == (2, ["b"])
