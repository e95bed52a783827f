"""Writes of typed objects take part in reading own writes, in loop detection and in missing rights."""

from typing import Any

import pytest

from plugin_operator import ApiObject, ForbiddenError, Metadata, Struct, resource
from plugin_operator.errors import AlreadyExistsError, ConflictError
from plugin_operator.kube import GroupVersionKind, NamespacedName
from plugin_operator.plugin.writes.expectations import Deleted, Expectation, NewerThan, Present, Target
from plugin_operator.plugin.writes.expecting_client import ExpectingClient
from plugin_operator.testing import FakeContext, fake_context


class Spec(Struct):
    size: int = 1


class Status(Struct):
    ready: int = 0


@resource("example.com/v1/Widget")
class Widget(ApiObject):
    """A widget."""

    spec: Spec
    status: Status | None = None


GVK = GroupVersionKind.parse("example.com/v1/Widget")
TARGET = Target(GVK, NamespacedName("ns", "a"))


class Notes:
    """Stands for expectations and loop detector, and notes what they are told."""

    def __init__(self) -> None:
        self.written: list[tuple[Target, str]] = []
        self.expected: list[tuple[Target, Expectation]] = []
        self.removed: list[Target] = []

    def wrote(self, request: Any, target: Target, obj: dict[str, Any]) -> None:
        self.written.append((target, obj["metadata"]["resourceVersion"]))

    def expect(self, request: Any, target: Target, expectation: Expectation) -> None:
        self.expected.append((target, expectation))

    def deleted(self, request: Any, target: Target) -> None:
        self.removed.append(target)

    def uid_of(self, target: Target) -> str:
        return "u"


class Rights:
    def __init__(self) -> None:
        self.missing: list[str] = []

    def __bool__(self) -> bool:
        return bool(self.missing)

    def denied(self, attempt: Any, error: ForbiddenError) -> None:
        self.missing.append(f"{attempt.verb} {attempt.kind} {attempt.namespace}")

    def granted(self, attempt: Any) -> None:
        self.missing.remove(f"{attempt.verb} {attempt.kind} {attempt.namespace}")


def watched(**options: Any) -> tuple[ExpectingClient, Notes, Notes, Rights, FakeContext[Widget]]:
    ctx = fake_context([widget()], **options)
    writes, loops, rights = Notes(), Notes(), Rights()
    parts: list[Any] = [writes, ctx.request, loops, rights]
    return ExpectingClient(ctx.client, *parts), writes, loops, rights, ctx


def widget(name: str = "a") -> Widget:
    return Widget(metadata=Metadata(name=name, namespace="ns"), spec=Spec(size=1))


async def test_each_write_is_expected_and_seen_by_the_loop_detector() -> None:
    client, writes, loops, _, _ = watched()
    found: Widget = await client.get(Widget, "a", "ns")
    found.spec.size = 2
    found = await client.update(found)
    found.status = Status(ready=2)
    found = await client.update_status(found)
    found = await client.patch(Widget, "a", {"spec": {"size": 3}}, "ns")
    found = await client.patch_status(found, {"ready": 3})
    found = await client.apply(widget())
    assert [target for target, _ in writes.written] == [TARGET] * 5
    assert writes.written == loops.written
    assert writes.written[-1] == (TARGET, found.metadata.resource_version)


async def test_an_update_that_sent_nothing_is_no_write() -> None:
    client, writes, loops, _, _ = watched()
    found = await client.get(Widget, "a", "ns")
    await client.update(found)
    await client.update_status(found)
    assert writes.written == loops.written == []


async def test_a_conflict_waits_for_a_newer_version_than_the_one_that_was_read() -> None:
    client, writes, _, _, _ = watched()
    found = await client.get(Widget, "a", "ns")
    await client.patch(found, {"spec": {"size": 3}})
    found.spec.size = 2
    with pytest.raises(ConflictError):
        await client.update(found)
    with pytest.raises(AlreadyExistsError):
        await client.create(widget())
    wanted: list[tuple[Target, Expectation]] = [
        (TARGET, NewerThan(found.metadata.resource_version)),
        (TARGET, Present()),
    ]
    assert writes.expected == wanted


async def test_a_deletion_by_class_or_object_is_expected() -> None:
    client, writes, loops, _, _ = watched()
    await client.delete(widget())
    await client.create(widget())
    await client.delete(Widget, "a", "ns")
    await client.create(widget())
    await client.delete_collection(Widget, "ns")
    assert [each for each, what in writes.expected if isinstance(what, Deleted)] == [TARGET] * 3
    assert loops.removed == [TARGET] * 3


async def test_a_missing_right_names_the_kind_and_ends_with_the_next_success() -> None:
    client, _, _, rights, ctx = watched(fail={"patch": [403], "list": [403]})
    found = await ctx.client.get(Widget, "a", "ns")
    found.spec.size = 2
    with pytest.raises(ForbiddenError):
        await client.update(found)
    with pytest.raises(ForbiddenError):
        await client.list(Widget, "ns")
    assert rights.missing == ["patch/ example.com/v1/Widget ns", "list example.com/v1/Widget ns"]
    await client.update(found)
    await client.list(Widget, "ns")
    assert rights.missing == []


async def test_an_object_that_is_written_twice_is_written_once_for_each_change() -> None:
    client, writes, _, _, _ = watched()
    found: Widget = await client.get(Widget, "a", "ns")
    found.spec.size = 2
    await client.update(found)
    await client.update(found)
    found.status = Status(ready=2)
    await client.update_status(found)
    await client.update_status(found)
    assert len(writes.written) == 2


async def test_a_conflict_of_a_second_write_waits_for_a_newer_version_than_that_of_the_first() -> None:
    client, writes, _, _, ctx = watched()
    found: Widget = await client.get(Widget, "a", "ns")
    found.spec.size = 2
    first = await client.update(found)
    await ctx.client.patch(found, {"spec": {"size": 3}})
    found.spec.size = 4
    with pytest.raises(ConflictError):
        await client.update(found)
    assert writes.expected == [(TARGET, NewerThan(first.metadata.resource_version))]
