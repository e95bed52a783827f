"""The fixture ``kube_api_server`` in a project of its own, in parallel workers, and its cost where it is unused."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.pages import ROOT

pytestmark = pytest.mark.embedded_only("the fixture brings its own server")

TESTS = """
import asyncio, json, ssl, urllib.request

import pytest
from kube_apiserver.faults import Action, Fault

MAPS = "/api/v1/namespaces/default/configmaps"

def call(server, path, body=None):
    context = ssl.create_default_context(cadata=server.endpoint.ca_pem)
    headers = {"Authorization": f"Bearer {server.endpoint.token}", "Content-Type": "application/json"}
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(server.endpoint.url + path, data, headers)
    with urllib.request.urlopen(request, timeout=20, context=context) as response:
        return json.load(response)

def names(server):
    found = [each["metadata"]["name"] for each in call(server, MAPS)["items"]]
    return [name for name in found if name != "kube-root-ca.crt"]

@pytest.fixture(scope="session", autouse=True)
def shared(kube_api_server_session):
    call(kube_api_server_session, MAPS, {"metadata": {"name": "shared"}})

@pytest.mark.parametrize("number", range(4))
def test_sync(kube_api_server, number):
    assert names(kube_api_server) == ["seeded", "shared"]
    assert str(kube_api_server.kubeconfig).endswith("kubeconfig")
    call(kube_api_server, MAPS, {"metadata": {"name": "mine"}})
    kube_api_server.faults.add(Fault(action=Action.REFUSE))

async def test_async(kube_api_server):
    assert await asyncio.to_thread(names, kube_api_server) == ["seeded", "shared"]
    await asyncio.to_thread(call, kube_api_server, MAPS, {"metadata": {"name": "mine"}})
"""
OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: seeded}\n"


def run(folder: Path, *options: str) -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "kube_apiserver.pytest_plugin"]
    command += ["-o", "asyncio_mode=auto", *options, "."]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False).stdout


def test_each_test_finds_the_seeds_and_nothing_of_other_tests(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nkube_api_server_seeds = seeds\n")
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "objects.yaml").write_text(OBJECT)
    (tmp_path / "test_it.py").write_text(TESTS)
    shown = run(tmp_path, "-n", "2")
    assert "5 passed" in shown, shown


def test_an_installed_package_brings_the_plugin_under_the_name_of_its_module() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["pytest11"]
    assert "kube_apiserver.pytest_plugin" in declared
    assert [name for name, module in declared.items() if name != module] == [], "or -p beside it is another plugin"


def test_an_unused_fixture_imports_no_part_of_the_server() -> None:
    program = (
        "import pytest, sys; old = {*sys.modules}; import kube_apiserver.pytest_plugin; print(*{*sys.modules} - old)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(ended.stdout.split()) == {"kube_apiserver", "kube_apiserver.pytest_plugin"}
