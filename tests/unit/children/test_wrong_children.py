"""What is no child, gate or list of children is refused where it stands, with what to write instead."""

import re
from typing import Any

import msgspec
import pytest

from plugin_operator.kube.objects import Metadata
from plugin_operator.plugin import Child, ready
from tests.unit.children.test_sync_children import Gadget, family, secret, widget


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ("a", "child v1/Secret: metadata is a str: make it a dict"),
        ({"name": 5}, "child v1/Secret 5: metadata.name is a int: make it a str"),
        ({"name": "a", "namespace": 5}, "child v1/Secret a: metadata.namespace is a int"),
        ({"name": "a", "labels": ["b"]}, "child v1/Secret a: metadata.labels is a list: make it a dict"),
        ({"name": "a", "annotations": "b"}, "child v1/Secret a: metadata.annotations is a str"),
        ({"name": "a", "ownerReferences": {}}, "child v1/Secret a: metadata.ownerReferences is a dict: make it a list"),
        ({"name": "a", "ownerReferences": ["b"]}, "child v1/Secret a: metadata.ownerReferences[0] is a str"),
    ],
)
async def test_metadata_of_a_wrong_type_are_refused_with_their_path(metadata: Any, message: str) -> None:
    ctx = family()
    with pytest.raises(TypeError, match=re.escape(message)):
        await ctx.sync_children(widget(ctx), [{"apiVersion": "v1", "kind": "Secret", "metadata": metadata}])


async def test_arguments_in_the_wrong_order_or_of_a_wrong_kind_are_named_with_the_right_ones() -> None:
    ctx = family()
    owner: Any = widget(ctx)
    wrong_order: Any = [secret("a")]
    with pytest.raises(TypeError, match=r"takes the owner first: write sync_children\(owner, \[child\]\)"):
        await ctx.sync_children(wrong_order, owner)
    no_owner: Any = ctx.request
    with pytest.raises(TypeError, match=r"a Request names an object and is none: .* ctx\.lister\.get\(request\)"):
        await ctx.sync_children(no_owner, [secret("a")])


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("v1/Secret", "'v1/Secret': write ready('v1/Secret', name), with a kind such as 'apps/v1/Deployment'"),
        ("db", "'db': write ready(kind, 'db'), with a kind such as 'apps/v1/Deployment'"),
        (None, "None: leave it out"),
        (Gadget, "the class Gadget: write ready(Gadget, name)"),
        (3, "a int: write ready('apps/v1/Deployment', name)"),
        (secret("a"), "a dict: write ready('v1/Secret', obj['metadata']['name'])"),
    ],
)
def test_what_is_no_gate_is_refused_where_it_stands(given: Any, found: str) -> None:
    with pytest.raises(TypeError, match=re.escape(f"after= of Child takes ready(kind, name), and got {found}")):
        Child(secret("a"), after=given)
    with pytest.raises(TypeError, match=re.escape(f"after= of Child takes ready(kind, name), and got {found}")):
        Child(secret("a"), after=[ready("v1/Secret", "b"), given])


def test_an_object_in_the_place_of_a_kind_or_a_name_is_refused_with_the_right_call() -> None:
    typed: Any = Gadget(metadata=Metadata(name="g"))
    with pytest.raises(TypeError, match=r"and got a Gadget: write ready\(Gadget, obj\.metadata\.name\)"):
        ready(typed, "g")
    with pytest.raises(TypeError, match=r"the name is a Gadget: pass text, such as obj\.metadata\.name"):
        ready(Gadget, typed)
    request: Any = family().request
    with pytest.raises(TypeError, match=r"the name is a Request: pass text, such as request\.name"):
        ready(Gadget, request)
    for wrong in ({"namespace": request}, {"condition": 3}, {"when": "Ready"}):
        with pytest.raises(TypeError, match=r"^ready\(\) takes namespace= and condition= as text, and a function"):
            ready(Gadget, "g", **wrong)


async def test_a_typed_child_that_forgets_which_fields_were_set_is_refused() -> None:
    ctx = family()
    child = msgspec.structs.replace(Gadget(metadata=Metadata(name="g")))
    with pytest.raises(ValueError, match=r"^Gadget 'g' was made by msgspec, which forgets .* write copy\.copy"):
        await ctx.sync_children(widget(ctx), [child])


async def test_a_function_that_forgets_to_return_its_children_is_named() -> None:
    ctx = family()

    async def made() -> list[dict[str, Any]]:
        return [secret("a")]

    coroutine = made()
    wrong: list[tuple[Any, str]] = [
        (None, "the children are None: return them from the function that makes them"),
        (coroutine, "await the async function that makes them"),
        ("v1/Secret", r"takes a list of children, and got a str: write sync_children\(owner, \[child\]\)"),
        (Gadget(metadata=Metadata(name="g")), "takes a list of children, and got a Gadget"),
        ([secret("a"), None], "child 2 is None: return it from the function that makes it"),
        ([(secret("a"), ready("v1/Secret", "b"))], r"child 1 is a tuple: write Child\(obj, after=ready"),
        ([(secret("a"),)], "child 1 is a tuple: pass its objects one by one; a comma at the end"),
        ([[secret("a")]], r"child 1 is a list: write \* before it"),
        ([Gadget], "child 1 is the class Gadget: call it to make an object"),
        ([ready("v1/Secret", "b")], "child 1 is a gate: write Child"),
        ([Child(Child(secret("a")))], "child 1 is a Child in a Child"),  # type: ignore[arg-type]
        ([{"apiVersion": "v1", "kind": "Secret", "metdata": {}}], r"needs metadata\.name.* 'metadata' by 'metdata'\?"),
    ]
    for children, message in wrong:
        with pytest.raises((TypeError, ValueError), match=message):
            await ctx.sync_children(widget(ctx), children)
    coroutine.close()
    assert ctx.writes == []
