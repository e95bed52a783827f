"""Tables as kubectl prints them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from kube_apiserver import printer_columns
from kube_apiserver.kinds import strategy_of
from kube_apiserver.printer_columns.columns import Columns
from kube_apiserver.printer_columns.common_cells import NAME_AND_AGE
from kube_apiserver.printer_columns.custom_resources import custom_columns
from kube_apiserver.printer_columns.formats import human_duration
from kube_apiserver.printer_columns.jsonpath import find
from kube_apiserver.schema import ResourceInfo, builtin_resources

NOW = datetime(2026, 1, 1, 0, 5, 30, tzinfo=UTC)
METADATA = {"name": "x", "creationTimestamp": "2026-01-01T00:00:00Z"}


def row(group: str, kind: str, obj: dict[str, Any], version: str = "v1") -> list[Any]:
    return row_of(strategy_of(group, version, kind).columns, obj)


def row_of(columns: Columns, obj: dict[str, Any]) -> list[Any]:
    table = printer_columns.render([{"metadata": METADATA, **obj}], columns, now=NOW)
    assert all(len(line["cells"]) == len(table["columnDefinitions"]) for line in table["rows"])
    found: list[Any] = table["rows"][0]["cells"]
    return found


@pytest.mark.parametrize("resource", builtin_resources(), ids=lambda one: f"{one.group}/{one.kind}")
def test_a_bare_object_of_every_kind_has_a_cell_for_each_column(resource: ResourceInfo) -> None:
    assert row(resource.group, resource.kind, {"kind": resource.kind}, resource.version)


def test_a_config_map_shows_the_number_of_its_keys() -> None:
    assert row("", "ConfigMap", {"data": {"a": "1"}, "binaryData": {"b": ""}}) == ["x", 2, "5m30s"]


def test_a_service_shows_ports_and_addresses() -> None:
    spec = {"clusterIP": "10.0.0.1", "ports": [{"port": 80, "nodePort": 30000, "protocol": "TCP"}], "type": "NodePort"}
    assert row("", "Service", {"spec": spec}) == [
        "x", "NodePort", "10.0.0.1", "<none>", "80:30000/TCP", "5m30s", "<none>",
    ]  # fmt: skip


def test_a_crashing_pod_shows_why_and_how_often() -> None:
    state = {
        "ready": False,
        "restartCount": 3,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"finishedAt": "2026-01-01T00:04:30Z"}},
    }
    obj = {"spec": {"containers": [{}]}, "status": {"phase": "Running", "containerStatuses": [state]}}
    assert row("", "Pod", obj)[1:4] == ["0/1", "CrashLoopBackOff", "3 (60s ago)"]


def test_a_secret_never_shows_a_value() -> None:
    assert row("", "Secret", {"type": "Opaque", "data": {"k": "c2VjcmV0"}}) == ["x", "Opaque", 1, "5m30s"]


def test_one_storage_class_of_a_list_is_the_default() -> None:
    marks = {"storageclass.kubernetes.io/is-default-class": "true"}
    objects = [
        {"metadata": {"name": name, "creationTimestamp": time, "annotations": marks if time else {}}}
        for name, time in (
            ("a", "2025-01-01T00:00:00Z"),
            ("c", "2026-01-01T00:00:00Z"),
            ("b", "2026-01-01T00:00:00Z"),
            ("d", ""),
        )
    ]
    shown = strategy_of("storage.k8s.io", "v1", "StorageClass").columns
    table = printer_columns.render(objects, shown, now=NOW, of_list=True)
    assert [line["cells"][0] for line in table["rows"]] == ["a", "c", "b (default)", "d"]
    assert row("storage.k8s.io", "StorageClass", objects[0])[0] == "a"


def test_a_definition_shows_its_served_versions() -> None:
    versions = [
        {"name": "v2", "served": True, "storage": True},
        {"name": "v1", "served": True},
        {"name": "v0", "served": False},
    ]
    names = {"kind": "Widget", "shortNames": ["w", "wd"]}
    spec = {"scope": "Cluster", "group": "e.com", "names": names, "versions": versions}
    status = {"conditions": [{"type": "Established", "status": "True"}]}
    assert row("apiextensions.k8s.io", "CustomResourceDefinition", {"spec": spec, "status": status}) == [
        "x", "Cluster", "v1,v2(storage)", METADATA["creationTimestamp"], "e.com", "Widget", "w,wd", True,
    ]  # fmt: skip


def test_custom_columns_follow_their_paths() -> None:
    columns = [
        {"name": "Ready", "type": "string", "jsonPath": '.status.conditions[?(@.type=="Ready")].status'},
        {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
        {"name": "Since", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
        {"name": "Gone", "type": "string", "jsonPath": ".spec.nothing"},
    ]
    obj = {"spec": {"size": 3}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    assert row_of(custom_columns(columns), obj) == ["x", "True", 3, "5m30s", None]


def test_without_columns_a_custom_kind_shows_its_age() -> None:
    assert row_of(custom_columns([]), {}) == ["x", "5m30s"]


@pytest.mark.parametrize(
    ("include", "expected"),
    [
        ("None", None),
        ("Metadata", {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": METADATA}),
        ("Object", {"metadata": METADATA, "data": {}}),
    ],
)
def test_rows_carry_what_was_asked_for(include: str, expected: dict[str, Any] | None) -> None:
    obj = {"metadata": METADATA, "data": {}}
    table = printer_columns.render([obj], NAME_AND_AGE, now=NOW, include_object=include)
    assert table["rows"][0]["object"] == expected


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (119, "119s"), (120, "2m"), (330, "5m30s"), (3600, "60m"), (4 * 3600, "4h"), (90000, "25h"),
     (3 * 86400 + 3600, "3d1h"), (400 * 86400, "400d"), (800 * 86400, "2y70d"), (-5, "<invalid>")],
)  # fmt: skip
def test_durations_have_at_most_two_units(seconds: int, text: str) -> None:
    assert human_duration(seconds) == text


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (".a.b", [1]),
        (".l[0].n", ["x"]),
        (".l[*].n", ["x", "y"]),
        ('.m["k.d"]', [2]),
        (r".m.k\.d", [2]),
        (".no.such", []),
    ],
)
def test_paths_lead_to_values(path: str, found: list[Any]) -> None:
    assert find(path, {"a": {"b": 1}, "l": [{"n": "x"}, {"n": "y"}], "m": {"k.d": 2}}) == found
