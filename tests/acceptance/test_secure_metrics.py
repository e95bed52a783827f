"""``--metrics-secure`` as a user sets it up: the manifest for it, service accounts, tokens, HTTPS."""

import os
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.acceptance.cluster import Cluster
from tests.acceptance.conftest import Run, Start
from tests.acceptance.output import Output

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")
MANIFEST = Path(__file__).parents[2] / "manifests" / "components" / "secure-metrics" / "rbac.yaml"
PLUGIN = """
from plugin_operator import controller

@controller(for_="v1/ConfigMap")
async def configmap(ctx, request):
    pass
"""


@pytest.fixture
def rights(cluster: Cluster, tmp_path: Path) -> Iterator[Path]:
    """A kubeconfig of an account that has what the manifest gives the operator, and nothing else but its plugin's."""
    documents = list(yaml.safe_load_all(MANIFEST.read_text()))
    for document in documents:
        for subject in document.get("subjects", ()):
            subject |= {"name": "operator", "namespace": NAMESPACE}
    renamed = tmp_path / "rights.yaml"
    renamed.write_text(yaml.safe_dump_all(documents))
    cluster.kubectl("create", "serviceaccount", "operator")
    cluster.kubectl("apply", "-f", str(renamed))
    cluster.kubectl("create", "role", "plugin", "--resource=configmaps", "--verb=get,list,watch")
    cluster.kubectl("create", "rolebinding", "plugin", "--role=plugin", f"--serviceaccount={NAMESPACE}:operator")
    yield cluster.kubeconfig_of("operator", tmp_path)
    cluster.kubectl("delete", "--ignore-not-found", "-f", str(renamed))
    cluster.kubectl("delete", "clusterrolebinding", "scraper", "--ignore-not-found")


def scrape(port: int, token: str | None) -> tuple[int, str]:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    request = urllib.request.Request(f"https://127.0.0.1:{port}/metrics", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30, context=context) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.fixture
def secure(start: Start, output: type[Output], plugins: Path, free_port: int) -> Callable[[Path], Output]:
    """Start an operator with secure metrics, by its kubeconfig, and wait until it has reached the API server."""

    def secure(kubeconfig: Path) -> Output:
        (plugins / "configmap.py").write_text(PLUGIN)
        running = output(
            start(
                "run", "--kubeconfig", kubeconfig, "--plugins-dir", plugins, "--namespace", NAMESPACE,
                "--metrics-secure", "--metrics-addr", f"127.0.0.1:{free_port}", "--health-probe-bind-address", "0",
                "--log-format", "console",
            )
        )  # fmt: skip
        running.wait_for("Connected to the API server")
        return running

    return secure


def test_who_may_read_metrics_is_what_rbac_says(
    cluster: Cluster, rights: Path, secure: Callable[[Path], Any], free_port: int
) -> None:
    running = secure(rights)
    running.wait_for("Plugin active")
    cluster.kubectl("create", "serviceaccount", "prometheus")
    cluster.kubectl("create", "serviceaccount", "stranger")
    cluster.kubectl(
        "create", "clusterrolebinding", "scraper",
        "--clusterrole=plugin-operator-system:plugin-operator-metrics-reader",
        f"--serviceaccount={NAMESPACE}:prometheus",
    )  # fmt: skip
    reader, stranger = (cluster.kubectl("create", "token", name).strip() for name in ("prometheus", "stranger"))

    status, text = scrape(free_port, reader)
    assert (status, "controller_runtime_reconcile_total" in text) == (200, True), f"{text}\n{running.text}"
    assert scrape(free_port, None)[0] == 401
    assert scrape(free_port, "made up")[0] == 401
    denied = (403, f"Authorization denied for user system:serviceaccount:{NAMESPACE}:stranger\n")
    assert scrape(free_port, stranger) == denied
    assert reader not in running.text


def test_an_operator_that_may_not_ask_says_so_and_lets_nobody_in(
    cluster: Cluster, rights: Path, secure: Callable[[Path], Any], free_port: int
) -> None:
    cluster.kubectl("delete", "clusterrolebinding", "plugin-operator-system:plugin-operator-metrics-auth")
    running = secure(rights)

    assert scrape(free_port, cluster.kubectl("create", "token", "operator").strip())[0] == 500
    running.wait_for("cannot be authorized", "tokenreviews")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--metrics-cert-path", "certs"), "--metrics-secure"),
        (("--metrics-secure", "--metrics-cert-path", "certs"), "certs/tls.key"),
    ],
)
def test_a_certificate_that_is_not_used_or_not_there_is_wrong_usage(
    run: Run, plugins: Path, kubeconfig: Path, arguments: tuple[str, ...], said: str
) -> None:
    ended = run(
        "run", "--kubeconfig", kubeconfig, "--plugins-dir", plugins, "--metrics-addr", "127.0.0.1:0", *arguments
    )

    assert ended.returncode == 2
    assert said in ended.stderr
