"""kubectl against the API server, over TLS with a kubeconfig and its token."""

import asyncio
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")

KUBECTL = shutil.which("kubectl", path=str(Path(sys.executable).parent)) or shutil.which("kubectl") or ""
pytestmark = pytest.mark.skipif(not KUBECTL, reason="kubectl is not installed")

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:1"}]}
"""
CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget, shortNames: [wd]}
  versions:
  - name: v1
    served: true
    storage: true
    additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}]
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties: {size: {type: integer, minimum: 1, default: 3, description: How large it is.}}
"""
WIDGET = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: {}\n"


@pytest.fixture
async def kubectl(kubeconfig: Path, tmp_path: Path) -> Callable[..., Awaitable[str]]:
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nsed -i 's/a: b/a: e/' \"$1\"\n")
    editor.chmod(0o755)
    environment = {
        "KUBECONFIG": str(kubeconfig),
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
        "EDITOR": str(editor),
    }

    async def run(*arguments: Any, stdin: str = "", fails: bool = False, exits: int = 0) -> str:
        process = await asyncio.create_subprocess_exec(
            KUBECTL,
            *arguments,
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(stdin.encode()), 60)
        if fails:
            assert process.returncode != 0, out.decode()
            return err.decode().strip()
        assert process.returncode == exits, err.decode()
        return out.decode().strip()

    return run


async def test_objects_are_created_shown_changed_and_deleted(kubectl: Callable[..., Awaitable[str]]) -> None:
    assert await kubectl("create", "configmap", "hello", "--from-literal=a=b") == "configmap/hello created"
    assert "hello   1      " in await kubectl("get", "configmaps", "hello")
    assert await kubectl("get", "cm", "hello", "-o", "jsonpath={.data.a}") == "b"
    assert await kubectl("label", "cm", "hello", "x=y") == "configmap/hello labeled"
    assert await kubectl("annotate", "cm", "hello", "x=y") == "configmap/hello annotated"
    assert await kubectl("get", "cm", "-l", "x=y", "-o", "name") == "configmap/hello"
    for kind, body in (
        ("merge", '{"data":{"c":"d"}}'),
        ("strategic", '{"data":{"e":"f"}}'),
        ("json", '[{"op":"add","path":"/data/g","value":"h"}]'),
    ):
        assert await kubectl("patch", "cm", "hello", "--type", kind, "-p", body) == "configmap/hello patched"
    assert await kubectl("get", "cm", "hello", "-o", "jsonpath={.data}") == '{"a":"b","c":"d","e":"f","g":"h"}'
    assert "g:\n----\nh" in await kubectl("describe", "cm", "hello")
    assert await kubectl("edit", "cm", "hello") == "configmap/hello edited"
    assert await kubectl("get", "cm", "hello", "-o", "jsonpath={.data.a}") == "e"
    assert await kubectl("delete", "cm", "hello") == f'configmap "hello" deleted from {NAMESPACE} namespace'
    assert "NotFound" in await kubectl("get", "cm", "hello", fails=True)


async def test_a_list_in_a_file_is_created_item_by_item(kubectl: Callable[..., Awaitable[str]]) -> None:
    items = "\n".join(f"- {{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}}}" for name in ("one", "two"))
    text = f"apiVersion: v1\nkind: List\nitems:\n{items}\n"
    assert await kubectl("create", "-f", "-", stdin=text) == "configmap/one created\nconfigmap/two created"


async def test_built_in_kinds_have_their_create_commands(kubectl: Callable[..., Awaitable[str]]) -> None:
    assert await kubectl("create", "secret", "generic", "s", "--from-literal=a=b") == "secret/s created"
    assert await kubectl("create", "namespace", "n") == "namespace/n created"
    assert await kubectl("create", "deployment", "d", "--image=web:1", "--replicas=2") == "deployment.apps/d created"
    assert await kubectl("create", "serviceaccount", "sa") == "serviceaccount/sa created"
    assert await kubectl("create", "job", "j", "--image=web:1") == "job.batch/j created"
    assert await kubectl("expose", "deployment", "d", "--port=80") == "service/d exposed"
    assert await kubectl("scale", "deployment", "d", "--replicas=3") == "deployment.apps/d scaled"
    assert await kubectl("get", "deployment", "d", "-o", "jsonpath={.spec.replicas}") == "3"
    assert await kubectl("rollout", "restart", "deployment", "d") == "deployment.apps/d restarted"
    assert (await kubectl("get", "deployments")).splitlines()[1].split()[:2] == ["d", "0/3"]
    assert await kubectl("delete", "namespace", "n") == 'namespace "n" deleted'
    assert await kubectl("auth", "can-i", "create", "pods") == "yes"


async def test_apply_creates_changes_and_compares(kubectl: Callable[..., Awaitable[str]]) -> None:
    assert await kubectl("apply", "-f", "-", stdin=DEPLOYMENT) == "deployment.apps/web created"
    assert await kubectl("apply", "-f", "-", stdin=DEPLOYMENT) == "deployment.apps/web unchanged"
    changed = DEPLOYMENT.replace("web:1", "web:2")
    # An exit code of 1 says that there are differences.
    assert "+      - image: web:2" in await kubectl("diff", "-f", "-", stdin=changed, exits=1)
    assert await kubectl("apply", "-f", "-", stdin=changed) == "deployment.apps/web configured"
    serverside = ("apply", "--server-side", "--force-conflicts", "-f", "-")
    assert await kubectl(*serverside, stdin=changed) == "deployment.apps/web serverside-applied"
    bad = changed.replace("image:", "picture:")
    assert "unknown field" in await kubectl("apply", "-f", "-", stdin=bad, fails=True)
    assert (
        await kubectl("delete", "-f", "-", stdin=changed) == f'deployment.apps "web" deleted from {NAMESPACE} namespace'
    )


async def test_custom_kinds_are_served_explained_and_waited_for(kubectl: Callable[..., Awaitable[str]]) -> None:
    await kubectl("apply", "-f", "-", stdin=CRD)
    wait = ("wait", "--for=condition=Established", "crd/widgets.example.com", "--timeout=20s")
    assert "condition met" in await kubectl(*wait)
    assert await kubectl("apply", "-f", "-", stdin=WIDGET) == "widget.example.com/w created"
    assert (await kubectl("get", "wd")).split() == ["NAME", "SIZE", "w", "3"]
    assert "How large it is." in await kubectl("explain", "widgets.spec.size")
    assert "widgets" in await kubectl("api-resources", "--api-group=example.com")
    invalid = WIDGET.replace("{}", "{size: 0}")
    assert "should be greater than or equal to 1" in await kubectl("apply", "-f", "-", stdin=invalid, fails=True)
    await kubectl("delete", "crd", "widgets.example.com")
    assert "NotFound" in await kubectl("get", "--raw", "/apis/example.com/v1/widgets", fails=True)
