"""The patch types."""

from typing import Any

import pytest

from kube_apiserver.patching import PatchError, json_patch, merge_patch, strategic_merge_patch
from tests.builtin_schema import builtin_schema

DEPLOYMENT = builtin_schema("apps", "v1", "Deployment")
CONFIG_MAP = builtin_schema("", "v1", "ConfigMap")


def pod_spec(**spec: Any) -> dict[str, Any]:
    return {"spec": {"template": {"spec": spec}}}


def patched_pod(doc: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = strategic_merge_patch(pod_spec(**doc), pod_spec(**patch), DEPLOYMENT)["spec"]["template"][
        "spec"
    ]
    return found


def test_json_patch_applies_in_order_and_leaves_its_input_alone() -> None:
    doc = {"data": {"a": "1"}}
    ops = [{"op": "add", "path": "/data/b", "value": "2"}, {"op": "remove", "path": "/data/a"}]
    assert json_patch(doc, ops) == {"data": {"b": "2"}}
    assert doc == {"data": {"a": "1"}}


@pytest.mark.parametrize(
    ("ops", "code"),
    [
        ({"op": "add"}, 400),
        ([{"op": "remove", "path": "/nothing"}], 422),
        ([{"op": "test", "path": "/data/a", "value": "9"}], 422),
        ([{"op": "nonsense", "path": "/data/a"}], 422),
        ([{"path": "/data/a"}], 422),
        ([1], 400),
        ([{"op": "add", "path": "/data/x", "value": "1"}] * 10_001, 413),
    ],
)
def test_a_json_patch_that_cannot_be_applied_says_with_which_status(ops: dict[str, str] | list[Any], code: int) -> None:
    with pytest.raises(PatchError) as caught:
        json_patch({"data": {"a": "1"}}, ops)
    assert caught.value.code == code


def test_copies_that_double_an_object_again_and_again_are_refused() -> None:
    doublings = [{"op": "copy", "from": "/data", "path": f"/data/{number}"} for number in range(40)]

    with pytest.raises(PatchError) as caught:
        json_patch({"data": {"k": "v"}}, doublings)

    assert caught.value.code == 422


def test_replacing_an_absent_member_adds_it() -> None:
    assert json_patch({"data": {}}, [{"op": "replace", "path": "/data/a", "value": "1"}]) == {"data": {"a": "1"}}


def test_an_absent_member_passes_a_test_for_null() -> None:
    assert json_patch({"data": {}}, [{"op": "test", "path": "/data/a", "value": None}]) == {"data": {}}


def test_a_missing_value_and_a_copy_of_what_is_absent_are_null() -> None:
    assert json_patch({"data": {}}, [{"op": "add", "path": "/data/a"}]) == {"data": {"a": None}}
    assert json_patch({"data": {}}, [{"op": "copy", "from": "/data/b", "path": "/data/a"}]) == {"data": {"a": None}}


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        ({"op": "add", "path": "/list/-1", "value": 9}, [1, 2, 9]),
        ({"op": "add", "path": "/list/-3", "value": 9}, [9, 1, 2]),
        ({"op": "replace", "path": "/list/-1", "value": 9}, [1, 9]),
        ({"op": "remove", "path": "/list/-2"}, [2]),
    ],
)
def test_a_negative_index_counts_from_the_end_of_a_list(op: dict[str, Any], expected: list[int]) -> None:
    assert json_patch({"list": [1, 2]}, [op]) == {"list": expected}


def test_merge_patch_deletes_by_null_and_replaces_lists() -> None:
    doc = {"a": {"b": 1, "c": 2}, "l": [1, 2]}
    assert merge_patch(doc, {"a": {"b": None, "d": 3}, "l": [9]}) == {"a": {"c": 2, "d": 3}, "l": [9]}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, [{"b": {}}, None, [{}]]),
        ({"l": [1]}, [{"b": {}}, None, [{}]]),
        ({"l": {"x": 1}}, [{"a": None, "b": {"c": None}}, None, [{"d": None}]]),
    ],
    ids=["new", "in place of a list", "in place of an object"],
)
def test_merge_patch_drops_null_from_the_objects_of_lists(before: dict[str, Any], after: list[Any]) -> None:
    patch = {"l": [{"a": None, "b": {"c": None}}, None, [{"d": None}]]}
    assert merge_patch(before, patch) == {"l": after}
    assert patch == {"l": [{"a": None, "b": {"c": None}}, None, [{"d": None}]]}


def test_a_merge_patch_must_be_an_object() -> None:
    with pytest.raises(PatchError) as caught:
        merge_patch({}, [1])
    assert caught.value.code == 400


def test_strategic_merge_joins_lists_by_key_with_patched_items_first() -> None:
    doc = {"containers": [{"name": "c", "image": "i", "env": [{"name": "E", "value": "1"}]}]}
    result = patched_pod(doc, {"containers": [{"name": "c", "env": [{"name": "F", "value": "2"}]}]})
    assert result["containers"] == [
        {"name": "c", "image": "i", "env": [{"name": "F", "value": "2"}, {"name": "E", "value": "1"}]}
    ]


def test_patch_delete_removes_one_item_and_patch_replace_the_list() -> None:
    doc = {"containers": [{"name": "a", "image": "1"}, {"name": "b", "image": "2"}]}
    assert patched_pod(doc, {"containers": [{"name": "a", "$patch": "delete"}]})["containers"] == [
        {"name": "b", "image": "2"}
    ]
    replaced = patched_pod(doc, {"containers": [{"name": "z", "image": "9"}, {"$patch": "replace"}]})
    assert replaced["containers"] == [{"name": "z", "image": "9"}]


def test_set_element_order_sorts_the_list() -> None:
    doc = {"containers": [{"name": "a"}, {"name": "b"}]}
    patch = {
        "$setElementOrder/containers": [{"name": "c"}, {"name": "a"}, {"name": "b"}],
        "containers": [{"name": "c"}],
    }
    assert [one["name"] for one in patched_pod(doc, patch)["containers"]] == ["c", "a", "b"]


@pytest.mark.parametrize(
    "patch",
    [
        {"$setElementOrder/containers": [{"name": "b"}], "containers": [{"name": "a", "image": "x"}]},
        {
            "$setElementOrder/containers": [{"name": "b"}, {"name": "a"}],
            "containers": [{"name": "a", "image": "x"}, {"name": "b", "image": "x"}],
        },
    ],
)
def test_set_element_order_must_name_what_is_patched_in_the_order_of_the_patch(patch: dict[str, Any]) -> None:
    with pytest.raises(PatchError, match=r"The order in patch list") as caught:
        patched_pod({"containers": [{"name": "a"}, {"name": "b"}]}, patch)
    assert caught.value.code == 500


def test_a_patch_of_thousands_of_items_is_merged_by_key_and_in_order() -> None:
    """It took minutes when each item was looked for in the whole list."""
    owners = [{"uid": str(number)} for number in range(20_000)]
    patch = {"metadata": {"ownerReferences": owners[::-1], "finalizers": [each["uid"] for each in owners]}}
    live = {"metadata": {"ownerReferences": owners[::2], "finalizers": ["first", "5"]}}

    merged = strategic_merge_patch(live, patch, DEPLOYMENT)["metadata"]

    assert merged["ownerReferences"] == owners[::-1]
    names = [each["uid"] for each in owners]
    assert merged["finalizers"] == [*names[:5], "first", *names[5:]]


def test_thousands_of_items_are_deleted_in_one_pass() -> None:
    """It took minutes when each deletion went through the whole list."""
    containers = [{"name": f"c{number}", "image": "i"} for number in range(20_000)]
    deleted = [{"name": each["name"], "$patch": "delete"} for each in containers[1:]]
    left = patched_pod({"containers": containers}, {"containers": deleted})
    assert left["containers"] == containers[:1]


def test_a_deleted_item_may_be_there_twice_and_come_again() -> None:
    doc = {"containers": [{"name": "a", "image": "1"}, {"name": "b", "image": "2"}, {"name": "a", "image": "3"}]}
    patch = {"containers": [{"name": "a", "$patch": "delete"}, {"name": "a", "image": "4"}]}
    assert patched_pod(doc, patch)["containers"] == [{"name": "a", "image": "4"}, {"name": "b", "image": "2"}]


def test_retain_keys_drops_the_other_union_members() -> None:
    doc = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}
    patch = {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
    assert strategic_merge_patch(doc, patch, DEPLOYMENT) == {"spec": {"strategy": {"type": "Recreate"}}}


def test_scalars_leave_a_merging_list_by_directive() -> None:
    doc = {"metadata": {"finalizers": ["a", "b"]}}
    patch = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"], "finalizers": ["c"]}}
    result = strategic_merge_patch(doc, patch, CONFIG_MAP)
    assert sorted(result["metadata"]["finalizers"]) == ["b", "c"]


def test_patch_replace_on_an_object_keeps_only_the_patch() -> None:
    doc = {"data": {"a": "1", "b": "2"}}
    assert strategic_merge_patch(doc, {"data": {"$patch": "replace", "c": "3"}}, CONFIG_MAP) == {"data": {"c": "3"}}


def test_a_directive_for_what_is_absent_is_dropped_with_all_beside_it() -> None:
    assert strategic_merge_patch({}, {"data": {"$patch": "replace", "c": "3"}}, CONFIG_MAP) == {}


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"image": "x"}, "map: map[image:x] does not contain declared merge key: name"),
        ({"name": "a", "$patch": "odd"}, "unknown patch type: odd in map: map[$patch:odd name:a]"),
    ],
)
def test_a_list_patch_that_cannot_be_followed_is_a_server_error(item: dict[str, str], message: str) -> None:
    with pytest.raises(PatchError) as caught:
        patched_pod({"containers": [{"name": "a"}]}, {"containers": [item]})
    assert (caught.value.code, caught.value.message) == (500, message)


@pytest.mark.parametrize("odd", [None, 7, "text"])
def test_items_of_a_merged_list_have_one_type(odd: Any) -> None:
    with pytest.raises(PatchError, match=r"^list element types are not identical: \[\[map\[name:a\]\] \[") as caught:
        patched_pod({"containers": [{"name": "a"}]}, {"containers": [odd]})
    assert caught.value.code == 500


def test_lists_of_lists_are_not_merged() -> None:
    with pytest.raises(PatchError) as caught:
        strategic_merge_patch({"metadata": {"finalizers": []}}, {"metadata": {"finalizers": [["a"]]}}, CONFIG_MAP)
    assert (caught.value.code, caught.value.reason) == (422, "Invalid")


def test_a_list_that_is_absent_is_taken_from_the_patch_as_it_is() -> None:
    ports = [{"name": "no containerPort", "hostIP": None}]
    result = patched_pod({"containers": [{"name": "a"}]}, {"containers": [{"name": "a", "ports": ports}]})
    assert result["containers"] == [{"name": "a", "ports": [{"name": "no containerPort"}]}]


def test_a_list_in_a_map_is_not_merged() -> None:
    request = builtin_schema("certificates.k8s.io", "v1", "CertificateSigningRequest")
    with pytest.raises(PatchError, match="data type is not struct, instead is: map"):
        strategic_merge_patch({"spec": {"extra": {"a": ["x"]}}}, {"spec": {"extra": {"a": ["y"]}}}, request)
