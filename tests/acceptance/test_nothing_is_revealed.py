"""Markers are planted wherever a credential or a Secret can be, and looked for in all that an operator lets out."""

import base64
import stat
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import yaml

from tests.acceptance.cluster import Cluster
from tests.acceptance.conftest import Run, Start
from tests.acceptance.output import Output
from tests.acceptance.test_tracing import Collector
from tests.acceptance.test_tracing import collector as collector  # noqa: PLC0414 - a fixture

MARK = "MARKER5ecret"
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "held"}, "stringData": {"key": f"{MARK}-held"}}
READS = '''
"""Has Secret data in its variables, its state and its requests, and fails in every way."""
import base64, os
from plugin_operator import TerminalError, controller

held_by_module = os.environ["HELD"]

@controller(for_="v1/Secret", name="reader", field_selector="metadata.name=held")
async def reader(ctx, request):
    cached = ctx.lister.get(request)
    if cached is None:
        return
    plain = base64.b64decode(cached["data"]["key"]).decode()
    ctx.recorder.event(cached, "Normal", "Read", "the Secret was read")
    bad = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "Bad Name", "namespace": "default"}}
    for document in (
        {**bad, "stringData": {"key": plain}},
        {**bad, "metadata": {"name": "bad", "namespace": "default"}, "data": {"key": plain + "!"}},
        {**bad, "metadata": {"name": "bad", "namespace": "default"}, "data": [plain]},
        {**bad, "metadata": {"name": "bad", "namespace": "default"}, "stringData": {"key": {plain: plain}}},
    ):
        try:
            await ctx.client.create(document)
        except Exception as error:
            ctx.log.warning("Not created", exc_info=error)
            failed = error
        else:
            raise TerminalError("created what is wrong")
    try:
        await ctx.client.patch("v1/Secret", request, [{"op": "test", "path": "/data/key", "value": plain}], type="json")
    except Exception as error:
        ctx.log.warning("Not patched", exc_info=error)
    raise failed

@controller(for_="v1/ConfigMap", name="other", field_selector="metadata.name=other")
async def other(ctx, request):
    secret = await ctx.client.get("v1/Secret", "held", request.namespace)
    raise RuntimeError("as asked") from KeyError(len(secret))
'''
REJECTED = """
import os
from plugin_operator import controller

def read(value):
    return {}[len(value)]

read(os.environ["HELD"])
"""
LOGIN = """#!/bin/sh
echo '{{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {{"token": "{token}"}}}}'
"""


def forms(text: str) -> list[str]:
    """The ways in which a text can be shown: its base64 depends on what stands before it."""
    encoded = [base64.b64encode(b" " * shift + text.encode()).decode()[shift + 2 : -4] for shift in range(3)]
    return [text, *encoded]


@pytest.fixture
def kubeconfig(cluster: Cluster, tmp_path: Path) -> tuple[Path, str]:
    """A kubeconfig whose credentials come from a command, and the token."""
    config = yaml.safe_load(cluster.kubeconfig.read_text())
    token = config["users"][0]["user"]["token"]
    login = tmp_path / "login"
    login.write_text(LOGIN.format(token=token))
    login.chmod(stat.S_IRWXU)
    command = {"apiVersion": "client.authentication.k8s.io/v1", "command": str(login), "interactiveMode": "Never"}
    config["users"][0]["user"] = {"exec": {**command, "args": [], "env": [{"name": "A", "value": f"{MARK}-exec"}]}}
    path = tmp_path / "login.kubeconfig"
    path.write_text(yaml.safe_dump(config))
    return path, token


def fetched(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return f"{error.code} {error.read().decode()}"


def command_lines(pid: int) -> str:
    """Those of a process and all below it; what other users of the machine see."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    tree, lines = {pid}, []
    for line in listed.splitlines()[1:]:
        own, parent, arguments = line.split(None, 2)
        if int(own) in tree or int(parent) in tree:
            tree.add(int(own))
            lines.append(arguments)
    return "\n".join(lines)


@pytest.mark.embedded_only("the token of the server is in its kubeconfig")
def test_no_output_of_an_operator_has_a_credential_or_data_of_a_secret(
    cluster: Cluster, kubeconfig: tuple[Path, str], start: Start, output: type[Output], run: Run, plugins: Path,
    collector: Collector, free_port: int, other_free_port: int,
) -> None:  # fmt: skip
    path, token = kubeconfig
    cluster.kubectl("create", "secret", "generic", "held", f"--from-literal=key={MARK}-held")
    cluster.kubectl("create", "configmap", "other")
    (plugins / "reads.py").write_text(READS)
    (plugins / "rejected.py").write_text(REJECTED)
    secrets = {
        "HELD": f"{MARK}-environment", "HTTPS_PROXY": f"http://u:{MARK}-proxy@127.0.0.1:1",
        "OTEL_EXPORTER_OTLP_HEADERS": f"authorization={MARK}-otel", "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }  # fmt: skip
    probes, metrics = f"127.0.0.1:{free_port}", f"127.0.0.1:{other_free_port}"
    process = start(
        "run", "--kubeconfig", path, "--plugins-dir", plugins, "--log-format", "json", "--log-level", "debug",
        "--metrics-addr", metrics, "--health-probe-bind-address", probes, "--enable-tracing", "--leader-elect",
        "--leader-elect-resource-namespace", "default", **secrets,
    )  # fmt: skip
    running = output(process)
    for said in ("Not patched", "Plugin rejected", "Reconciler error"):
        running.wait_for(said)
    collector.wait_for(*(lambda span, name=name: span.name == name for name in ("reconcile reader", "reconcile other")))
    let_out = {
        "command lines": command_lines(process.pid),
        "readyz": fetched(f"http://{probes}/readyz?verbose"),
        "plugins check": fetched(f"http://{probes}/readyz/plugins"),
        "/status": fetched(f"http://{probes}/status"),
        "/metrics": fetched(f"http://{metrics}/metrics"),
        "status": run("status", "--address", f"http://{probes}").stdout,
        "validate": str(run("validate", plugins, HELD=f"{MARK}-environment")),
        "check": str(run("check", "-o", "json", plugins, HELD=f"{MARK}-environment")),
        "traces": "\n".join(map(str, collector._spans)) + str(collector.resources),
        "events": cluster.kubectl("get", "events", "-A", "-o", "yaml"),
        "leases": cluster.kubectl("get", "leases", "-A", "-o", "yaml"),
    }
    process.terminate()
    assert running.end() == 0, running.text
    let_out["log"] = running.text
    assert "rejected.py:6" in let_out["status"], let_out["status"]
    assert "reader" in let_out["events"]
    assert "the Secret was read" in let_out["events"]
    for where, text in let_out.items():
        assert text, where
        for form in [*forms(MARK), token]:
            assert form not in text, f"{where} has {form}: {text[max(0, text.index(form) - 1500) :][:3000]}"
