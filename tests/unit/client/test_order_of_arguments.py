"""Arguments of the client in the wrong order: the error names the order, and never shows what an argument holds."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from plugin_operator import ApiObject, Client, Metadata, resource
from plugin_operator.kube import FieldSelector, LabelSelector
from plugin_operator.plugin.writes.expecting_client import ExpectingClient
from plugin_operator.testing import FakeContext, fake_context

HIDDEN = "aHVudGVyMg=="
BODY: Any = {"data": {"password": HIDDEN}}
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "ns"}, **BODY}


@resource("example.com/v1/Vault")
class Vault(ApiObject):
    """A kind as a class."""


VAULT: Any = Vault(metadata=Metadata(name="a", namespace="ns"))
Call = Callable[[Any, Any, Any], Awaitable[Any]]

NAME = "the second argument is the name or the request, and this is a dict"
PATCH = "patch(kind, name, patch, namespace)"
STATUS = "patch_status(kind, name, status, namespace)"
SCALE = "scale(kind, name, replicas, namespace)"
LIST = "list(kind, namespace, label_selector, field_selector)"
CALLS: dict[str, tuple[Call, str]] = {
    "get": (lambda client, kind, _: client.get(kind, BODY), f"get(kind, name, namespace): {NAME}"),
    "delete": (lambda client, kind, _: client.delete(kind, BODY, "ns"), f"delete(kind, name, namespace): {NAME}"),
    "patch, swapped": (lambda client, kind, request: client.patch(kind, BODY, request), f"{PATCH}: {NAME}"),
    "patch, as delete": (
        lambda client, kind, _: client.patch(kind, "a", "ns", BODY),
        f"{PATCH}: the third argument is the patch, and this is a str",
    ),
    "patch of text": (
        lambda client, kind, request: client.patch(kind, str(BODY), request),
        f"{PATCH}: the third argument is the patch, and this is a Request",
    ),
    "patch of a pair": (
        lambda client, kind, _: client.patch(kind, ("ns", "a"), BODY),
        f"{PATCH}: the second argument is the name or the request, and this is a tuple",
    ),
    "patch of a namespace": (
        lambda client, kind, _: client.patch(kind, "a", BODY, BODY),
        f"{PATCH}: the fourth argument is the namespace, and this is a dict",
    ),
    "patch_status": (lambda client, kind, request: client.patch_status(kind, BODY, request), f"{STATUS}: {NAME}"),
    "patch_status, as delete": (
        lambda client, kind, _: client.patch_status(kind, "a", "ns", BODY),
        f"{STATUS}: the third argument is the status, and this is a str",
    ),
    "scale": (
        lambda client, kind, request: client.scale(kind, 3, request),
        f"{SCALE}: the second argument is the name or the request, and this is an int",
    ),
    "scale, as delete": (
        lambda client, kind, _: client.scale(kind, "a", "ns", 3),
        f"{SCALE}: the fourth argument is the namespace, and this is an int",
    ),
    "list": (
        lambda client, kind, _: client.list(kind, BODY),
        f"{LIST}: the second argument is the namespace, and this is a dict",
    ),
    "delete_collection": (
        lambda client, kind, _: client.delete_collection(kind, BODY),
        "delete_collection(kind, namespace): the second argument is the namespace, and this is a dict",
    ),
    "evict": (
        lambda client, _, __: client.evict(5),
        "evict(pod, namespace): the first argument is the name or the request, and this is an int",
    ),
    "evict in": (
        lambda client, _, __: client.evict("a", BODY),
        "evict(pod, namespace): the second argument is the namespace, and this is a dict",
    ),
}
AFTER_OBJECT: dict[str, tuple[Call, str]] = {
    "patch": (
        lambda client, obj, _: client.patch(obj, HIDDEN),
        "patch(object, patch): the second argument is the patch, and this is a str",
    ),
    "patch_status": (
        lambda client, obj, _: client.patch_status(obj, HIDDEN),
        "patch_status(object, status): the second argument is the status, and this is a str",
    ),
}


class Nothing:
    """Stands for expectations, loops and rights: no call comes so far."""

    def __bool__(self) -> bool:
        return False


def clients() -> list[tuple[Client, FakeContext[Any]]]:
    ctx = fake_context([SECRET, VAULT])
    parts = cast("Any", Nothing())
    return [(ctx.client, ctx), (cast("Client", ExpectingClient(ctx.client, parts, ctx.request)), ctx)]


async def refuses(call: Call, message: str, subject: Any) -> None:
    """Check that both clients refuse a call about a kind or an object before they send it."""
    for client, ctx in clients():
        with pytest.raises(TypeError) as raised:
            await call(client, subject, ctx.request)
        assert str(raised.value) == message
        assert not [*ctx.writes, *ctx.failed_writes]


@pytest.mark.parametrize("kind", ["v1/Secret", Vault], ids=["text", "class"])
@pytest.mark.parametrize("name", CALLS)
async def test_a_misplaced_argument_is_named_by_its_type_and_the_order(name: str, kind: Any) -> None:
    await refuses(*CALLS[name], kind)


@pytest.mark.parametrize("obj", [SECRET, VAULT], ids=["dict", "typed"])
@pytest.mark.parametrize("name", AFTER_OBJECT)
async def test_a_change_after_an_object_is_no_text(name: str, obj: Any) -> None:
    await refuses(*AFTER_OBJECT[name], obj)


@pytest.mark.parametrize("field", ["name", "namespace"])
@pytest.mark.parametrize("verb", ["create", "update", "apply", "get", "delete"])
async def test_a_name_in_an_object_is_shown_by_its_type(verb: str, field: str) -> None:
    obj = {**SECRET, "metadata": {"name": "a", "namespace": "ns", field: BODY}}
    for client, _ in clients():
        with pytest.raises(TypeError) as raised:
            await getattr(client, verb)(obj)
        assert str(raised.value) == f"metadata.{field} of the Secret is a dict: it is a text"


@pytest.mark.parametrize(
    "make",
    [
        lambda: LabelSelector.of(cast("Any", [BODY])),
        lambda: LabelSelector.of({"matchLabels": [BODY]}),
        lambda: LabelSelector.of({"app": BODY}),
        lambda: LabelSelector.of({"matchExpressions": [BODY]}),
        lambda: LabelSelector.of({"matchExpressions": [{"key": "a", "operator": "Exists", "values": [HIDDEN]}]}),
        lambda: FieldSelector.of(cast("Any", BODY)),
        lambda: fake_context([SECRET]).lister_for(cast("Any", BODY)),
        lambda: fake_context([SECRET]).set_condition(dict(SECRET), "Ready", cast("Any", BODY), "R", "m"),
    ],
)
def test_other_arguments_of_a_wrong_type_are_not_shown(make: Callable[[], Any]) -> None:
    with pytest.raises((TypeError, ValueError, LookupError)) as raised:
        make()
    assert HIDDEN not in str(raised.value)
