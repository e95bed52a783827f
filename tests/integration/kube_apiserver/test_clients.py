"""Client libraries that are not ours, each with a flow of its own, against the API server."""

import asyncio
import os
import sys
from pathlib import Path

import lightkube
import pytest
from lightkube.config.kubeconfig import KubeConfig
from lightkube.core.exceptions import ApiError
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import ConfigMap

from plugin_operator.testing.eventually import eventually

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")


async def test_lightkube_creates_patches_applies_and_watches(kubeconfig: Path) -> None:
    config = KubeConfig.from_file(kubeconfig)
    client = lightkube.AsyncClient(config, field_manager="lightkube-test")
    created = await client.create(ConfigMap(metadata=ObjectMeta(name="a", namespace=NAMESPACE), data={"k": "v"}))
    seen = []

    async def follow() -> None:
        assert created.metadata is not None
        version = created.metadata.resourceVersion
        async for kind, obj in client.watch(ConfigMap, namespace=NAMESPACE, resource_version=version):
            seen.append((kind, obj.data))
            if kind == "DELETED":
                return

    watching = asyncio.create_task(follow())
    await client.patch(ConfigMap, "a", {"data": {"k": "w"}}, namespace=NAMESPACE)
    applied = ConfigMap(metadata=ObjectMeta(name="a", namespace=NAMESPACE), data={"l": "x"})
    await client.apply(applied)
    listed = [item.metadata async for item in client.list(ConfigMap, namespace=NAMESPACE, chunk_size=1)]
    # Every namespace of a server with TLS has its CA.
    assert {metadata and metadata.name for metadata in listed} - {"kube-root-ca.crt"} == {"a"}
    await client.delete(ConfigMap, "a", namespace=NAMESPACE)
    await asyncio.wait_for(watching, 20)
    assert [kind for kind, _ in seen] == ["MODIFIED", "MODIFIED", "DELETED"]
    assert seen[1][1] == {"k": "w", "l": "x"}
    with pytest.raises(ApiError, match="not found"):
        await client.get(ConfigMap, "a", namespace=NAMESPACE)
    await client.close()


KR8S = """
import asyncio, sys
import kr8s
from kr8s.asyncio.objects import ConfigMap

async def main():
    api = await kr8s.asyncio.api(kubeconfig=sys.argv[1])
    body = {"metadata": {"name": "a", "namespace": sys.argv[2]}, "data": {"k": "v"}}
    config_map = await ConfigMap(body, api=api)
    await config_map.create()
    await config_map.label({"x": "y"})
    await config_map.patch({"data": {"k": "w"}})
    found = [item async for item in api.get("configmaps", namespace=sys.argv[2], label_selector="x=y")]
    assert [(item.name, item.raw["data"]) for item in found] == [("a", {"k": "w"})], found
    async for kind, item in api.watch("configmaps", namespace=sys.argv[2], label_selector="x=y"):
        print(kind, item.name)
        if kind == "DELETED":
            break
        await config_map.delete()
    assert not await config_map.exists()

asyncio.run(main())
"""


async def test_kr8s_creates_labels_watches_and_deletes(kubeconfig: Path) -> None:
    # In a process of its own, because it leaves its connections to the garbage collector.
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        KR8S,
        str(kubeconfig),
        NAMESPACE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 40)
    assert process.returncode == 0, err.decode()
    assert out.decode().split() == ["ADDED", "a", "DELETED", "a"]


OPERATOR = """
import kopf

@kopf.on.create("configmaps")
def created(name, patch, **_):
    patch.metadata.annotations["seen"] = name
"""


async def test_a_kopf_operator_handles_and_finalizes(kubeconfig: Path, tmp_path: Path) -> None:
    plugin = tmp_path / "plugin.py"
    plugin.write_text(OPERATOR)
    kopf = Path(sys.executable).parent / "kopf"
    process = await asyncio.create_subprocess_exec(
        str(kopf),
        "run",
        str(plugin),
        "--namespace",
        NAMESPACE,
        "--standalone",
        env={"KUBECONFIG": str(kubeconfig), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        stderr=asyncio.subprocess.DEVNULL,
    )
    config = KubeConfig.from_file(kubeconfig)
    client = lightkube.AsyncClient(config)
    try:
        await client.create(ConfigMap(metadata=ObjectMeta(name="a", namespace=NAMESPACE)))

        async def handled() -> bool:
            found = await client.get(ConfigMap, "a", namespace=NAMESPACE)
            assert found.metadata is not None
            return (found.metadata.annotations or {}).get("seen") == "a"

        await eventually(handled, timeout_seconds=40)
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 20)
        await client.close()
