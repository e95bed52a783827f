"""Definitions that the operator installs on an API server."""

import contextlib
import copy
import json
import os
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from kube_apiserver import ApiServer, Endpoint
from kube_apiserver.faults.fault import Action, Fault
from plugin_operator.client import ApiClient, ApiRequest, Connection, ConnectionConfig, RESTMapper
from plugin_operator.clock import SystemClock
from plugin_operator.errors import NotFoundError
from plugin_operator.hosting.crds.installer import DefinitionInstaller
from plugin_operator.hosting.crds.outcomes import DefinitionPending, DefinitionRefused
from plugin_operator.hosting.crds.requests import DefinitionRequests
from plugin_operator.metrics import Metrics
from plugin_operator.testing.eventually import eventually

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")
_CRD = "apiextensions.k8s.io/v1/CustomResourceDefinition"
_NAME = "gadgets.example.org"
_PATH = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{_NAME}"


def definition(*versions: str, names: Mapping[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """Return the definition of ``Gadget``; the last version is the stored one."""
    properties = spec.pop("properties", {"size": {"type": "integer"}})
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": properties, **spec}}}
    wanted = versions or ("v1",)
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": _NAME},
        "spec": {
            "group": "example.org",
            "scope": "Namespaced",
            "names": {"plural": "gadgets", "kind": "Gadget", **(names or {})},
            "versions": [
                {
                    "name": each,
                    "served": True,
                    "storage": each == wanted[-1],
                    "schema": {"openAPIV3Schema": copy.deepcopy(schema)},
                    "subresources": {"status": {}},
                }
                for each in wanted
            ],
        },
    }


class Cluster:
    """An API server with an installer, as an operator has it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        mapper = self._mapper = RESTMapper(connection)
        self.client = ApiClient(connection, mapper, field_manager="test", default_namespace="default")
        self._requests = DefinitionRequests(connection, mapper, timeout_seconds=1.0)
        self.installer = self.installer_of("team/operator")

    def installer_of(self, operator: str) -> DefinitionInstaller:
        return DefinitionInstaller(self._requests, SystemClock(), Metrics(), operator=operator)

    def connected(self) -> tuple[Connection, RESTMapper]:
        return self._connection, self._mapper

    async def install(self, wanted: dict[str, Any]) -> str:
        return (await self.installer.install(wanted, plugin="one", path="one.py")).action

    async def token(self, account: str) -> str:
        path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{account}/token"
        answer = await self._connection.send(ApiRequest("POST", path, body=b'{"spec": {}}'))
        token: str = json.loads(answer.body)["status"]["token"]
        return token

    async def live(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.client.get(_CRD, _NAME)
        return found

    async def create(self, name: str, **spec: Any) -> None:
        metadata = {"name": name, "namespace": "default"}
        await self.client.create({"apiVersion": "example.org/v1", "kind": "Gadget", "metadata": metadata, "spec": spec})


@pytest.fixture
async def cluster(api_endpoint: Endpoint) -> AsyncIterator[Cluster]:
    config = ConnectionConfig.for_endpoint(
        api_endpoint.url, token=api_endpoint.token or None, ca_pem=api_endpoint.ca_pem
    )
    async with Connection.open(config, Metrics(), user_agent="test") as connection:
        made = Cluster(connection)
        yield made
        try:
            await made.client.delete(_CRD, _NAME)
        except NotFoundError:
            return


def _schema(crd: dict[str, Any]) -> Any:
    return crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]


async def test_a_missing_definition_is_created_and_served_at_once_and_then_left_alone(cluster: Cluster) -> None:
    assert await cluster.install(definition()) == "created"
    await cluster.create("a", size=1)
    before = (await cluster.live())["metadata"]["resourceVersion"]
    assert await cluster.install(definition()) == "unchanged"
    assert (await cluster.live())["metadata"]["resourceVersion"] == before


async def test_a_new_field_a_new_version_and_new_short_names_are_added(cluster: Cluster) -> None:
    await cluster.install(definition())
    await cluster.create("a", size=1)
    wider = definition(
        "v1", "v2", names={"shortNames": ["gd"]}, properties={"size": {"type": "number"}, "note": {"type": "string"}}
    )
    assert await cluster.install(wider) == "updated"
    assert set(_schema(await cluster.live())) == {"size", "note"}
    assert (await cluster.client.get("example.org/v2/Gadget", "a", "default"))["spec"] == {"size": 1}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"scope": "Cluster"}, ".spec.scope"),
        ({"names": {"plural": "gadgets", "kind": "Gizmo"}}, ".spec.names.kind"),
        ({"names": {"plural": "gadgets", "kind": "Gadget", "singular": "gizmo"}}, ".spec.names.singular"),
        ({"names": {"plural": "gadgets", "kind": "Gadget", "listKind": "Gizmos"}}, ".spec.names.listKind"),
    ],
)
async def test_scope_and_names_are_never_changed(cluster: Cluster, change: dict[str, Any], field: str) -> None:
    await cluster.install(definition())
    wanted = definition()
    wanted["spec"] |= change
    with pytest.raises(DefinitionRefused, match=f"^{field}: "):
        await cluster.install(wanted)


async def test_another_plural_of_a_kind_is_refused_before_it_is_created(cluster: Cluster) -> None:
    await cluster.install(definition())
    other = definition(names={"plural": "gadgetry"})
    other["metadata"]["name"] = "gadgetry.example.org"
    with pytest.raises(DefinitionRefused, match=r"example.org/v1/Gadget is served as gadgets.example.org already"):
        await cluster.install(other)
    with pytest.raises(NotFoundError):
        await cluster.client.get(_CRD, "gadgetry.example.org")


async def test_names_of_another_definition_are_refused(cluster: Cluster) -> None:
    await cluster.install(definition())
    other = definition(names={"plural": "gizmos", "kind": "Gizmo", "singular": "gadget"})
    other["metadata"]["name"] = "gizmos.example.org"
    try:
        with pytest.raises(
            DefinitionRefused, match=r"does not accept the names of gizmos.example.org: .*already in use"
        ):
            await cluster.install(other)
    finally:
        await cluster.client.delete(_CRD, "gizmos.example.org")


async def test_a_version_in_which_objects_are_stored_is_not_removed(cluster: Cluster) -> None:
    await cluster.install(definition("v1"))
    await cluster.install(definition("v1", "v2"))
    with pytest.raises(DefinitionRefused, match="v1 is gone, but objects are stored in it"):
        await cluster.install(definition("v2"))


async def test_a_narrowing_is_refused_while_objects_do_not_fit_and_names_ten_of_them(cluster: Cluster) -> None:
    await cluster.install(definition())
    for number in range(12):
        await cluster.create(f"big-{number:02}", size=number + 100)
    await cluster.create("small", size=1)
    narrow = definition(properties={"size": {"type": "integer", "maximum": 99}})
    with pytest.raises(DefinitionRefused) as refused:
        await cluster.install(narrow)
    text = str(refused.value)
    assert "12 live objects of example.org/v1/Gadget would not fit" in text
    assert "default/big-00 (.spec.size: must be <= 99, and is 100)" in text
    assert "default/big-09" in text
    assert "default/big-10" not in text
    assert "and 2 more" in text
    assert "small" not in text
    for number in range(12):
        await cluster.client.delete("example.org/v1/Gadget", f"big-{number:02}", "default")
    assert await cluster.install(narrow) == "updated"


async def test_a_field_becomes_required_only_with_a_default_or_if_all_objects_have_it(cluster: Cluster) -> None:
    await cluster.install(definition())
    await cluster.create("a")
    with pytest.raises(DefinitionRefused, match=r"default/a \(.spec.size: is missing\)"):
        await cluster.install(definition(required=["size"]))
    with_default = definition(properties={"size": {"type": "integer", "default": 3}}, required=["size"])
    assert await cluster.install(with_default) == "updated"


async def test_a_new_pattern_is_judged_by_the_live_objects(cluster: Cluster) -> None:
    text = {"type": "string"}
    await cluster.install(definition(properties={"host": text}))
    await cluster.create("a", host="abc")
    lower = definition(properties={"host": {**text, "pattern": "^[a-z]+$"}})
    await cluster.create("b", host="abc\n")
    with pytest.raises(DefinitionRefused, match=r"1 live object .*: default/b \(\.spec\.host: "):
        await cluster.install(lower)
    await cluster.client.delete("example.org/v1/Gadget", "b", "default")
    assert await cluster.install(lower) == "updated"


async def test_what_no_look_at_objects_decides_is_refused_while_there_are_objects(cluster: Cluster) -> None:
    await cluster.install(definition())
    rules: dict[str, Any] = {"x-kubernetes-validations": [{"rule": "self.size < 9"}]}
    ruled = definition(**rules)
    await cluster.create("a", size=1)
    with pytest.raises(DefinitionRefused, match=r"^\.spec: the rule 'self.size < 9' is new: it cannot be checked"):
        await cluster.install(ruled)
    await cluster.client.delete("example.org/v1/Gadget", "a", "default")
    assert await cluster.install(ruled) == "updated"


async def test_the_subresource_status_is_not_removed_while_there_are_objects(cluster: Cluster) -> None:
    await cluster.install(definition())
    await cluster.create("a")
    without = definition()
    del without["spec"]["versions"][0]["subresources"]
    with pytest.raises(DefinitionRefused, match=r"\.subresources\.status: the subresource is removed"):
        await cluster.install(without)


async def test_a_field_that_has_only_its_default_everywhere_may_go(cluster: Cluster) -> None:
    newer = definition(properties={"size": {"type": "integer"}, "color": {"type": "string", "default": "red"}})
    await cluster.install(newer)
    await cluster.create("a", size=1)
    assert await cluster.install(definition()) == "updated"


async def test_fields_that_objects_use_stay_and_the_definition_is_kept(cluster: Cluster) -> None:
    newer = definition(properties={"size": {"type": "integer"}, "color": {"type": "string"}})
    await cluster.install(newer)
    await cluster.create("a", size=1, color="red")
    done = await cluster.installer.install(definition(), plugin="one", path="one.py")
    assert done.action == "kept"
    assert "default/a (.spec.color: would be dropped)" in done.note
    assert set(_schema(await cluster.live())) == {"size", "color"}
    await cluster.client.delete("example.org/v1/Gadget", "a", "default")
    assert await cluster.install(definition()) == "updated"


async def test_a_definition_that_another_tool_owns_is_kept_if_the_class_can_work_with_it(cluster: Cluster) -> None:
    theirs = definition(
        properties={"size": {"type": "integer", "description": "In metres."}, "more": {"type": "string"}}
    )
    await cluster.client.create(theirs, field_manager="helm")
    done = await cluster.installer.install(definition(), plugin="one", path="one.py")
    assert done.action == "kept"
    assert "helm owns .spec.versions" in done.note
    assert set(_schema(await cluster.live())) == {"size", "more"}


async def test_a_definition_that_another_tool_owns_is_refused_if_it_lacks_what_the_class_needs(
    cluster: Cluster,
) -> None:
    await cluster.client.create(definition(properties={"other": {"type": "string"}}), field_manager="helm")
    with pytest.raises(
        DefinitionRefused, match=r"helm owns .spec.versions: .*; the class cannot .*: .spec.size is missing"
    ):
        await cluster.install(definition())
    assert set(_schema(await cluster.live())) == {"other"}


async def test_an_equal_definition_of_another_tool_is_left_alone(cluster: Cluster) -> None:
    await cluster.client.create(definition(), field_manager="helm")
    assert await cluster.install(definition()) == "unchanged"
    managers = {each["manager"] for each in (await cluster.live())["metadata"]["managedFields"]}
    assert "plugin-operator-crds" not in managers


async def test_a_definition_that_another_operator_installed_is_kept_until_its_mark_is_removed(
    cluster: Cluster,
) -> None:
    size, color = {"size": {"type": "integer"}}, {"color": {"type": "string"}}
    await cluster.install(definition(properties=size | color))
    other = cluster.installer_of("other/operator")

    kept = await other.install(definition(properties=size), plugin="one", path="one.py")
    with pytest.raises(DefinitionRefused, match=r"team/operator installed it: .*; the class cannot .*: .spec.note is"):
        await other.install(definition(properties={"note": {"type": "string"}}), plugin="one", path="one.py")

    assert kept.action == "kept"
    assert "take it over with kubectl annotate crd gadgets.example.org plugin-operator/installed-by-" in kept.note
    assert set(_schema(await cluster.live())) == {"size", "color"}
    assert await cluster.install(definition(properties=size | color)) == "unchanged"

    unmarked = {"metadata": {"annotations": {"plugin-operator/installed-by": None}}}
    await cluster.client.patch(_CRD, _NAME, unmarked)
    assert (await other.install(definition(properties=size), plugin="one", path="one.py")).action == "updated"
    assert (await cluster.live())["metadata"]["annotations"] == {"plugin-operator/installed-by": "other/operator"}
    with pytest.raises(DefinitionRefused, match=r"other/operator installed it: .*; the class cannot"):
        await cluster.install(definition(properties=size | color))


async def test_a_served_version_is_removed_once_it_is_not_served_any_more(cluster: Cluster) -> None:
    await cluster.install(definition("v2", "v1"))
    await cluster.create("a", size=1)

    kept = await cluster.installer.install(definition("v1"), plugin="one", path="one.py")
    unserved = definition("v2", "v1")
    unserved["spec"]["versions"][0]["served"] = False
    done = await cluster.installer.install(unserved, plugin="one", path="one.py")

    assert kept.action == "kept"
    assert ".spec.versions: v2 is gone, but clients may use it for the live objects" in kept.note
    assert (done.action, done.note) == ("updated", "v2 is not served any more: clients that use it fail")
    assert await cluster.install(definition("v1")) == "updated"
    assert [each["name"] for each in (await cluster.live())["spec"]["versions"]] == ["v1"]


async def test_a_served_version_is_removed_while_there_are_no_objects(cluster: Cluster) -> None:
    await cluster.install(definition("v2", "v1"))
    assert await cluster.install(definition("v1")) == "updated"


@pytest.mark.parametrize(
    "spec",
    [
        {"properties": {}},
        {
            "properties": {
                "size": {"type": "integer", "externalDocs": {"url": "https://example.com", "description": ""}}
            }
        },
        {"properties": {"size": {"type": "integer", "maximum": 2**53 + 1}}},
        {"properties": {"size": {"type": "integer", "example": {"a": 2**64}}}},
    ],
    ids=["no properties", "an empty text", "a large bound", "a large example"],
)
async def test_what_the_server_stores_in_another_way_is_no_change(cluster: Cluster, spec: dict[str, Any]) -> None:
    await cluster.install(definition(**spec))
    version = (await cluster.live())["metadata"]["resourceVersion"]

    assert await cluster.install(definition(**spec)) == "unchanged"
    assert (await cluster.live())["metadata"]["resourceVersion"] == version


async def test_a_definition_that_stays_kept_is_logged_once_for_each_reason(cluster: Cluster) -> None:
    theirs = definition(properties={"size": {"type": "integer"}, "more": {"type": "string"}})
    await cluster.client.create(theirs, field_manager="helm")

    with capture_logs() as logs:
        for wanted in (definition(), definition(), definition("v0", "v1"), definition("v0", "v1")):
            with contextlib.suppress(DefinitionRefused):
                await cluster.install(wanted)
        assert await cluster.install(theirs) == "unchanged"
        assert await cluster.install(definition()) == "kept"

    assert [each["event"] for each in logs] == ["Definition in the cluster left as it is"] * 2
    assert all(each["reason"].startswith(f"the definition {_NAME} in the cluster differs from") for each in logs)


async def test_what_became_of_a_definition_is_logged_in_words(cluster: Cluster) -> None:
    with capture_logs() as logs:
        for wanted in (definition(), definition(), definition("v0", "v1")):
            await cluster.install(wanted)
    assert [each["event"] for each in logs] == ["Definition created", "Definition updated"]


async def test_an_invalid_definition_is_refused_with_the_servers_reason(cluster: Cluster) -> None:
    wrong = definition(properties={"size": {"type": "strange"}})
    with pytest.raises(DefinitionRefused, match="refuses the definition"):
        await cluster.install(wrong)


async def test_a_role_that_is_bound_to_names_is_enough_for_these_and_for_no_other(
    cluster: Cluster, api_endpoint: Endpoint
) -> None:
    rbac = "rbac.authorization.k8s.io/v1"
    names = {"metadata": {"name": "test-gadget-definition"}}
    rules = [
        {"apiGroups": ["apiextensions.k8s.io"], "resources": ["customresourcedefinitions"],
         "verbs": ["get", "create", "patch"], "resourceNames": [_NAME]},
        {"nonResourceURLs": ["/api", "/apis", "/apis/*"], "verbs": ["get"]},
    ]  # fmt: skip
    subject = {"kind": "ServiceAccount", "name": "crds", "namespace": NAMESPACE}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "test-gadget-definition"}
    await cluster.client.create(
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {k: subject[k] for k in ("name", "namespace")}}
    )
    await cluster.client.create({"apiVersion": rbac, "kind": "ClusterRole", **names, "rules": rules})
    await cluster.client.create(
        {"apiVersion": rbac, "kind": "ClusterRoleBinding", **names, "roleRef": role, "subjects": [subject]}
    )
    try:
        token = await cluster.token("crds")
        config = ConnectionConfig.for_endpoint(api_endpoint.url, token=token, ca_pem=api_endpoint.ca_pem)
        async with Connection.open(config, Metrics(), user_agent="test") as connection:
            limited = Cluster(connection)
            await eventually(lambda: _may(limited))
            assert (await cluster.live())["metadata"]["name"] == _NAME
            wider = definition(properties={"size": {"type": "number"}})
            assert await limited.install(wider) == "updated"
            other = definition(names={"plural": "gizmos", "kind": "Gizmo"})
            other["metadata"]["name"] = "gizmos.example.org"
            with pytest.raises(DefinitionPending) as pending:
                await limited.install(other)
            assert {(call.verb, call.name) for call in pending.value.denied} == {
                (verb, "gizmos.example.org") for verb in ("get", "create", "patch")
            }
    finally:
        await cluster.client.delete(f"{rbac}/ClusterRole", "test-gadget-definition")
        await cluster.client.delete(f"{rbac}/ClusterRoleBinding", "test-gadget-definition")
        await cluster.client.delete("v1/ServiceAccount", "crds", NAMESPACE)


async def _may(limited: Cluster) -> bool:
    """Install the definition; the real server learns of a role a moment later."""
    try:
        return await limited.install(definition()) == "created"
    except DefinitionPending:
        return False


@pytest.mark.embedded_only("plans faults")
@pytest.mark.parametrize("verb", ["get", "patch"])
@pytest.mark.parametrize(
    "fault",
    [
        {"action": Action.REFUSE, "code": 500},
        {"action": Action.REFUSE, "code": 429, "retry_after_seconds": 5},
        {"action": Action.REFUSE, "code": 409},
        {"action": Action.STALL},
        {"action": Action.DROP},
    ],
    ids=["500", "429", "409", "hangs", "drops"],
)
async def test_a_failing_server_leaves_it_pending_and_the_next_try_succeeds(
    cluster: Cluster, api_server: ApiServer, verb: str, fault: dict[str, Any]
) -> None:
    await cluster.install(definition())
    wider = definition(properties={"size": {"type": "number"}})
    planned = Fault(verb=verb, resource="customresourcedefinitions", count=None, **fault)
    await plan(api_server, planned)
    with pytest.raises(DefinitionPending, match=f"the definition {_NAME} is not installed yet"):
        await cluster.install(wider)
    await plan(api_server)
    assert await cluster.install(wider) == "updated"


@pytest.mark.embedded_only("plans faults")
async def test_a_write_that_was_changed_meanwhile_is_compared_again(cluster: Cluster, api_server: ApiServer) -> None:
    await cluster.install(definition())
    await plan(api_server, Fault(action=Action.REFUSE, code=409, verb="patch", resource="customresourcedefinitions"))
    assert await cluster.install(definition(properties={"size": {"type": "number"}})) == "updated"


async def test_a_definition_that_is_being_deleted_is_waited_for(cluster: Cluster) -> None:
    await cluster.install(definition())
    await cluster.create("a")
    held = {"metadata": {"finalizers": ["example.org/hold"]}}
    await cluster.client.patch("example.org/v1/Gadget", "a", held, "default")
    await cluster.client.delete(_CRD, _NAME)
    with pytest.raises(DefinitionPending, match="is being deleted"):
        await cluster.install(definition())
    await cluster.client.patch("example.org/v1/Gadget", "a", {"metadata": {"finalizers": None}}, "default")
    await eventually(lambda: _is_gone(cluster))
    assert await cluster.install(definition()) == "created"


async def _is_gone(cluster: Cluster) -> bool:
    try:
        await cluster.live()
    except NotFoundError:
        return True
    return False


async def plan(server: ApiServer, *faults: Fault) -> None:
    """Replace the planned faults of a server."""
    server.faults.clear()
    for each in faults:
        server.faults.add(each)
