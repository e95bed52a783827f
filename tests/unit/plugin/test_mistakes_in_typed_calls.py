"""Calls of the client with what is no object, no kind or no value of a field: a clear error, and no lost coroutine."""

import gc
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from plugin_operator import UNSET, ApiObject, InvalidError, Metadata, PluginRejected, Struct, UnsetType, resource
from plugin_operator.testing import FakeContext, fake_context
from tests.unit.plugin.conftest import HEADER, Load


class Part(Struct):
    name: str
    count: int = 1


class FleetSpec(Struct):
    image: str
    size: int = 3
    host: str | UnsetType = UNSET
    note: str | None = "none"
    part: Part = msgspec.field(default_factory=lambda: Part(name="p"))
    main: Part | None = None
    tags: list[str] = []


@resource("example.com/v1/Fleet")
class Fleet(ApiObject):
    spec: FleetSpec


class Bare(ApiObject):
    """A class without a kind."""


def odd(value: Any) -> Any:
    """Return a value that a type checker would refuse."""
    return value


def context() -> FakeContext[Fleet]:
    return fake_context([Fleet(metadata=Metadata(name="a", namespace="ns"), spec=FleetSpec(image="x"))], kind=Fleet)


Call = Callable[[Any, Any], Awaitable[Any]]
OBJECTS: dict[str, Call] = {
    "apply": lambda client, obj: client.apply(obj),
    "apply, dry": lambda client, obj: client.apply(obj, dry_run=True),
    "create": lambda client, obj: client.create(obj),
    "create, dry": lambda client, obj: client.create(obj, dry_run=True),
    "update": lambda client, obj: client.update(obj),
    "update, dry": lambda client, obj: client.update(obj, dry_run=True),
    "update_status": lambda client, obj: client.update_status(obj),
}
KINDS: dict[str, Call] = {
    "get": lambda client, kind: client.get(kind, "a", "ns"),
    "list": lambda client, kind: client.list(kind, "ns"),
    "delete": lambda client, kind: client.delete(kind, "a", "ns"),
    "delete_collection": lambda client, kind: client.delete_collection(kind, "ns"),
    "patch": lambda client, kind: client.patch(kind, "a", {}, "ns"),
    "patch_status": lambda client, kind: client.patch_status(kind, "a", {}, "ns"),
    "scale": lambda client, kind: client.scale(kind, "a", 1, "ns"),
}
NO_OBJECTS: list[tuple[Any, str]] = [
    (FleetSpec(image="x"), "FleetSpec is a part of an object: pass an object of a class with @resource"),
    (Bare(metadata=Metadata(name="a")), "Bare is no API kind: decorate the class with @resource"),
    ("v1/Pod", "str is no API object: pass an object of a class with @resource, a dict, or a model"),
    (None, "NoneType is no API object"),
    ({"apiVersion": "v1", "kind": "Secret", "metadata": "a"}, "str is no API object"),
]
NO_KINDS: list[tuple[Any, str]] = [
    (FleetSpec, "FleetSpec is a part of an object and no kind: pass the class with @resource that has it"),
    (Bare, "Bare is no API kind: decorate the class with @resource('example.com/v1/Bare')"),
    (3, "int is no API object"),
]


async def refused(call: Call, given: Any) -> str:
    """Return the message of a call that must fail, which must leave no coroutine behind."""
    client: Any = context().client
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with pytest.raises(TypeError) as caught:
            await call(client, given)
        gc.collect()
    assert [str(each.message) for each in warned] == []
    return str(caught.value)


@pytest.mark.parametrize(("given", "words"), NO_OBJECTS, ids=[words[:20] for _, words in NO_OBJECTS])
@pytest.mark.parametrize("call", OBJECTS.values(), ids=OBJECTS)
async def test_what_is_no_object_is_refused_with_the_way_out(call: Call, given: Any, words: str) -> None:
    assert words in await refused(call, given)


@pytest.mark.parametrize(("given", "words"), NO_KINDS, ids=[words[:20] for _, words in NO_KINDS])
@pytest.mark.parametrize("call", KINDS.values(), ids=KINDS)
async def test_what_is_no_kind_is_refused_with_the_way_out(call: Call, given: Any, words: str) -> None:
    assert words in await refused(call, given)


def test_metadata_that_is_a_dict_is_refused_when_it_is_given() -> None:
    words = r"Fleet\.metadata takes a Metadata, and got a dict: write metadata=Metadata\(name='a'\)"
    with pytest.raises(TypeError, match=words):
        Fleet(metadata=odd({"name": "q"}), spec=FleetSpec(image="x"))
    made = Fleet(spec=FleetSpec(image="x"))
    with pytest.raises(TypeError, match=words):
        made.metadata = odd({"name": "q"})
    with pytest.raises(TypeError, match=words):
        made.__replace__(metadata=odd({"name": "q"}))
    assert made.metadata == Metadata()


@pytest.mark.parametrize(
    ("change", "path", "reason"),
    [
        (lambda spec: setattr(spec, "image", None), "spec.image", "Expected str, got null"),
        (lambda spec: setattr(spec, "size", None), "spec.size", "Expected int, got null"),
        (lambda spec: setattr(spec, "host", None), "spec.host", "Expected str, got null"),
        (lambda spec: setattr(spec, "part", None), "spec.part", "Expected object, got null"),
        (lambda spec: setattr(spec, "image", UNSET), "spec.image", "Expected str, got msgspec.UnsetType"),
        (lambda spec: setattr(spec, "main", Part(name=odd(None))), "spec.main.name", "Expected str, got null"),
        (lambda spec: spec.tags.append(None), "spec.tags[0]", "Expected str, got null"),
    ],
)
async def test_a_null_that_the_class_forbids_is_invalid(
    change: Callable[[FleetSpec], None], path: str, reason: str
) -> None:
    ctx = context()
    found = await ctx.client.get(Fleet, "a", "ns")
    change(found.spec)
    with pytest.raises(InvalidError, match='Fleet "a" is invalid and was not sent') as caught:
        await ctx.client.update(found)
    way_out = "; to write None, declare it | None; to leave it out, declare it | UnsetType and assign UNSET"
    message = reason if path.endswith("]") else f"{reason}{way_out}"
    assert [(each["field"], each["message"]) for each in caught.value.causes] == [(path, message)]
    assert ctx.writes == []


PLUGIN = """
from plugin_operator import ApiObject, Struct, controller

class FleetSpec(Struct):
    image: str

class Bare(ApiObject):
    spec: FleetSpec

@controller({declared})
async def fleet(ctx, request): ...
"""


@pytest.mark.parametrize("declared", ["for_={}", "{}", "for_='v1/Pod', owns=[{}]", "for_='v1/Pod', reads=[{}]"])
@pytest.mark.parametrize(
    ("name", "words"), [("FleetSpec", "is a part of an object and no kind"), ("Bare", "is no API")]
)
def test_a_declaration_of_what_is_no_kind_is_refused_at_its_own_line(
    load: Load, name: str, words: str, declared: str
) -> None:
    with pytest.raises(PluginRejected, match=f"{name} {words}") as caught:
        load(PLUGIN.format(declared=declared.format(name)))
    assert (HEADER + PLUGIN).splitlines()[(caught.value.line or 0) - 1] == "@controller({declared})"
