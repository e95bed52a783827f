"""The roles by ``rbac`` are enough for each plugin of the project, and each of their rules is needed.

The operator runs as a ServiceAccount that has exactly these roles. A rule is needed if a request was allowed that no
other rule allows: without it, the API server would refuse that request.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from aiohttp import web
from msgspec.structs import replace

from kube_apiserver import ApiServer, ApiServerConfig
from kube_apiserver.security.authorization import Attributes
from kube_apiserver.security.rbac import RbacAuthorizer
from kube_apiserver.security.user import User
from plugin_operator.app import App
from plugin_operator.cli.permissions.plugin_needs import PluginNeeds, Sources, needs_for
from plugin_operator.client import ApiClient, Connection, ConnectionConfig
from plugin_operator.client.http.api_request import ApiRequest
from plugin_operator.hosting.permissions.calls import Call
from plugin_operator.hosting.permissions.needs import Need
from plugin_operator.hosting.permissions.roles import RoleNames, RoleRules, roles_for
from plugin_operator.hosting.permissions.rules import covers, parts_of
from plugin_operator.metrics import Metrics
from plugin_operator.options import Options
from plugin_operator.plugin import Permission
from plugin_operator.testing.eventually import eventually
from plugin_operator.testing.mapper import PatientMapper
from tests.pages import ROOT

pytestmark = pytest.mark.embedded_only("the server's decisions are read in this process")

EXAMPLES = ROOT / "docs" / "examples" / "plugins"
PLUGINS = {path.stem: path for path in (*sorted((ROOT / "plugins").glob("*.py")), *sorted(EXAMPLES.glob("*.py")))}
NAMES = RoleNames("robot", "robot", "default")
ROBOT = "system:serviceaccount:default:robot"

Part = tuple[str, Permission]
Act = Callable[[ApiClient], Awaitable[None]]


class Cluster(NamedTuple):
    """A server whose decisions about the operator are known."""

    server: ApiServer
    client: ApiClient
    config: ConnectionConfig
    link: Connection


@pytest.fixture(scope="module")
def found() -> PluginNeeds:
    found = needs_for(Sources(tuple(PLUGINS.values()), operator_namespace="default"))
    assert found.mistakes == []
    assert found.unclear == []
    return found


@pytest.fixture
def needs(found: PluginNeeds) -> list[Need]:
    return list(found.needs)


async def define_kinds(client: ApiClient, found: PluginNeeds) -> None:
    """Create the definitions in files, and those that classes make."""
    files = [yaml.safe_load(path.read_text()) for path in sorted((ROOT / "docs/examples/crds").glob("*.yaml"))]
    for each in (*files, *found.definitions):
        await client.create(dict(each))


@pytest.fixture
def decisions(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Call, bool]]:
    """Return all requests of the operator that were authorized, and whether they were allowed."""
    seen: list[tuple[Call, bool]] = []
    allows = RbacAuthorizer.allows

    def decide(self: RbacAuthorizer, user: User, attributes: Attributes) -> bool:
        decision = allows(self, user, attributes)
        if user.name == ROBOT and not attributes.path:
            of = attributes
            if of.resource == "events":
                return True  # the operator writes Events of its own, by the role in manifests/base/rbac.yaml
            seen.append((Call(of.verb, of.group, of.resource, of.subresource, of.namespace, of.name), decision))
        return decision

    monkeypatch.setattr(RbacAuthorizer, "allows", decide)
    return seen


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    server = ApiServer(ApiServerConfig(tls=False))
    endpoint = await server.start()
    try:
        config = ConnectionConfig.for_endpoint(endpoint.url)
        async with Connection.open(config, Metrics(), user_agent="test") as link:
            client = ApiClient(link, PatientMapper(link), field_manager="test", default_namespace="default")
            await client.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot"}})
            path = "/api/v1/namespaces/default/serviceaccounts/robot/token"
            answer = await link.send(ApiRequest("POST", path, body=b'{"spec": {}}'))
            token = yaml.safe_load(answer.body)["status"]["token"]
            yield Cluster(server, client, ConnectionConfig.for_endpoint(endpoint.url, token=token), link)
    finally:
        await server.stop()


@asynccontextmanager
async def operator(cluster: Cluster, folder: Path) -> AsyncIterator[App]:
    options = Options(plugins_dir=folder, metrics_address=None, probe_address=None, stall_threshold_seconds=0)
    app = App(options, replace(cluster.config, namespace="default"), ())
    run = asyncio.create_task(app.run())
    try:
        yield app
    finally:
        app.manager.request_stop()
        assert await run == 0


def roles_of(plugin: str, needs: list[Need]) -> tuple[RoleRules, ...]:
    return roles_for(need for need in needs if need.plugin == plugin)


def parts(roles: tuple[RoleRules, ...]) -> list[Part]:
    return [(each.namespace, part) for each in roles for rule in each.rules for part in parts_of(rule.rule)]


def allows(part: Part, call: Call) -> bool:
    return part[0] in {"", call.namespace} and covers(part[1], call)


def unneeded(all_parts: list[Part], decisions: list[tuple[Call, bool]]) -> list[Part]:
    """Return the parts without a request that they alone allow."""
    allowed = {call for call, decision in decisions if decision}
    owners = [[part for part in all_parts if allows(part, call)] for call in allowed]
    alone = [found[0] for found in owners if len(found) == 1]
    return [part for part in all_parts if part not in alone]


def is_asked_here(part: Part) -> bool:
    """Report whether this server asks for a part: an optional admission plugin asks for finalizers.

    Events are left out, because the operator writes some itself, with the rights of its base role. A cache lists only
    where the server cannot stream its initial objects through a watch, which this one can.
    """
    resource = part[1].resources[0]
    return not resource.endswith("/finalizers") and resource != "events" and part[1].verbs != ("list",)


def labelled(kind: str, name: str, labels: dict[str, str], **fields: Any) -> dict[str, Any]:
    version, _, kind = kind.rpartition("/")
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "labels": labels}, **fields}


async def copy_secrets(client: ApiClient) -> None:
    source = labelled("v1/Secret", "source", {"example.com/copy": "source"}, stringData={"a": "1"})
    source["metadata"]["annotations"] = {"example.com/copy-to": "copies"}
    await client.create(labelled("v1/Namespace", "team", {"copies": "yes"}))
    await client.create(labelled("v1/Namespace", "taken", {"copies": "yes"}))
    other = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "source", "namespace": "taken"}}
    await client.create(other)
    await client.create(source)

    async def is_copied() -> bool:
        found = await client.list("v1/Secret", "team", "example.com/copy=copy")
        return bool(found) and found[0]["data"] == (await client.get("v1/Secret", "source"))["data"]

    await eventually(is_copied)
    await client.patch("v1/Secret", "source", {"stringData": {"a": "2"}})
    await eventually(is_copied)
    await client.delete("v1/Secret", "source")


async def claim_volume(client: ApiClient) -> None:
    kind = "example.com/v1/EphemeralVolumeClaim"
    await client.create(labelled(kind, "scratch", {}, spec={"size": "1Gi"}))
    labels = {"example.com/ephemeral": "scratch"}
    resources = {"requests": {"storage": "1Gi"}}
    spec = {"accessModes": ["ReadWriteOnce"], "resources": resources}
    await leave_child(client, kind, "scratch", labelled("v1/PersistentVolumeClaim", "old", labels, spec=spec))


async def leave_child(client: ApiClient, kind: str, name: str, child: dict[str, Any]) -> None:
    """Create an object that looks like a child of an earlier set, so that it is pruned."""
    owner = await client.get(kind, name)
    controller = "".join(f"_{each.lower()}" if each.isupper() else each for each in owner["kind"]).lstrip("_")
    child["metadata"]["labels"]["plugin-operator/controller"] = controller
    reference = {key: owner["metadata"][key] for key in ("name", "uid")}
    child["metadata"]["ownerReferences"] = [
        {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "controller": True, **reference}
    ]
    await client.create(child)


async def keep_cache(client: ApiClient) -> None:
    labels = {"app.kubernetes.io/name": "memcached"}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "a", "image": "b"}]}}
    await client.create(labelled("example.com/v1/Memcached", "cache", {}, spec={}))
    old = labelled("apps/v1/Deployment", "old", labels, spec={"selector": {"matchLabels": labels}, "template": pod})
    await leave_child(client, "example.com/v1/Memcached", "cache", old)


async def run_jobs(client: ApiClient) -> None:
    """Let a run be due since an hour, and let its Job end."""
    kind, pod = "example.com/v1/CronJob", {"restartPolicy": "Never", "containers": [{"name": "a", "image": "b"}]}
    spec = {"schedule": "* * * * *", "suspend": True, "successfulJobsHistoryLimit": 0}
    await client.create(
        labelled(kind, "report", {}, spec={**spec, "jobTemplate": {"spec": {"template": {"spec": pod}}}})
    )
    await client.patch_status(kind, "report", {"lastScheduleTime": "2026-01-01T00:00:00Z"})
    await client.patch(kind, "report", {"spec": {"suspend": False}})

    async def job() -> str | None:
        found = await client.list("batch/v1/Job", "default")
        return str(found[0]["metadata"]["name"]) if found else None

    time = "2026-01-01T00:00:00Z"
    conditions = [
        {"type": each, "status": "True", "lastTransitionTime": time} for each in ("SuccessCriteriaMet", "Complete")
    ]
    status = {"startTime": time, "completionTime": time, "succeeded": 1, "conditions": conditions}
    await client.patch_status("batch/v1/Job", await eventually(job), status)


async def fetch(client: ApiClient) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text="hello")

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        await client.create(labelled("v1/ConfigMap", "page", {"example.com/fetch": ""}, data={"url": url}))

        async def is_fetched() -> bool:
            return bool((await client.get("v1/ConfigMap", "page"))["data"].get("body") == "hello")

        await eventually(is_fetched)
    finally:
        await runner.cleanup()


async def label_namespace(client: ApiClient) -> None:
    await client.create(labelled("v1/Namespace", "team", {"example.com/defaults": "true"}))

    async def is_kept() -> bool:
        return len(await client.list("v1/ResourceQuota", "team")) == 1

    await eventually(is_kept)
    await client.patch("v1/Namespace", "team", {"metadata": {"labels": {"example.com/defaults": None}}})


async def keep_hours(client: ApiClient) -> None:
    """Create a Deployment that is to be stopped at night, and one that is to be started by day."""
    for name, replicas in (("on", 1), ("off", 0)):
        pod = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "a", "image": "b"}]}}
        spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": pod}
        obj = labelled("apps/v1/Deployment", name, {"example.com/office-hours": ""}, spec=spec)
        obj["metadata"]["annotations"] = {"example.com/replicas-by-day": "1"}
        await client.create(obj)


async def expire(client: ApiClient) -> None:
    obj = labelled("v1/ConfigMap", "old", {})
    obj["metadata"]["annotations"] = {"example.com/ttl-seconds": "0"}
    await client.create(obj)


async def publish(client: ApiClient) -> None:
    await client.create(labelled("example.com/v1/Website", "shop", {}, spec={"image": "nginx:1"}))


async def nothing(client: ApiClient) -> None:
    del client


ACTS: dict[str, Act] = {
    "configmap": nothing,
    "secret": nothing,
    "copy_secret": copy_secrets,
    "cron_job": run_jobs,
    "ephemeral_volume_claim": claim_volume,
    "fetch": fetch,
    "memcached": keep_cache,
    "namespace_defaults": label_namespace,
    "office_hours": keep_hours,
    "ttl": expire,
    "website": publish,
}


@pytest.mark.parametrize("plugin", PLUGINS)
async def test_the_roles_of_a_plugin_are_enough_and_each_part_of_them_is_needed(
    plugin: str,
    found: PluginNeeds,
    needs: list[Need],
    cluster: Cluster,
    decisions: list[tuple[Call, bool]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FETCH_HOSTS", "127.0.0.1")
    (tmp_path / f"{plugin}.py").write_bytes(PLUGINS[plugin].read_bytes())
    await define_kinds(cluster.client, found)
    roles = roles_of(plugin, needs)
    for each in roles:
        await cluster.client.create(each.role(NAMES))
        await cluster.client.create(each.binding(NAMES))
    wanted = [part for part in parts(roles) if is_asked_here(part)]

    async with operator(cluster, tmp_path):
        await ACTS[plugin](cluster.client)

        def are_needed() -> bool:
            left = unneeded(wanted, decisions)
            assert left == []
            return True

        await eventually(are_needed, timeout_seconds=20)

    assert {call for call, allowed in decisions if not allowed} == set()


@pytest.mark.parametrize("number", range(2))
async def test_without_one_part_the_website_is_not_published(
    number: int, needs: list[Need], cluster: Cluster, decisions: list[tuple[Call, bool]], tmp_path: Path
) -> None:
    """The proof by doing: each write of one plugin, without the verb that allows it."""
    (tmp_path / "website.py").write_bytes(PLUGINS["website"].read_bytes())
    await cluster.client.create(yaml.safe_load((ROOT / "docs/examples/crds/websites.yaml").read_text()))
    lost = (("deployments", "create"), ("websites/status", "update"))[number]
    (role,) = roles_of("website", needs)
    body = role.role(NAMES)
    for rule in body["rules"]:
        if rule["resources"] == [lost[0]]:
            rule["verbs"].remove(lost[1])
    body["rules"] = [rule for rule in body["rules"] if rule["verbs"]]
    await cluster.client.create(body)
    await cluster.client.create(role.binding(NAMES))

    async with operator(cluster, tmp_path):
        await publish(cluster.client)
        await eventually(lambda: any(not allowed for _, allowed in decisions), timeout_seconds=20)

    refused = {(call.full_resource, call.verb) for call, allowed in decisions if not allowed}
    assert refused == {lost}
