"""The plugins of ``docs/examples`` run together on either API server; their own tests show each in detail."""

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import yaml

from tests.acceptance.cluster import Cluster
from tests.acceptance.conftest import StartOperator

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
PLUGINS = sorted(path.stem for path in (EXAMPLES / "plugins").glob("*.py"))
DEADLINE_SECONDS = 60
COPY, TO, FETCH, HOURS = "example.com/copy", "example.com/copy-to", "example.com/fetch", "example.com/office-hours"

Json = dict[str, Any]


class Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def url() -> Iterator[str]:
    """A page to fetch."""
    server = HTTPServer(("127.0.0.1", 0), Hello)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def inputs(namespace: str, name: str, url: str) -> list[Json]:
    def of(api_version: str, kind: str, labels: Json | None = None, **fields: Any) -> Json:
        metadata = {"name": name, "namespace": namespace, "labels": labels or {}, **fields.pop("metadata", {})}
        return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}

    container = {"name": "web", "image": "nginx:1"}
    pod = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
    deployment = {"replicas": 3, "selector": {"matchLabels": {"app": name}}, "template": pod}
    short = {"metadata": {"name": f"{name}-short", "annotations": {"example.com/ttl-seconds": "1"}}}
    to = {TO: "kubernetes.io/metadata.name=kube-system"}
    job = {"template": {"spec": {"restartPolicy": "Never", "containers": [container]}}}
    runs = {"schedule": "* * * * *", "jobTemplate": {"spec": job}}
    return [
        of("v1", "Secret", {COPY: "source"}, stringData={"token": "of-the-registry"}, metadata={"annotations": to}),
        of("v1", "ConfigMap", {FETCH: ""}, data={"url": url}),
        of("v1", "ConfigMap", **short),
        of("apps/v1", "Deployment", {HOURS: ""}, spec=deployment, metadata={"name": f"{name}-hours"}),
        of("example.com/v1", "Website", spec={"image": "nginx:1"}),
        of("example.com/v1", "EphemeralVolumeClaim", spec={"size": "1Gi"}),
        of("example.com/v1", "Memcached", spec={"size": 2}, metadata={"name": f"{name}-cache"}),
        of("example.com/v1", "CronJob", spec={**runs, "suspend": True}),
    ]


def test_all_examples_do_their_work_on_a_cluster(
    operator: StartOperator, cluster: Cluster, plugins: Path, tmp_path: Path, url: str
) -> None:
    for path in (EXAMPLES / "plugins").glob("*.py"):
        shutil.copy(path, plugins)
    name = f"examples-{uuid4().hex[:8]}"
    for crd in sorted((EXAMPLES / "crds").glob("*.yaml")):
        cluster.kubectl("apply", "-f", str(crd))
        cluster.kubectl("wait", "--for=condition=Established", "-f", str(crd), "--timeout=60s")
    cluster.kubectl("create", "namespace", name)
    cluster.kubectl("label", "namespace", name, "example.com/defaults=true")
    running = operator("--apply-crds", FETCH_HOSTS="127.0.0.1")
    for plugin in PLUGINS:
        running.wait_for("Plugin active", f"plugin={plugin}")
    documents = tmp_path / "inputs.yaml"
    documents.write_text(yaml.safe_dump_all(inputs(name, name, url)))
    cluster.kubectl("apply", "-f", str(documents))

    def get(kind: str, named: str = name, namespace: str = name) -> Json:
        found: list[Json] = json.loads(
            cluster.kubectl("get", kind, "-n", namespace, "-o", "json", f"--field-selector=metadata.name={named}")
        )["items"]
        return found[0] if found else {}

    wait_until(lambda: get("secret", namespace="kube-system").get("data") == get("secret").get("data"))
    wait_until(lambda: get("configmap").get("data", {}).get("body") == "hello")
    wait_until(lambda: get("configmap", f"{name}-short") == {})
    wait_until(lambda: get("deployment", f"{name}-hours")["spec"]["replicas"] == (3 if is_office_hour() else 0))
    wait_until(lambda: get("resourcequota", "default-quota") != {} and get("networkpolicy", "default-deny") != {})
    wait_until(lambda: get("deployment") != {} and get("service") != {})
    wait_until(lambda: get("website").get("status", {}).get("conditions", [{}])[0].get("type") == "Available")
    wait_until(lambda: get("ephemeralvolumeclaim").get("status", {}).get("phase") == "Pending")
    wait_until(lambda: get("deployment", f"{name}-cache")["spec"]["replicas"] == 2)
    wait_until(lambda: get("memcached", f"{name}-cache").get("status", {}).get("conditions") is not None)
    has_run(cluster, name)
    cluster.kubectl("delete", "secret", name, "-n", name)
    wait_until(lambda: get("secret", namespace="kube-system") == {})
    cluster.kubectl("label", "namespace", name, "example.com/defaults-")
    wait_until(lambda: get("resourcequota", "default-quota") == {} and get("networkpolicy", "default-deny") == {})
    cluster.kubectl("delete", "memcached", f"{name}-cache", "-n", name)
    assert "Traceback" not in running.text


def has_run(cluster: Cluster, name: str) -> None:
    """Let a run of the CronJob be due, and wait until its Job is active."""
    kind = "cronjobs.example.com"
    patch = ["patch", kind, name, "-n", name, "--type=merge", "-p"]
    cluster.kubectl(*patch, '{"status": {"lastScheduleTime": "2026-01-01T00:00:00Z"}}', "--subresource=status")
    cluster.kubectl(*patch, '{"spec": {"suspend": false}}')
    active = "jsonpath={.status.active[*].kind}"
    wait_until(lambda: "Job" in cluster.kubectl("get", kind, name, "-n", name, "-o", active))


def is_office_hour() -> bool:
    now = datetime.now(ZoneInfo("Europe/Berlin"))
    return now.weekday() < 5 and 7 <= now.hour < 20


def wait_until(is_true: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE_SECONDS
    while not is_true():
        assert time.monotonic() < end
        time.sleep(0.2)
