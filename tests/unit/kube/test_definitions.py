"""``@resource`` leaves the names of a kind on its class, and rejects what no CustomResourceDefinition can have."""

from typing import Any

import pytest

from plugin_operator import UNSET, ApiObject, PluginRejected, Struct, UnsetType, resource
from plugin_operator.kube import GroupVersionKind
from plugin_operator.kube.definitions import definition_of, find_definition


class Spec(Struct):
    size: int = 3


@resource("example.com/v1/Widget", short_names=["wd"], categories=["all"])
class Widget(ApiObject):
    spec: Spec
    status: Spec | UnsetType = UNSET


@resource("example.com/v1beta1/Policy", scope="Cluster", plural="policys", storage=False)
class Policy(ApiObject):
    spec: Spec


def test_a_class_has_the_names_of_its_kind() -> None:
    found = definition_of(Widget)
    assert found.gvk == GroupVersionKind("example.com", "v1", "Widget")
    assert (found.plural, found.singular, found.short_names, found.categories) == (
        "widgets",
        "widget",
        ("wd",),
        ("all",),
    )
    assert (found.namespaced, found.served, found.storage) == (True, True, None)
    assert found.resource.path("shop", "a", "status") == "/apis/example.com/v1/namespaces/shop/widgets/a/status"


def test_a_plural_and_a_scope_may_be_given() -> None:
    found = definition_of(Policy)
    assert (found.plural, found.namespaced, found.storage) == ("policys", False, False)


def test_a_field_named_status_makes_the_subresource() -> None:
    assert (definition_of(Widget).has_status, definition_of(Policy).has_status) == (True, False)


def test_a_subclass_is_no_kind_of_its_own() -> None:
    class Gadget(Widget):
        pass

    assert find_definition(Gadget) is None
    with pytest.raises(
        TypeError, match=r"Gadget is no API kind: decorate the class with @resource\('example.com/v1/Ga"
    ):
        definition_of(Gadget)


@pytest.mark.parametrize("value", ["example.com/v1/Widget", None, Spec, int, Spec()])
def test_nothing_else_has_a_definition(value: object) -> None:
    assert find_definition(value) is None


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        ("Widget", {}, "kind: 'Widget' is not a kind of your own: write @resource('example.com/v1/Widget')"),
        (7, {}, "kind: 7 is not a kind of your own"),
        (
            "apps/v1/Deployment",
            {},
            "kind: 'apps/v1/Deployment' is a kind of Kubernetes, which has a class: write 'from p",
        ),
        ("apps/v1/Deploymint", {}, "kind: the API group 'apps' has no kind 'Deploymint': did you mean"),
        ("example.com/1/Widget", {}, "kind: '1' is not a version: write for example example.com/v1/Widget"),
        ("example.com/v1/widget", {}, "kind: 'widget' is not a kind: use letters and digits, with a capital first"),
        ("Example.com/v1/Widget", {}, "kind: 'Example.com' is not an API group: it is made of lower-case letters"),
        ("example.com/v1/Widget", {"plural": "Widgets"}, "plural: 'Widgets' is not a plural: use lower-case letters"),
        ("example.com/v1/Widget", {"singular": ""}, "singular: '' is not a singular"),
        ("example.com/v1/Widget", {"short_names": "wd"}, "short_names: 'wd' is not a list: write ['wd']"),
        ("example.com/v1/Widget", {"short_names": ["W"]}, "short_names: 'W' is not a short name"),
        ("example.com/v1/Widget", {"categories": [None]}, "categories: None is not a category"),
        ("example.com/v1/Widget", {"scope": "namespaced"}, "scope: 'namespaced' is no scope: write 'Namespaced' or"),
    ],
)
def test_names_that_no_definition_can_have_are_rejected_with_class_and_line(
    kind: Any, options: dict[str, Any], words: str
) -> None:
    class Gadget(ApiObject):
        spec: Spec

    with pytest.raises(PluginRejected) as caught:
        resource(kind, **options)(Gadget)
    assert caught.value.reason.startswith(f"Gadget: {words}")
    assert caught.value.path == __file__
    assert caught.value.line is not None


def test_a_class_that_is_no_api_object_is_rejected() -> None:
    with pytest.raises(PluginRejected, match=r"Spec: is no subclass of ApiObject: write 'class Widget\(ApiObject\):'"):
        resource("example.com/v1/Spec")(Spec)  # type: ignore[type-var]


def test_the_decorator_needs_its_parentheses() -> None:
    with pytest.raises(PluginRejected, match="@resource: needs the kind: write @resource"):
        resource(Widget)  # type: ignore[arg-type]
