"""``ctx.set_owner`` refuses what the API server or its garbage collector would, before anything is sent."""

from typing import Any

import pytest

from plugin_operator import AlreadyOwnedError
from plugin_operator.plugin.context.owners import set_owner

Json = dict[str, Any]

REFERENCE = {
    "apiVersion": "example.com/v1",
    "kind": "Widget",
    "name": "w",
    "uid": "u1",
    "controller": True,
    "blockOwnerDeletion": True,
}


def widget(*, namespace: str | None = "ns", version: str = "v1", uid: str = "u1", name: str = "w") -> Json:
    metadata = {"name": name, "uid": uid} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": f"example.com/{version}", "kind": "Widget", "metadata": metadata}


def child(*references: Json, namespace: str | None = "ns") -> Json:
    metadata: Json = {"name": "c"} | ({"namespace": namespace} if namespace else {})
    if references:
        metadata["ownerReferences"] = list(references)
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}


def own(obj: Any, owner: Any, *, controller: bool = True, block: bool | None = None) -> bool:
    return set_owner(obj, owner, controller=controller, block_owner_deletion=block)


def test_the_controller_is_set_once() -> None:
    obj = child()
    assert own(obj, widget())
    assert obj["metadata"]["ownerReferences"] == [REFERENCE]
    assert not own(obj, widget())


def test_a_plain_owner_neither_manages_nor_blocks() -> None:
    obj = child()
    assert own(obj, widget(), controller=False)
    (reference,) = obj["metadata"]["ownerReferences"]
    assert reference == {key: REFERENCE[key] for key in ("apiVersion", "kind", "name", "uid")}


@pytest.mark.parametrize("block", [True, False])
def test_blocking_is_chosen_apart_from_managing(block: bool) -> None:
    obj = child()
    own(obj, widget(), controller=not block, block=block)
    assert obj["metadata"]["ownerReferences"][0].get("blockOwnerDeletion", False) is block


def test_other_owners_stay_and_keep_their_order() -> None:
    first, last = {"kind": "A", "name": "a", "uid": "1"}, {"kind": "Z", "name": "z", "uid": "9"}
    obj = child(first, REFERENCE | {"uid": "stale"}, last)
    assert own(obj, widget())
    assert obj["metadata"]["ownerReferences"] == [first, REFERENCE, last]


def test_another_version_of_the_kind_is_the_same_owner() -> None:
    obj = child(REFERENCE)
    assert own(obj, widget(version="v2"))
    assert [each["apiVersion"] for each in obj["metadata"]["ownerReferences"]] == ["example.com/v2"]


def test_a_second_controller_is_refused_and_the_first_is_named() -> None:
    obj = child(REFERENCE)
    with pytest.raises(AlreadyOwnedError, match="ConfigMap c is controlled by Widget w already") as raised:
        own(obj, widget(name="other", uid="u2"))
    assert raised.value.owner == REFERENCE
    assert obj == child(REFERENCE)
    assert own(obj, widget(name="other", uid="u2"), controller=False)


@pytest.mark.parametrize(
    ("namespace", "message"),
    [("other", "is in namespace other, its owner in ns"), (None, "set metadata.namespace to 'ns'")],
)
def test_an_owner_in_another_namespace_is_refused(namespace: str | None, message: str) -> None:
    obj = child(namespace=namespace)
    with pytest.raises(ValueError, match=message):
        own(obj, widget())
    assert obj == child(namespace=namespace)


@pytest.mark.parametrize("namespace", ["ns", None])
def test_a_cluster_scoped_owner_owns_everywhere(namespace: str | None) -> None:
    assert own(child(namespace=namespace), widget(namespace=None))


def test_an_owner_that_was_never_read_is_refused_by_the_missing_field() -> None:
    with pytest.raises(ValueError, match="the owner has no kind, no uid: pass it as it was read"):
        own(child(), {"apiVersion": "v1", "metadata": {"name": "w", "namespace": "ns"}})


@pytest.mark.parametrize("wrong", ["web", None, {"kind": "ConfigMap"}])
def test_what_is_no_object_is_refused(wrong: object) -> None:
    with pytest.raises(TypeError, match="is not an API object"):
        own(wrong, widget())
    with pytest.raises(TypeError, match="is not an API object"):
        own(child(), wrong)


def test_models_own_and_are_owned() -> None:
    from kubernetes_asyncio.client import V1ConfigMap, V1ObjectMeta

    owner = V1ConfigMap(api_version="v1", kind="ConfigMap", metadata=V1ObjectMeta(name="o", namespace="ns", uid="u"))
    model = V1ConfigMap(metadata=V1ObjectMeta(name="c", namespace="ns"))
    assert own(model, owner)
    (reference,) = model.metadata.owner_references
    assert (reference.kind, reference.name, reference.uid, reference.controller) == ("ConfigMap", "o", "u", True)
    assert not own(model, owner)


def test_nothing_owns_itself_but_another_object_of_its_kind_may() -> None:
    with pytest.raises(ValueError, match="Widget w cannot own itself"):
        own(widget(version="v2"), widget())
    assert own(widget(), widget(namespace=None, uid="u2", name="other"))
