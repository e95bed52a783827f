from typing import Any

import msgspec
import pytest

from plugin_operator.kube import GroupVersionKind, NamespacedName, ObjectMeta, Resource, decode_metadata

DEPLOYMENT = Resource(
    GroupVersionKind("apps", "v1", "Deployment"), "deployments", namespaced=True, verbs=frozenset({"get"})
)
NODE = Resource(GroupVersionKind("", "v1", "Node"), "nodes", namespaced=False)


def test_a_kind_is_read_from_its_short_text() -> None:
    assert GroupVersionKind.parse("v1/ConfigMap") == GroupVersionKind("", "v1", "ConfigMap")
    assert GroupVersionKind.parse("apps/v1/Deployment") == DEPLOYMENT.gvk
    assert str(DEPLOYMENT.gvk) == "apps/v1/Deployment"
    assert GroupVersionKind.of({"apiVersion": "apps/v1", "kind": "Deployment"}) == DEPLOYMENT.gvk


@pytest.mark.parametrize("text", ["", "ConfigMap", "/ConfigMap", "v1/", "a/b/c/d", "v1 /ConfigMap"])
def test_a_text_of_another_shape_is_no_kind(text: str) -> None:
    with pytest.raises(ValueError, match="write 'v1/ConfigMap'"):
        GroupVersionKind.parse(text)


@pytest.mark.parametrize("obj", [{}, {"kind": "A"}, {"apiVersion": 1, "kind": "A"}, {"apiVersion": "v1", "kind": ""}])
def test_an_object_without_type_has_no_kind(obj: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no apiVersion or no kind"):
        GroupVersionKind.of(obj)


def test_paths_follow_group_scope_and_subresource() -> None:
    assert DEPLOYMENT.path() == "/apis/apps/v1/deployments"
    assert DEPLOYMENT.path("ns", "n", "status") == "/apis/apps/v1/namespaces/ns/deployments/n/status"
    assert NODE.path("ignored", "n") == "/api/v1/nodes/n"
    assert DEPLOYMENT.supports("get")
    assert not DEPLOYMENT.supports("watch")


@pytest.mark.parametrize("name", ["..", ".", "a/b", "a%2fb", "a?x", "a#b"])
def test_a_name_can_never_reach_another_path(name: str) -> None:
    with pytest.raises(ValueError, match="resource path"):
        DEPLOYMENT.path("ns", name)


def test_a_subresource_needs_a_name() -> None:
    with pytest.raises(ValueError, match="needs a name"):
        DEPLOYMENT.path("ns", None, "status")


def test_names_print_and_parse_both_ways() -> None:
    for text, key in (("ns/n", NamespacedName("ns", "n")), ("n", NamespacedName("", "n"))):
        assert NamespacedName.parse(text) == key
        assert str(key) == text
    assert NamespacedName.of({"metadata": {"name": "n"}}) == NamespacedName("", "n")
    for text in ("", "a/", "a/b/c"):
        with pytest.raises(ValueError, match="not a name"):
            NamespacedName.parse(text)


def test_metadata_is_decoded_alone() -> None:
    meta = decode_metadata(
        b'{"kind":"X","metadata":{"name":"n","namespace":"ns","resourceVersion":"7","generation":2,"labels":null,'
        b'"ownerReferences":[{"name":"a"},{"apiVersion":"apps/v1","kind":"D","name":"o","uid":"u","controller":true}],'
        b'"managedFields":[{"manager":"m"}]},"data":{"metadata":"no"}}'
    )
    assert (meta.namespace, meta.name, meta.resource_version, meta.generation, meta.labels) == ("ns", "n", "7", 2, None)
    owner = meta.controller_of()
    assert owner is not None
    assert (owner.api_version, owner.kind, owner.name) == ("apps/v1", "D", "o")
    assert decode_metadata(b"{}") == ObjectMeta()
    assert ObjectMeta().controller_of() is None
    with pytest.raises(msgspec.MsgspecError):
        decode_metadata(b'{"metadata":')
