"""managedFields and server-side apply. The sequences and results were compared with a real 1.37 server."""

from datetime import UTC, datetime
from typing import Any

import pytest

from kube_apiserver.crds.schemas import from_crd
from kube_apiserver.defaulting.defaults import apply_defaults
from kube_apiserver.fieldmanagers import ApplyConflict, apply, rooted, track, typed_patch_error
from kube_apiserver.schema import Schema
from tests.builtin_schema import builtin_schema

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LATER = datetime(2026, 1, 2, 3, 9, 5, tzinfo=UTC)
CONFIG_MAP = builtin_schema("", "v1", "ConfigMap")
DEPLOYMENT = builtin_schema("apps", "v1", "Deployment")
GADGET = {"apiVersion": "e.com/v1", "kind": "G", "metadata": {"name": "x"}}
KEYED = {
    "type": "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name"],
    "items": {"type": "object", "properties": {"name": {"type": "string"}}},
}
CONTAINER = {"name": "c", "image": "i", "ports": [{"containerPort": 80}]}
SPEC = {
    "selector": {"matchLabels": {"a": "b"}},
    "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [CONTAINER]}},
}


def config_map(data: dict[str, str] | None = None, **metadata: Any) -> dict[str, Any]:
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", **metadata}}
    return obj if data is None else {**obj, "data": data}


def write(
    old: dict[str, Any] | None, new: dict[str, Any], manager: str, now: datetime = NOW, **options: Any
) -> dict[str, Any]:
    return track(old, new, manager=manager, schema=CONFIG_MAP, api_version="v1", now=now, **options)


def applied(
    live: dict[str, Any] | None,
    config: dict[str, Any],
    manager: str,
    *,
    force: bool = False,
    now: datetime = NOW,
    schema: Schema = CONFIG_MAP,
    api_version: str = "v1",
    **options: Any,
) -> dict[str, Any]:
    return apply(live, config, manager=manager, force=force, schema=schema, api_version=api_version, now=now, **options)


def fields(obj: dict[str, Any], manager: str) -> dict[str, Any]:
    return next(e["fieldsV1"] for e in obj["metadata"]["managedFields"] if e["manager"] == manager)


def managers(obj: dict[str, Any]) -> list[tuple[str, str]]:
    return [(e["manager"], e["operation"]) for e in obj["metadata"].get("managedFields", [])]


def test_a_creator_owns_what_it_set_but_not_its_identity() -> None:
    result = write(None, config_map({"a": "1"}, labels={"l": "m"}, uid="u"), "me")
    assert result["metadata"]["managedFields"] == [
        {
            "manager": "me",
            "operation": "Update",
            "apiVersion": "v1",
            "time": "2026-01-02T03:04:05Z",
            "fieldsType": "FieldsV1",
            "fieldsV1": {
                "f:data": {".": {}, "f:a": {}},
                "f:metadata": {"f:labels": {".": {}, "f:l": {}}},
            },
        }
    ]


def test_an_update_takes_only_what_it_changed() -> None:
    live = write(None, config_map({"a": "1", "b": "2"}), "first")
    result = write(live, {**live, "data": {"a": "9", "b": "2"}}, "second", LATER)
    assert fields(result, "first") == {"f:data": {".": {}, "f:b": {}}}
    assert fields(result, "second") == {"f:data": {"f:a": {}}}


def test_an_update_without_a_change_keeps_the_old_time() -> None:
    live = write(None, config_map({"a": "1"}), "me")
    assert write(live, live, "me", LATER) == live


def test_clearing_managed_fields_ends_the_tracking() -> None:
    live = write(None, config_map({"a": "1"}), "me")
    cleared = write(live, config_map({"a": "1"}, managedFields=[{}]), "me")
    assert "managedFields" not in cleared["metadata"]
    assert "managedFields" not in write(cleared, config_map({"a": "2"}), "me")["metadata"]


def test_dropping_managed_fields_by_accident_keeps_them() -> None:
    live = write(None, config_map({"a": "1"}), "me")
    assert managers(write(live, config_map({"a": "1"}), "you")) == [("me", "Update")]


def test_status_written_through_its_path_is_an_entry_of_its_own() -> None:
    base = apply_defaults(
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": SPEC}, DEPLOYMENT
    )
    live = track(None, base, manager="me", schema=DEPLOYMENT, api_version="apps/v1", now=NOW)
    new = {**live, "status": {"readyReplicas": 1}}
    result = track(live, new, manager="ctl", schema=DEPLOYMENT, api_version="apps/v1", now=LATER, subresource="status")
    entry = result["metadata"]["managedFields"][-1]
    assert (entry["manager"], entry["subresource"], entry["fieldsV1"]) == (
        "ctl",
        "status",
        {"f:status": {"f:readyReplicas": {}}},
    )


def test_appliers_share_equal_values() -> None:
    live = applied(None, config_map({"a": "1"}), "alice")
    result = applied(live, config_map({"a": "1"}), "bob")
    assert sorted(managers(result)) == [("alice", "Apply"), ("bob", "Apply")]


def test_a_conflict_names_owner_and_field() -> None:
    live = write(None, config_map({"a": "1", "b": "2"}), "creator")
    with pytest.raises(ApplyConflict) as caught:
        applied(live, config_map({"a": "9"}), "alice")
    assert str(caught.value) == 'Apply failed with 1 conflict: conflict with "creator" using v1: .data.a'
    cause = caught.value.causes[0]
    assert (cause.field, cause.reason, cause.message) == (
        ".data.a",
        "FieldManagerConflict",
        'conflict with "creator" using v1',
    )


def test_several_conflicts_are_listed_by_manager() -> None:
    live = applied(None, config_map({"a": "1", "c": "1"}), "alice")
    with pytest.raises(ApplyConflict) as caught:
        applied(live, config_map({"a": "9", "c": "9"}), "bob")
    assert str(caught.value) == 'Apply failed with 2 conflicts: conflicts with "alice":\n- .data.a\n- .data.c'


def test_force_takes_the_field_over() -> None:
    live = applied(None, config_map({"a": "1", "b": "1"}), "alice")
    result = applied(live, config_map({"a": "9"}), "bob", force=True)
    assert result["data"] == {"a": "9", "b": "1"}
    assert fields(result, "alice") == {"f:data": {"f:b": {}}}


def test_a_field_no_longer_applied_goes_unless_somebody_else_owns_it() -> None:
    live = applied(None, config_map({"a": "1", "b": "1"}), "alice")
    live = applied(live, config_map({"b": "1"}), "bob")
    result = applied(live, config_map({"c": "1"}), "alice")
    assert result["data"] == {"b": "1", "c": "1"}


def test_applying_nothing_more_removes_the_container_too() -> None:
    live = applied(None, config_map({"a": "1"}), "alice")
    assert "data" not in applied(live, config_map(), "alice")


def test_applying_the_same_again_changes_nothing_not_even_the_time() -> None:
    live = applied(None, config_map({"a": "1"}), "alice")
    assert applied(live, config_map({"a": "1"}), "alice", now=LATER) == live


def test_giving_up_the_only_metadata_leaves_the_name() -> None:
    live = applied(None, config_map(finalizers=["example.com/a"]), "alice")
    result = applied(live, config_map(), "alice")
    assert result["metadata"] == {"name": "x"}


def test_an_apply_that_changes_no_value_sets_no_time() -> None:
    live = applied(None, config_map({"a": "1"}), "alice")
    result = applied(live, config_map({"a": "1"}), "bob", now=LATER)
    assert [entry.get("time") for entry in result["metadata"]["managedFields"]] == [None, "2026-01-02T03:04:05Z"]


def test_keyed_lists_merge_and_are_owned_by_key() -> None:
    live = applied(None, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": SPEC}, "a",
                   schema=DEPLOYMENT, api_version="apps/v1")  # fmt: skip
    other = {"spec": {"template": {"spec": {"containers": [{"name": "d", "image": "k"}]}}}}
    config = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, **other}
    result = applied(live, config, "b", schema=DEPLOYMENT, api_version="apps/v1")
    assert [one["name"] for one in result["spec"]["template"]["spec"]["containers"]] == ["c", "d"]
    assert fields(result, "b") == {
        "f:spec": {
            "f:template": {"f:spec": {"f:containers": {'k:{"name":"d"}': {".": {}, "f:image": {}, "f:name": {}}}}}
        }
    }
    ports = fields(result, "a")["f:spec"]["f:template"]["f:spec"]["f:containers"]['k:{"name":"c"}']["f:ports"]
    assert list(ports) == ['k:{"containerPort":80,"protocol":"TCP"}']


def test_atomic_lists_of_custom_kinds_are_owned_whole() -> None:
    schema = from_crd({"type": "object", "properties": {"l": {"type": "array", "items": {"type": "string"}}}})
    config = {"apiVersion": "e.com/v1", "kind": "G", "metadata": {"name": "x"}, "l": ["a"]}
    result = applied(None, config, "a", schema=schema, api_version="e.com/v1")
    assert fields(result, "a") == {"f:l": {}}


def test_an_applied_null_leaves_what_others_put_into_a_map() -> None:
    live = write(None, config_map({"a": "1"}, labels={"l": "m"}), "first")
    config = config_map(labels=None)
    result = applied(live, {**config, "data": None}, "alice")
    assert (result["data"], result["metadata"]["labels"]) == ({"a": "1"}, {"l": "m"})
    assert fields(result, "alice") == {"f:data": {}, "f:metadata": {"f:labels": {}}}
    assert fields(result, "first") == fields(live, "first")


def test_a_null_is_a_key_of_a_list_too() -> None:
    spec = {"type": "object", "properties": {"map": KEYED}}
    schema = from_crd({"type": "object", "properties": {"spec": spec}})
    config = {**GADGET, "spec": {"map": [{"name": None}]}}
    assert typed_patch_error(config, rooted(schema), "") == ""
    assert fields(applied(None, config, "a", schema=schema), "a")["f:spec"]["f:map"] == {
        'k:{"name":null}': {".": {}, "f:name": {}}
    }


@pytest.mark.parametrize("status", [{"ready": "yes"}, {"parts": [{"name": "a"}, "b"]}, "none", {"set": [{}]}])
def test_no_manager_gains_an_object_with_a_value_of_a_wrong_type(status: Any) -> None:
    members = {"ready": {"type": "boolean"}, "parts": KEYED, "set": {**KEYED, "x-kubernetes-list-type": "set"}}
    shape = {"size": {"type": "integer"}, "status": {"type": "object", "properties": members}}
    schema = from_crd({"type": "object", "properties": shape})
    options: dict[str, Any] = {"manager": "a", "schema": schema, "api_version": "e.com/v1", "now": NOW}
    tracked = track(None, {**GADGET, "size": 1}, **options)
    assert managers(tracked) == [("a", "Update")]
    assert managers(track(None, GADGET, sent={**GADGET, "status": status}, **options)) == []
    changed = {**tracked, "size": 2}
    before = tracked["metadata"]["managedFields"]
    assert track(tracked, changed, sent={**changed, "status": status}, **options)["metadata"]["managedFields"] == before
    assert track({**tracked, "status": status}, changed, **options)["metadata"]["managedFields"] == before


def test_a_manager_owns_a_list_that_names_an_item_twice() -> None:
    schema = from_crd({"type": "object", "properties": {"parts": KEYED}})
    obj = {**GADGET, "parts": [{"name": "a"}, {"name": "a"}]}
    result = track(None, obj, manager="a", schema=schema, api_version="e.com/v1", now=NOW)
    assert managers(result) == [("a", "Update")]


def test_an_untracked_object_gets_a_manager_before_the_first_apply() -> None:
    result = applied(config_map({"k": "v"}), config_map({"new": "1"}), "alice")
    assert managers(result) == [("alice", "Apply"), ("before-first-apply", "Update")]


def test_kubectl_takes_over_what_its_client_side_apply_had_set() -> None:
    text = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{"a":"1"}}'
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": text}
    live = write(None, config_map({"a": "1"}, annotations=annotations), "kubectl-client-side-apply")
    result = applied(live, config_map({"a": "2"}), "kubectl")
    assert result["data"] == {"a": "2"}
    [last] = result["metadata"]["annotations"].values()
    assert last == '{"apiVersion":"v1","data":{"a":"2"},"kind":"ConfigMap","metadata":{"name":"x"}}\n'
    with pytest.raises(ApplyConflict):
        applied(live, config_map({"a": "2"}), "other")


SERVICE_ACCOUNT = builtin_schema("", "v1", "ServiceAccount")


def account(*secrets: dict[str, str]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "x"}, "secrets": list(secrets)}


def account_fields(old: dict[str, Any] | None, new: dict[str, Any]) -> Any:
    found = track(old, new, manager="m", schema=SERVICE_ACCOUNT, api_version="v1", now=NOW)
    entries = found["metadata"].get("managedFields")
    return entries and entries[0]["fieldsV1"]["f:secrets"]


def test_items_with_the_same_keys_are_owned_as_a_whole() -> None:
    fields = account_fields(None, account({"name": "a", "kind": "x"}, {"name": "a"}))
    assert fields == {".": {}, 'k:{"name":"a"}': {}}


def test_an_item_without_its_keys_leaves_the_stored_managers() -> None:
    assert account_fields(None, account({"kind": "x"})) is None
    old = track(None, account({"name": "a"}), manager="m", schema=SERVICE_ACCOUNT, api_version="v1", now=NOW)
    assert 'k:{"name":"a"}' in account_fields(old, account({"kind": "x"}))
