"""Kinds of plugins beside CustomResourceDefinitions: what contradicts one, and what none defines."""

from typing import Any

import pytest

from plugin_operator.cli.checking.crd_comparison import KnownCrds
from plugin_operator.cli.crd_files import Crd, crd_of
from plugin_operator.hosting.permissions.needs import Need, Origin
from plugin_operator.kube import GroupVersionKind, Resource
from plugin_operator.plugin import Permission

SPEC: dict[str, Any] = {
    "group": "example.com",
    "names": {"kind": "Widget", "plural": "widgets", "singular": "widget", "shortNames": ["wd"], "categories": []},
    "scope": "Namespaced",
    "versions": [
        {"name": "v1", "served": True, "storage": True, "subresources": {"status": {}}, "schema": {}},
        {"name": "v2", "served": True, "subresources": {}, "selectableFields": [{"jsonPath": ".spec.color"}]},
        {"name": "v1alpha1", "served": False},
    ],
}


def crd(**changes: Any) -> Crd:
    obj = {"kind": "CustomResourceDefinition", "metadata": {"name": "w"}, "spec": {**SPEC, **changes}}
    found = crd_of(obj, "crds/widgets.yaml, document 1")
    assert found is not None
    return found


KNOWN = KnownCrds([crd()])


def of_kind(kind: str, subresource: str = "") -> list[str]:
    rule = Permission(("example.com",), (f"widgets/{subresource}" if subresource else "widgets",), ("update",))
    need = Need("p", rule, Origin.SOURCE, "p.py:3", "ctx.client.update_status", kind=GroupVersionKind.parse(kind))
    return [f"{each.rule.id} {each.message}" for each in KNOWN.of_need(need)]


def of_permission(*resources: str, groups: tuple[str, ...] = ("example.com",)) -> list[str]:
    found = KNOWN.of_permission(Permission(groups, resources, ("get",)))
    return [f"{each.rule.id} {each.message}" for each in found]


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("example.com/v1/Widget", None),
        ("v1/ConfigMap", None),
        ("apps/v1/Deployment", None),
        ("cert-manager.io/v1/Certificate", None),
        ("example.com/v3/Widget", "PO107 example.com/v3/Widget: crds/widgets.yaml, document 1 serves v1, v2, not v3"),
        ("example.com/v1alpha1/Widget", "PO107 example.com/v1alpha1/Widget: crds/widgets.yaml, document 1 serves v1,"),
        (
            "example.com/v1/Widgit",
            "PO108 no CustomResourceDefinition here defines example.com/v1/Widgit: did",
        ),
        (
            "exmaple.com/v1/Widget",
            "PO108 no CustomResourceDefinition here defines exmaple.com/v1/Widget: did",
        ),
        (
            "example.com/v1/Gadget",
            "PO108 no CustomResourceDefinition here defines example.com/v1/Gadget: name",
        ),
    ],
)
def test_a_kind_is_that_of_a_definition_or_of_others(kind: str, found: str | None) -> None:
    (message,) = of_kind(kind) or [""]
    assert message.startswith(found) if found else message == ""


@pytest.mark.parametrize(
    ("kind", "subresource", "lacks"),
    [
        ("example.com/v1/Widget", "status", False),
        ("example.com/v2/Widget", "status", True),
        ("example.com/v1/Widget", "scale", True),
        ("example.com/v1/Widget", "finalizers", False),
    ],
)
def test_a_subresource_is_that_of_the_version(kind: str, subresource: str, lacks: bool) -> None:
    found = of_kind(kind, subresource)
    assert bool(found) is lacks
    assert all(each.startswith("PO107 ctx.client.update_status fails: crds/widgets.yaml") for each in found)


@pytest.mark.parametrize(
    ("resources", "groups", "found"),
    [
        (("widgets", "widgets/status"), ("example.com",), []),
        (("*", "*/status"), ("example.com",), []),
        (("configmaps", "widgets"), ("", "example.com"), []),
        (("certificates",), ("example.com", "cert-manager.io"), []),
        (("anything",), ("other.example",), []),
        (("anything",), ("*",), []),
        (("widget",), ("example.com",), ["PO107"]),
        (("Widget/status",), ("example.com",), ["PO107"]),
        (("wd",), ("example.com",), ["PO107"]),
        (("wigets",), ("example.com",), ["PO108"]),
        (("gadgets",), ("", "example.com"), ["PO108"]),
        (("widgets/scale",), ("example.com",), ["PO107"]),
    ],
)
def test_a_permission_names_plurals(resources: tuple[str, ...], groups: tuple[str, ...], found: list[str]) -> None:
    assert [each.split()[0] for each in of_permission(*resources, groups=groups)] == found


@pytest.mark.parametrize(
    ("kind", "selector", "count"),
    [
        ("example.com/v1/Widget", "metadata.name=a", 0),
        ("example.com/v1/Widget", "spec.color=red", 1),
        ("example.com/v2/Widget", "spec.color=red,metadata.namespace=a", 0),
        ("v1/Pod", "spec.nodeName=a", 0),
    ],
)
def test_a_field_selector_names_selectable_fields(kind: str, selector: str, count: int) -> None:
    found = list(KNOWN.of_cache({"kind": kind, "fieldSelector": selector}))
    assert len(found) == count
    assert all("add {jsonPath: .spec.color} to selectableFields of v1" in each.message for each in found)


def test_a_definition_with_a_mistake_is_named() -> None:
    with pytest.raises(ValueError, match=r"is not valid: spec: Expected `array`, got `str` - at `\$.versions`"):
        crd(versions="x")


def test_a_definition_has_a_resource_for_each_version() -> None:
    found = list(crd(scope="Cluster", names={"kind": "Cactus", "plural": "cacti"}).resources())
    versions = [GroupVersionKind("example.com", name, "Cactus") for name in ("v1", "v2", "v1alpha1")]
    assert found == [Resource(each, "cacti", namespaced=False) for each in versions]


def test_another_object_is_no_definition() -> None:
    assert crd_of({"kind": "ConfigMap"}) is None
