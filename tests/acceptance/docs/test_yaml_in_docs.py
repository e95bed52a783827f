"""YAML in the docs parses; objects of Kubernetes pass the API server, the rest is compared with the manifests."""

from typing import Any

import pytest
import yaml

from tests.acceptance.cluster import Cluster
from tests.acceptance.docs.terminal import Terminal
from tests.manifests import overlay, render
from tests.pages import Block, block_with, blocks_in, blocks_of

pytestmark = pytest.mark.embedded_only("the blocks are the same on every server")

BLOCKS = blocks_in("yaml")
SCRAPE = block_with("docs/operations.md", "job_name")

#: Blocks that are no objects of Kubernetes, and the test that compares them.
FOR_OTHERS = {
    SCRAPE: "test_prometheus_scrapes_the_service_of_the_manifests",
    block_with("docs/helm.md", "rbac:"): "tests/helm/test_helm_docs.py",
}


def objects(block: Block) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(block.code))


def admit(block: Block, terminal: Terminal, cluster: Cluster) -> str:
    (terminal.folder / "block.yaml").write_text(block.code)
    command = "apply --dry-run=server --validate=strict -f block.yaml"
    return terminal.must(f"kubectl --kubeconfig {cluster.kubeconfig} {command}")


def test_objects_pass_the_api_server_and_what_is_none_is_told(terminal: Terminal, cluster: Cluster) -> None:
    for block in BLOCKS:
        if block not in FOR_OTHERS:
            assert len(admit(block, terminal, cluster).splitlines()) == len(objects(block)), str(block)
    head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    good, bad, other = blocks_of(
        "p.md", "".join(f"```yaml\n{text}```\n" for text in (head, f"{head}datum: {{}}\n", "a: b\n"))
    )
    assert "created (server dry run)" in admit(good, terminal, cluster)
    for block, reason in ((bad, "datum"), (other, "kind not set")):
        with pytest.raises(AssertionError, match=reason):
            admit(block, terminal, cluster)


def test_prometheus_scrapes_the_service_of_the_manifests() -> None:
    (job,) = yaml.safe_load(SCRAPE.code)
    services = [each for each in render(overlay("secure-metrics")) if each["kind"] == "Service"]
    names = [f"{each['metadata']['name']}.{each['metadata']['namespace']}.svc" for each in services]
    assert job["tls_config"]["server_name"] in names
    assert job["scheme"] == "https"
    assert job["job_name"] == "plugin-operator"
