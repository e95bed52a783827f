"""Versions of a kind become one CustomResourceDefinition, which the API server accepts, or are rejected together."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
import pytest

from kube_apiserver.crds.definition import definition_causes, definition_warnings
from plugin_operator import (
    UNSET,
    ApiObject,
    Conditions,
    Duration,
    EmbeddedObject,
    PluginRejected,
    Quantity,
    Struct,
    UnsetType,
    column,
    resource,
    rule,
    scale,
    schema,
)
from plugin_operator.kube.definitions import VersionRecord, crd_of, crds_of, definition_of, record_of
from tests.struct_classes import kind_class, struct_class


class Part(Struct):
    name: str
    count: Annotated[int, schema(ge=1, le=10)] = 1


class WidgetSpec(Struct):
    size: Annotated[int, schema(ge=1)] = 3
    color: Literal["red", "green"]
    host: Annotated[str, schema(pattern=r"^[a-z.]+$", max_length=63)] | UnsetType = UNSET
    note: str | None = None
    parts: Annotated[list[Part], schema(list_type="map", keys=["name"], max_length=10)] = []
    tags: Annotated[list[str], schema(list_type="set")] = []
    port: int | str = 80
    template: EmbeddedObject | UnsetType = UNSET
    free: Any = None
    memory: Quantity = "1Gi"
    timeout: Duration = "1h30m"
    first: Part = msgspec.field(default_factory=lambda: Part(name="first"))
    selector: Annotated[str, schema(rules=[rule("self == oldSelf", optional_old_self=False)])] = ""


class WidgetStatus(Struct):
    ready: int = 0
    conditions: Conditions = []


@resource(
    "example.com/v1/Widget",
    short_names=["wd"],
    categories=["all"],
    columns=[
        column("Size", ".spec.size"),
        column(
            "Ready", '.status.conditions[?(@.type=="Ready")].status', priority=1, description="Whether it is ready."
        ),
        column("Age", ".metadata.creationTimestamp"),
    ],
    rules=[rule("self.spec.size < 100 || self.spec.color == 'red'", message="large widgets are red")],
    scale=scale(spec_replicas=".spec.size", status_replicas=".status.ready", label_selector=".spec.selector"),
    selectable_fields=[".spec.color"],
    annotations={"example.com/team": "paint"},
)
class Widget(ApiObject):
    """A widget."""

    spec: WidgetSpec
    status: WidgetStatus = msgspec.field(default_factory=WidgetStatus)


def versions(*options: dict[str, Any], fields: Sequence[Any] | None = None) -> list[type[ApiObject]]:
    """Return classes for v1, v1beta1, … of a kind, each with its options of ``resource`` and type of ``spec.a``."""
    made = []
    for index, (name, given) in enumerate(zip(("v1", "v1beta1", "v1alpha1"), options, strict=False)):
        spec = struct_class({"a": (fields or [str] * 3)[index]})
        cls = kind_class({"spec": spec}, name=f"Gadget{name}")
        made.append(resource(f"example.com/{name}/Gadget", **given)(cls))
    return made


def reasons(classes: list[type[ApiObject]]) -> list[str]:
    return [each.reason for each in crds_of(record_of(definition_of(each)) for each in classes)[1]]


def test_the_api_server_accepts_the_definition_without_a_warning() -> None:
    crd = crd_of([Widget])
    assert (definition_causes(crd), definition_warnings(crd)) == ([], [])


def test_a_definition_has_the_names_of_its_kind() -> None:
    crd = crd_of([Widget])
    assert crd["metadata"] == {"name": "widgets.example.com", "annotations": {"example.com/team": "paint"}}
    assert crd["spec"]["names"] == {
        "kind": "Widget",
        "listKind": "WidgetList",
        "plural": "widgets",
        "singular": "widget",
        "shortNames": ["wd"],
        "categories": ["all"],
    }
    assert (crd["spec"]["scope"], crd["spec"]["group"]) == ("Namespaced", "example.com")


def test_columns_have_the_types_of_their_fields() -> None:
    (version,) = crd_of([Widget])["spec"]["versions"]
    assert version["additionalPrinterColumns"] == [
        {"name": "Size", "jsonPath": ".spec.size", "type": "integer"},
        {
            "name": "Ready",
            "jsonPath": '.status.conditions[?(@.type=="Ready")].status',
            "type": "string",
            "priority": 1,
            "description": "Whether it is ready.",
        },
        {"name": "Age", "jsonPath": ".metadata.creationTimestamp", "type": "date"},
    ]


def test_a_version_has_its_subresources_and_selectable_fields() -> None:
    (version,) = crd_of([Widget])["spec"]["versions"]
    assert version["subresources"] == {
        "status": {},
        "scale": {
            "specReplicasPath": ".spec.size",
            "statusReplicasPath": ".status.ready",
            "labelSelectorPath": ".spec.selector",
        },
    }
    assert version["selectableFields"] == [{"jsonPath": ".spec.color"}]
    assert (version["served"], version["storage"]) == (True, True)


def test_versions_are_merged_with_the_stable_ones_first() -> None:
    crd = crd_of(versions({"storage": True}, {"deprecated": "use v1"}, {"served": False, "deprecated": True})[::-1])
    names = [each["name"] for each in crd["spec"]["versions"]]
    assert names == ["v1", "v1beta1", "v1alpha1"]
    assert [each["storage"] for each in crd["spec"]["versions"]] == [True, False, False]
    assert [each["served"] for each in crd["spec"]["versions"]] == [True, True, False]
    assert [each.get("deprecationWarning") for each in crd["spec"]["versions"]] == [None, "use v1", None]
    assert (definition_causes(crd), definition_warnings(crd)) == ([], [])


def test_a_version_that_two_files_define_alike_counts_once() -> None:
    record = record_of(definition_of(Widget))
    again = msgspec.structs.replace(record, path="other.py", line=7)
    found, rejections = crds_of([record, again])
    assert (found, rejections) == ([crd_of([Widget])], [])


def test_a_version_that_two_files_define_differently_is_rejected() -> None:
    record = record_of(definition_of(Widget))
    other = msgspec.structs.replace(record, path="other.py", line=7, short_names=["x"])
    (rejected,) = crds_of([record, other])[1]
    assert str(rejected).startswith(
        f"other.py:7: Widget: example.com/v1/Widget is defined differently by Widget in {__file__}"
    )


def test_two_kinds_of_one_plural_are_rejected() -> None:
    record = record_of(definition_of(Widget))
    (rejected,) = crds_of([record, msgspec.structs.replace(record, kind="Widgit", cls="Widgit")])[1]
    assert rejected.reason.startswith("Widgit: the plural 'widgets' is that of Widget in ")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([{}, {}], "objects are stored in none of the versions v1, v1beta1: write storage=True at one of them"),
        ([{"storage": False}], "objects are stored in none of the versions v1: leave out storage=False"),
        ([{"storage": True}, {"storage": True}], "storage=True is that of "),
        ([{"storage": True}, {"scope": "Cluster"}], "scope is 'Cluster', and 'Namespaced' of "),
        ([{"storage": True, "plural": "gs"}, {}], "plural is 'gadgets', and 'gs' of "),
        ([{"storage": True, "singular": "g"}, {}], "singular is 'gadget', and 'g' of "),
    ],
)
def test_versions_that_do_not_go_together_are_rejected(options: list[dict[str, Any]], words: str) -> None:
    (found,) = reasons(versions(*options))
    assert found.partition(": ")[2].startswith(words)


def test_served_versions_with_different_schemas_are_rejected_with_the_path() -> None:
    (found,) = reasons(versions({"storage": True}, {}, fields=[str, int]))
    assert found.startswith("Gadgetv1beta1: its schema differs from that of the stored version, Gadgetv1 in ")
    assert "at .spec.a: there is no converter between versions, so make them equal, or write served=False" in found
    assert reasons(versions({"storage": True}, {"served": False}, fields=[str, int])) == []


def test_served_versions_with_different_rules_of_the_whole_are_rejected() -> None:
    rules = [rule("self.metadata.name != 'a'", message="no a")]
    (found,) = reasons(versions({"storage": True}, {"rules": rules}))
    assert ", in rules=: there is no converter between versions" in found


def test_served_versions_may_differ_in_texts() -> None:
    fields = [Annotated[str, schema(description="One.")], Annotated[str, schema(title="Other")]]
    assert reasons(versions({"storage": True}, {}, fields=fields)) == []


@pytest.mark.parametrize(
    ("one", "other", "path"),
    [
        (list[int], list[str], ".spec.a[]"),
        (dict[str, int], dict[str, str], ".spec.a[]"),
        (Annotated[str, schema(max_length=1)], str, ".spec.a"),
        (str | None, str, ".spec.a"),
    ],
)
def test_a_difference_of_schemas_is_named_by_its_path(one: Any, other: Any, path: str) -> None:
    (found,) = reasons(versions({"storage": True}, {}, fields=[one, other]))
    assert f"at {path}: " in found


def test_classes_of_several_kinds_or_of_none_make_no_definition() -> None:
    with pytest.raises(ValueError, match="2 kinds are defined by Widget, Gadgetv1"):
        crd_of([Widget, *versions({})])
    with pytest.raises(ValueError, match="0 kinds are defined by nothing"):
        crd_of([])
    with pytest.raises(PluginRejected, match="objects are stored in none"):
        crd_of(versions({}, {}))


def test_a_record_can_be_sent_to_another_process() -> None:
    record = record_of(definition_of(Widget))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(record), type=VersionRecord) == record
