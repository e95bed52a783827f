"""Versions of custom kinds: their order, and what an object keeps on its way from one to another."""

from typing import Any

import pytest

from kube_apiserver.conversion.versions import served_bytes, to_served, to_stored
from kube_apiserver.registry import Registry, ServedResource
from kube_apiserver.registry.builtin_resources import served_builtin_resources
from kube_apiserver.registry.custom_resources import served_custom_resources
from kube_apiserver.registry.version_order import version_order
from kube_apiserver.storage.records import make_item

ORDER = ["v10", "v2", "v1", "v11beta2", "v10beta3", "v3beta1", "v12alpha1", "v11alpha2", "foo1", "foo10", "v1beta"]


def version(name: str, *, storage: bool = False, **fields: Any) -> dict[str, Any]:
    spec = {"type": "object", "properties": fields}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}
    return {"name": name, "served": True, "storage": storage, "schema": schema}


def resources(*versions: dict[str, Any], plural: str = "gadgets", **spec: Any) -> dict[str, ServedResource]:
    names = {"plural": plural, "kind": "Gadget"}
    body = {"group": "example.com", "scope": "Cluster", "names": names, "versions": list(versions), **spec}
    found = served_custom_resources({"metadata": {"name": f"{plural}.example.com"}, "spec": body})
    return {resource.version: resource for resource in found}


def differing(**spec: Any) -> dict[str, ServedResource]:
    new = version("v1", storage=True, both={"type": "string"}, new={"type": "string", "default": "x"})
    return resources(new, version("v1beta1", both={"type": "string"}, old={"type": "string"}), **spec)


def gadget(api_version: str, **spec: Any) -> dict[str, Any]:
    return {"apiVersion": f"example.com/{api_version}", "kind": "Gadget", "metadata": {"name": "a"}, "spec": spec}


def test_versions_have_the_order_of_kubernetes() -> None:
    for given in (ORDER[::-1], sorted(ORDER), ORDER[5:] + ORDER[:5]):
        assert sorted(given, key=version_order) == ORDER


@pytest.mark.parametrize("first", [True, False])
def test_the_preferred_version_of_a_group_is_that_of_all_its_definitions(first: bool) -> None:
    registry = Registry(served_builtin_resources())
    definitions = [resources(version("v1beta1"), plural="as"), resources(version("v1"), plural="bs")]
    for found in definitions if first else definitions[::-1]:
        for resource in found.values():
            registry.add(resource)
    assert registry.versions()["example.com"] == ["v1", "v1beta1"]


def test_an_object_is_stored_with_the_fields_and_defaults_of_the_stored_version() -> None:
    stored = to_stored(differing()["v1beta1"], gadget("v1beta1", both="1", old="2"))
    assert stored == gadget("v1", both="1", new="x")


def test_an_object_is_read_with_the_fields_of_the_version_that_is_asked_for() -> None:
    found = differing()
    item = make_item(gadget("v1", both="1", new="2"), 7, "example.com/v1", "Gadget")
    assert to_served(found["v1beta1"], item)["spec"] == {"both": "1"}
    assert b"new" not in served_bytes(found["v1beta1"], item)
    assert to_served(found["v1"], item)["spec"] == {"both": "1", "new": "2"}


def test_a_kind_with_a_conversion_webhook_loses_nothing() -> None:
    found = differing(conversion={"strategy": "Webhook"})
    assert to_stored(found["v1beta1"], gadget("v1beta1", old="2"))["spec"] == {"old": "2"}


def test_versions_with_one_schema_exchange_only_the_head() -> None:
    found = resources(version("v1", storage=True), version("v2"))
    item = make_item(gadget("v1", unknown="kept"), 7, "example.com/v1", "Gadget")
    assert b"kept" in served_bytes(found["v2"], item)
