"""The command ``rbac --diff``: what a cluster does not grant of the permissions that plugins need."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result

from kube_apiserver import ApiServer, ApiServerConfig
from kube_apiserver.faults import Action, Fault
from plugin_operator.client import ApiClient, Connection, RESTMapper, load_connection_config
from plugin_operator.metrics import Metrics
from tests.integration.cli.test_rbac import rbac, write

pytestmark = pytest.mark.embedded_only("roles count at once there")

ACCOUNT = "system:serviceaccount:plugin-operator-system:plugin-operator"
PLUGIN = """
from plugin_operator import controller

@controller(for_="v1/ConfigMap", reads=["v1/Node"], namespaces=["web"])
async def web(ctx, request):
    await ctx.client.delete("v1/Secret", request)
"""


def needed(result: Result) -> dict[str, list[Any]]:
    """Return the rules of each role by kind and namespace."""
    return {
        f"{obj['kind']} {obj['metadata'].get('namespace', '')}".strip(): obj["rules"]
        for obj in yaml.safe_load_all(result.stdout)
        if obj is not None and "rules" in obj
    }


async def test_it_prints_what_is_missing_until_it_is_granted(tmp_path: Path) -> None:
    plugin, kubeconfig = write(tmp_path / "web.py", PLUGIN), tmp_path / "kubeconfig"
    server = ApiServer(ApiServerConfig(kubeconfig_path=kubeconfig))
    await server.start()
    try:

        async def diff(*arguments: str) -> Result:
            return await asyncio.to_thread(rbac, "--diff", "--kubeconfig", kubeconfig, *arguments, plugin)

        whole = await asyncio.to_thread(rbac, plugin)
        missing = await diff("--as", ACCOUNT)
        assert missing.exit_code == 1
        assert needed(missing) == needed(whole)
        assert {each["resources"][0] for rules in needed(missing).values() for each in rules} == {
            "configmaps", "nodes", "secrets",
        }  # fmt: skip
        assert f"Missing for {ACCOUNT}" in missing.stderr
        async with Connection.open(load_connection_config(str(kubeconfig)), Metrics()) as link:
            admin = ApiClient(link, RESTMapper(link), field_manager="test")
            for name in ("web", "plugin-operator-system"):
                await admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
            objects = list(yaml.safe_load_all(missing.stdout))
            for obj in objects[:2]:
                await admin.create(obj)
            rest = await diff("--as", ACCOUNT)
            assert rest.exit_code == 1
            assert 0 < len(needed(rest)) < len(needed(whole))
            for obj in objects[2:]:
                await admin.create(obj)
        granted = await diff("--as", ACCOUNT)
        assert (granted.exit_code, granted.stdout) == (0, "")
        assert f"Nothing is missing for {ACCOUNT}" in granted.stderr
        other = await diff("--as", "system:serviceaccount:team-b:op")
        subjects = [obj["subjects"] for obj in yaml.safe_load_all(other.stdout) if "subjects" in obj]
        assert subjects
        assert {(each["namespace"], each["name"]) for (each,) in subjects} == {("team-b", "op")}
        own = await diff()
        assert (own.exit_code, own.stdout) == (0, "")
        server.faults.add(Fault(action=Action.REFUSE, path="/apis/authorization", code=403, count=None))
        silent = await diff("--as", ACCOUNT)
        assert (silent.exit_code, silent.stdout) == (1, "")
        assert "does not say what is allowed" in silent.stderr
    finally:
        await server.stop()


def test_a_service_account_needs_its_namespace(tmp_path: Path) -> None:
    result = rbac("--diff", "--as", "system:serviceaccount:op", write(tmp_path / "web.py", PLUGIN))
    assert result.exit_code == 2
    assert "write system:serviceaccount:NAMESPACE:NAME" in result.stderr


@pytest.mark.parametrize(
    ("user", "way_out"),
    [
        ("plugin-operator", "did you mean system:serviceaccount:plugin-operator-system:plugin-operator?"),
        ("plugin-operator-system:plugin-operator", "did you mean system:serviceaccount:"),
        ("plugin-operator-system/plugin-operator", "did you mean system:serviceaccount:"),
        ("serviceaccount:a:b", "write system:serviceaccount:NAMESPACE:NAME"),
        ("system:serviceaccounts:a", "write system:serviceaccount:NAMESPACE:NAME"),
        ("system:serviceaccount:a:b:c", "write system:serviceaccount:NAMESPACE:NAME"),
        ("system:serviceaccount:A:b", "is not a namespace name"),
        ("system:serviceaccount:a:B", "is not an object name"),
        (" jane", "spaces"),
    ],
)
def test_a_user_that_nobody_is_gets_the_way_out(user: str, way_out: str, tmp_path: Path) -> None:
    result = rbac("--diff", "--as", user, write(tmp_path / "web.py", PLUGIN))
    assert (result.exit_code, way_out in result.stderr) == (2, True), result.stderr


def test_an_account_to_ask_for_is_refused_where_nobody_is_asked(tmp_path: Path) -> None:
    plugin = write(tmp_path / "web.py", PLUGIN)
    result = rbac("--as", "system:serviceaccount:team-b:op", plugin)
    assert (result.exit_code, "--as is for --diff" in result.stderr) == (2, True)
