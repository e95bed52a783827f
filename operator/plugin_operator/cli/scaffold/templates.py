"""The text of a new plugin and its test.

The plugin of a built-in kind, or of a kind with --crd, works on objects with a label of its own alone, so that it harms
nothing when it is loaded into a cluster as it stands. The plugin of a new kind defines it with a class.
"""

from string import Template

ANNOTATING_PLUGIN = Template('''\
"""Annotate each $kind that has the label $label with the time of its first reconcile."""

from plugin_operator import Context, Request, controller, permission

LABEL = "$label"  # objects without this label are left alone
SINCE = "$label-since"


@controller(
    for_="$gvk",
    label_selector=LABEL,$metadata_only
    permissions=[$permission],
)
async def $name(ctx: Context, request: Request) -> None:
    obj = ctx.lister.get(request)  # a private copy from the cache; None once it is deleted
    if obj is None or obj["metadata"].get("deletionTimestamp"):
        return
    if SINCE not in (obj["metadata"].get("annotations") or {}):
        since = ctx.now().isoformat(timespec="seconds")
        await ctx.client.patch("$gvk", request, {"metadata": {"annotations": {SINCE: since}}})
        ctx.log.info("$kind annotated", since=since)
''')

ANNOTATING_TEST = Template('''\
"""What $name.py does, on an API server of its own in virtual time."""

from datetime import UTC, datetime
from typing import Any

from plugin_operator.testing import scenario

PLUGIN = "../plugins/$name.py"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)$crd_constant


def example(labels: dict[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "$api_version",
        "kind": "$kind",
        "metadata": {"name": "$object_name", $namespace_item"labels": labels},$fields
    }


async def test_an_object_with_the_label_is_annotated_once() -> None:
    async with scenario(PLUGIN, $crds_argument$objects_argument=[example({"$label": "on"})], start=NOON) as s:
        assert [str(write) for write in s.writes] == ["patch $gvk $object_path"]
        obj = await s.get("$gvk", "$object_name")
        assert obj["metadata"]["annotations"]["$label-since"] == "2026-01-01T12:00:00+00:00"
        await s.patch("$gvk", "$object_name", {"metadata": {"labels": {"changed": "yes"}}})
        assert len(s.writes) == 1


async def test_an_object_without_the_label_is_left_alone() -> None:
    async with scenario(PLUGIN, $crds_argument$objects_argument=[example({})]) as s:
        assert s.requests == []


async def test_a_write_that_fails_is_tried_again() -> None:
    objects = [example({"$label": "on"})]
    async with scenario(PLUGIN, $crds_argument$objects_argument=objects, fail={"patch": [409]}) as s:
        await s.advance(1)
        assert (len(s.failed_writes), len(s.writes)) == (1, 1)
''')

TYPED_PLUGIN = Template('''\
"""Keep a ConfigMap with the message of each $kind, and report in the status of the $kind that it is ready."""

from typing import Annotated, Any

import msgspec
from plugin_operator import (
    ApiObject,
    Conditions,
    Context,
    Request,
    Struct,
    column,
    controller,
    own,
    permission,
    resource,
    schema,
)

LABEL = "$label"  # on the ConfigMaps of this plugin, so that no others are cached


class ${kind}Spec(Struct):
    """What a user asks for.

    Attributes:
        message: What the ConfigMap says.
    """

    message: Annotated[str, schema(max_length=1024)] = "hello"


class ${kind}Status(Struct):
    """What the plugin reports.

    Attributes:
        conditions: Whether the ConfigMap is there, as Ready.
    """

    conditions: Conditions = []


@resource(
    "$gvk",$definition
    columns=[
        column("Message", ".spec.message"),
        column("Ready", '.status.conditions[?(@.type=="Ready")].status'),
    ],
)
class $class_name(ApiObject):
    """A message that becomes a ConfigMap."""

    spec: ${kind}Spec
    status: ${kind}Status = msgspec.field(default_factory=${kind}Status)


@controller(
    for_=$class_name,
    owns=[own("v1/ConfigMap", label_selector=LABEL)],
    permissions=[
        permission("configmaps", ["create", "patch"]),
        permission("$plural", ["get"], api_groups="$group"),
        permission("$plural/status", ["patch"], api_groups="$group"),
    ],
)
async def $name(ctx: Context[$class_name], request: Request) -> None:
    obj = ctx.lister.get(request)  # a private copy from the cache; None once it is deleted
    if obj is None or obj.metadata.deletion_timestamp:
        return
    config = config_of(obj)
    ctx.set_owner(config, owner=obj)  # Kubernetes deletes it after its owner
    await ctx.client.apply(config)
    async with ctx.status(obj):  # written once, at the end of the block, if it changed
        message = f"ConfigMap {config['metadata']['name']} has the message"
        if ctx.set_condition(obj, "Ready", True, "Applied", message):
            ctx.log.info("$kind is ready")


def config_of(obj: $class_name) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": f"{obj.metadata.name}-$singular",
            "namespace": $child_namespace,
            "labels": {LABEL: "on"},
        },
        "data": {"message": obj.spec.message},
    }
''')

TYPED_TEST = Template('''\
"""What $name.py does, on an API server of its own in virtual time."""

from plugin_operator.testing import scenario

PLUGIN = "../plugins/$name.py"  # the server gets the definition of its class
EXAMPLE = {
    "apiVersion": "$api_version",
    "kind": "$kind",
    "metadata": {"name": "$object_name"$namespace_end},
    "spec": {"message": "hello"},
}


async def test_the_message_is_in_a_configmap_and_the_status_says_ready() -> None:
    async with scenario(PLUGIN, objects=[EXAMPLE]) as s:
        config = await s.get("v1/ConfigMap", "$object_name-$singular")
        assert config["data"] == {"message": "hello"}
        assert config["metadata"]["ownerReferences"][0]["kind"] == "$kind"
        condition = (await s.get("$gvk", "$object_name"))["status"]["conditions"][0]
        assert (condition["type"], condition["status"]) == ("Ready", "True")


async def test_a_changed_message_reaches_the_configmap() -> None:
    async with scenario(PLUGIN, objects=[EXAMPLE]) as s:
        await s.patch("$gvk", "$object_name", {"spec": {"message": "good morning"}})
        assert (await s.get("v1/ConfigMap", "$object_name-$singular"))["data"] == {"message": "good morning"}


async def test_a_deleted_configmap_comes_back() -> None:
    async with scenario(PLUGIN, objects=[EXAMPLE]) as s:
        await s.delete("v1/ConfigMap", "$object_name-$singular")
        assert (await s.get("v1/ConfigMap", "$object_name-$singular"))["data"] == {"message": "hello"}
''')
