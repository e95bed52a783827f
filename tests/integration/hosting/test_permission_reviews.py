"""A plugin that lacks permissions names all of them at once, until they are granted."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from kube_apiserver import ApiServer
from kube_apiserver.faults import Action, Fault
from plugin_operator.app.build import App
from plugin_operator.app.host_parts import HostParts
from plugin_operator.app.reports.status_report import degraded_plugins
from plugin_operator.cache import ReflectorSettings
from plugin_operator.client import ApiClient, Connection, ConnectionConfig, RESTMapper
from plugin_operator.client.credentials.access import Access, FixedAccess
from plugin_operator.hosting import PluginStatus
from plugin_operator.metrics import Metrics
from plugin_operator.options import Options
from plugin_operator.testing.eventually import eventually
from tests.host_harness import SHORT_DEADLINES

pytestmark = pytest.mark.embedded_only("roles count at once there, and requests are counted")

USER = "operator-under-test"
RBAC = "rbac.authorization.k8s.io"
REVIEWS = "/apis/authorization.k8s.io/v1/"
BASE = [{"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["*"]}]
READ = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list", "watch"]}
WRITE = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "patch"]}
PLUGIN = """
from plugin_operator import controller, permission

@controller(for_="v1/ConfigMap", permissions=[permission("secrets", "get")])
async def {name}(ctx, request):
    await ctx.client.patch("v1/Secret", request, {{"metadata": {{"labels": {{"a": "b"}}}}}})
"""


class Cluster:
    """An operator with few rights, and an administrator."""

    def __init__(self, server: ApiServer, admin: ApiClient, root: Path) -> None:
        self.server = server
        self.admin = admin
        self.root = root
        access = Access(server.endpoint.url, impersonation=(("Impersonate-User", USER),))
        options = Options(plugins_dir=root, metrics_address=None, probe_address=None)
        settings = replace(SHORT_DEADLINES, scan_interval_seconds=0.1, review_base_seconds=0.1, review_cap_seconds=0.2)
        parts = HostParts(settings=settings, validates=False, reflector=ReflectorSettings(poll_access_seconds=0.2))
        self.app = App(options, ConnectionConfig(server.endpoint.url, FixedAccess(access)), (), parts=parts)

    def write(self, name: str, text: str = PLUGIN) -> None:
        (self.root / f"{name}.py").write_text(text.format(name=name))

    async def grant(self, *rules: dict[str, Any]) -> None:
        role = {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": USER}, "rules": [*BASE, *rules]}
        await self.admin.apply(role, force=True)

    async def bind(self) -> None:
        reference = {"apiGroup": RBAC, "kind": "ClusterRole", "name": USER}
        subject = {"apiGroup": RBAC, "kind": "User", "name": USER}
        binding = {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRoleBinding", "metadata": {"name": USER}}
        await self.admin.apply({**binding, "roleRef": reference, "subjects": [subject]}, force=True)

    def status(self, name: str = "one") -> PluginStatus:
        found = next((each for each in self.app.host.status() if each.name == name), None)
        assert found is not None
        return found

    def missing(self, name: str = "one") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.status(name).as_dict()["missingPermissions"]
        return found

    async def lacks(self, *rules: dict[str, Any], name: str = "one") -> None:
        wanted = [{"kind": "ClusterRole", "rules": list(rules)}] if rules else []

        def reached() -> bool:
            assert self.missing(name) == wanted, self.status(name)
            return True

        await eventually(reached, timeout_seconds=20)


@pytest.fixture
async def cluster(api_server: ApiServer, tmp_path: Path) -> AsyncIterator[Callable[[], Any]]:
    root = tmp_path / "plugins"
    root.mkdir()
    config = ConnectionConfig.for_endpoint(api_server.endpoint.url)
    async with Connection.open(config, Metrics()) as link:
        made = Cluster(api_server, ApiClient(link, RESTMapper(link), field_manager="test"), root)
        await made.bind()
        await made.grant()
        running: list[asyncio.Task[int]] = []

        def start() -> Cluster:
            running.append(asyncio.create_task(made.app.run()))
            return made

        yield start
        made.app.manager.request_stop()
        await asyncio.gather(*running)


@pytest.fixture
def written(cluster: Callable[[], Cluster], tmp_path: Path) -> Callable[[], Cluster]:
    (tmp_path / "plugins" / "one.py").write_text(PLUGIN.format(name="one"))
    return cluster


async def test_all_rules_are_named_at_once_and_go_one_by_one(written: Callable[[], Cluster]) -> None:
    with capture_logs() as lines:
        cluster = written()
        await cluster.lacks(READ, WRITE)
        status = cluster.status()
        assert status.state == "Waiting"
        short = "permissions are missing: list, watch configmaps; get, patch secrets"
        assert short in status.reason
        assert short in degraded_plugins(cluster.app.host)
        (line,) = [line for line in lines if line["event"] == "Plugin lacks permissions"]
        assert "- apiGroups:\n  - ''\n  resources:\n  - secrets\n  verbs:\n  - get\n  - patch\n" in line["rules"]
        await cluster.grant(WRITE)
        await cluster.lacks(READ)
        await cluster.grant(READ, WRITE)
        await cluster.lacks()
        await eventually(lambda: cluster.status().reason == "", timeout_seconds=20)
        assert cluster.status().state == "Active"


async def test_a_write_that_is_denied_brings_up_all_rules_and_a_grant_ends_it(written: Callable[[], Cluster]) -> None:
    cluster = written()
    await cluster.grant(READ)
    metadata = {"name": "a", "namespace": "default"}
    await cluster.admin.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
    await cluster.admin.create({"apiVersion": "v1", "kind": "Secret", "metadata": metadata})
    await eventually(lambda: any("secrets" in str(each) for each in cluster.missing()), timeout_seconds=20)
    assert cluster.status().state == "Active"
    await cluster.grant(READ, WRITE)
    await eventually(lambda: cluster.status().reason == "", timeout_seconds=20)


async def test_a_permission_that_is_revoked_while_running_is_named(written: Callable[[], Cluster]) -> None:
    cluster = written()
    await cluster.grant(READ, WRITE)
    await eventually(lambda: cluster.status().state == "Active", timeout_seconds=20)
    await cluster.grant(WRITE)
    cluster.server.faults.add(Fault(action=Action.END, verb="watch", path="/api/v1/configmaps", count=1))
    await cluster.lacks(READ)


FAILURES = {
    "denied": Fault(action=Action.REFUSE, path=REVIEWS, code=403, count=None),
    "broken": Fault(action=Action.REFUSE, path=REVIEWS, code=500, count=None),
    "without a status": Fault(action=Action.REPLACE, path=REVIEWS, body="{}", count=None),
    "no JSON": Fault(action=Action.REPLACE, path=REVIEWS, body="<html>", count=None),
    "hanging": Fault(action=Action.STALL, path=REVIEWS, count=None),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
async def test_without_reviews_the_reason_is_what_was_denied(written: Callable[[], Cluster], failure: Fault) -> None:
    cluster = written()
    await cluster.lacks(READ, WRITE)
    cluster.server.faults.add(failure)
    if failure.action is Action.STALL:
        cluster.write("two")
        await eventually(lambda: "cannot watch resource" in cluster.status("two").reason, timeout_seconds=20)
        assert cluster.missing("two") == []
        assert cluster.status("two").state == "Waiting"
    else:
        await cluster.lacks()
        assert "cannot watch resource" in cluster.status().reason
        assert "permissions are missing" not in cluster.status().reason
    cluster.server.faults.clear()
    if failure.action is not Action.STALL:
        await cluster.lacks(READ, WRITE)


async def test_an_edit_that_waits_names_what_it_lacks_while_the_old_code_runs(written: Callable[[], Cluster]) -> None:
    cluster = written()
    await cluster.grant(READ, WRITE)
    await eventually(lambda: cluster.status().state == "Active", timeout_seconds=20)
    cluster.write("one", PLUGIN.replace("v1/ConfigMap", "v1/Service"))
    await cluster.lacks({"apiGroups": [""], "resources": ["services"], "verbs": ["list", "watch"]})

    def is_reported() -> bool:
        status = cluster.status()
        assert (status.state, "keeps running" in status.reason) == ("Waiting", True)
        return "permissions are missing: list, watch services" in status.reason

    await eventually(is_reported, timeout_seconds=20)
