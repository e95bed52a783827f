"""The manifests on a real API server, and the image as their Deployment runs it: its rights, its files, its user."""

import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.differential.targets import Target
from tests.conformance.incluster.container import DEADLINE_SECONDS, Container, Kubectl
from tests.conformance.incluster.image import Image, build, missing_tools
from tests.conformance.incluster.pod import REPOSITORY, Mount, command, why_not
from tests.conformance.incluster.volume import AtomicVolume
from tests.manifests import KUBECTL

NAMESPACE = "plugin-operator-system"
ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
POD = {"metadata.name": "plugin-operator-0", "metadata.namespace": NAMESPACE, "metadata.uid": str(uuid.uuid4())}
SELF_TEST = """
from pathlib import Path
from plugin_operator import controller
from plugin_operator.errors import ApiError

@controller(for_="v1/ConfigMap", name="limits", namespaces=["default"])
async def limits(ctx, request):
    if request.name != "hello":
        return
    said = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    ctx.log.info("Who", uid=said["Uid"].split(), capabilities=said["CapEff"].strip(), new=said["NoNewPrivs"].strip())
    for path in ("/plugins/x", "/x", str(Path(__file__).parent / "x"), "/var/run/secrets/kubernetes.io/x", "/tmp/x"):
        try:
            Path(path).write_text("")
            ctx.log.info("Written", path=path)
        except OSError as error:
            ctx.log.info("Refused", path=path, error=error.strerror)
    try:
        metadata = {"name": "no", "namespace": "default"}
        await ctx.client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
        ctx.log.info("Created")
    except ApiError as error:
        ctx.log.info("Forbidden", reason=str(error))
"""


def _render() -> str:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("MAKE") and name != "MFLAGS"
    }
    made = subprocess.run(
        ["make", "--no-print-directory", "manifests", f"KUBECTL={KUBECTL}"], cwd=REPOSITORY, env=environment,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return made.stdout


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    if os.environ.get("CONFORMANCE_KUBECONFIG"):
        pytest.skip("a whole cluster would run the Deployment itself; deploy there with `make deploy`")
    if os.geteuid() != 0 or not sys.platform.startswith("linux"):
        pytest.skip("NOT RUN IN CLUSTER: becoming user 65532 with files of its own needs root on Linux")
    if reason := why_not():
        pytest.skip(f"NOT RUN IN CLUSTER: this machine does not let root mount: {reason}")
    if missing := missing_tools():
        said = f"the image is not built: install {' and '.join(missing)}"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"NOT RUN IN CLUSTER: {said}")
    folder = tmp_path_factory.mktemp("image")
    yield build(folder)
    shutil.rmtree(folder)


@pytest.fixture
def kubectl(image: Image, real_server: Target) -> Iterator[Kubectl]:
    admin = Kubectl(real_server.kubeconfig)
    rendered = _render()
    admin("apply", "-f", "-", stdin=rendered)
    yield admin
    admin("delete", "--wait=false", "-f", "-", stdin=rendered)


def _publish(kubectl: Kubectl, volume: AtomicVolume, plugins: dict[str, str], folder: Path) -> None:
    """Do what ``make deploy-plugins`` does, and then what kubelet does with the ConfigMap it finds on the server."""
    folder.mkdir()
    for name, text in plugins.items():
        (folder / name).write_text(text)
    making = ("create", "configmap", "plugin-operator-plugins", "--namespace", NAMESPACE, f"--from-file={folder}")
    rendered = kubectl(*making, "--dry-run=client", "--output=yaml")
    kubectl("apply", "--server-side", "--force-conflicts", "--field-manager=make-deploy", "-f", "-", stdin=rendered)
    volume.write(kubectl.json("get", "configmap", "plugin-operator-plugins", "--namespace", NAMESPACE)["data"])


def _account(kubectl: Kubectl, spec: dict[str, Any], target: Target, path: Path) -> None:
    assert target.context is not None
    authorities = map(ssl.DER_cert_to_PEM_cert, target.context.get_ca_certs(binary_form=True))
    token = kubectl("create", "token", spec["serviceAccountName"], "--namespace", NAMESPACE, "--duration=1h").strip()
    volume = AtomicVolume(path, group=spec["securityContext"]["fsGroup"])
    volume.write({"token": token, "ca.crt": "".join(authorities), "namespace": NAMESPACE})


def _arguments(container: dict[str, Any]) -> list[str]:
    """Return the Deployment's arguments with free ports: on this machine, other tests listen on the usual ones."""
    arguments = []
    for argument in container["args"]:
        flag, colon, _ = argument.rpartition(":")
        arguments.append(f"{flag}:{_free_port()}" if colon else argument)
    return arguments


def _free_port() -> int:
    with socket.create_server(("", 0)) as server:
        return int(server.getsockname()[1])


def _value(variable: dict[str, Any]) -> str:
    field = variable.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath")
    return POD[field] if field else str(variable["value"])


def _start(kubectl: Kubectl, image: Image, target: Target, tmp_path: Path) -> tuple[Container, list[str]]:
    spec = kubectl.json("get", "deployment", "plugin-operator", "--namespace", NAMESPACE)["spec"]["template"]["spec"]
    container = spec["containers"][0]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert {mount["mountPath"]: mount.get("readOnly", False) for mount in container["volumeMounts"]} == {
        "/plugins": True,
        "/tmp": False,
    }
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp").chmod(0o1777)
    _account(kubectl, spec, target, tmp_path / "account")
    mounts = [Mount(tmp_path / "plugins", "/plugins"), Mount(tmp_path / "tmp", "/tmp", read_only=False)]
    mounts.append(Mount(tmp_path / "account", ACCOUNT))
    host, _, port = target.url.removeprefix("https://").rpartition(":")
    environment = image.environment | {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}
    environment |= {variable["name"]: _value(variable) for variable in container.get("env", ())}
    user, group = spec["securityContext"]["runAsUser"], spec["securityContext"]["runAsGroup"]
    arguments = _arguments(container)
    assert f"{user}:{group}" == image.user
    argv = command(image.root, mounts, user, group, environment, [*image.entrypoint, *arguments])
    return Container(argv), arguments


def _get(arguments: list[str], flag: str, path: str) -> tuple[int, str]:
    port = next(argument for argument in arguments if argument.startswith(flag)).rpartition(":")[2]
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.mark.timeout(600)  # the first build on a machine fetches a base and all wheels
def test_the_image_holds_the_program_compiled_and_no_installer(image: Image) -> None:
    inside = ["chroot", str(image.root), "env", "-i", *(f"{k}={v}" for k, v in image.environment.items())]

    def run(*argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*inside, *argv], capture_output=True, text=True, check=False, timeout=60)

    assert run(*image.entrypoint, "version").stdout.startswith("plugin-operator ")
    assert run(*image.entrypoint, "validate", image.environment["PLUGIN_OPERATOR_PLUGINS_DIR"]).returncode == 0
    assert "No module named pip" in run("python", "-m", "pip", "--version").stderr
    package = next(image.root.glob("opt/plugin-operator/lib/python3*/site-packages/plugin_operator"))
    sources = [path for path in package.rglob("*.py") if path.stat().st_size]
    assert [path for path in sources if not list(path.parent.glob(f"__pycache__/{path.stem}.*.pyc"))] == []
    assert image.labels["org.opencontainers.image.version"] == "test"


@pytest.mark.timeout(600)
def test_the_operator_works_as_its_deployment_says(
    kubectl: Kubectl, image: Image, real_server: Target, tmp_path: Path
) -> None:
    plugins = {path.name: path.read_text() for path in (REPOSITORY / "plugins").glob("*.py")}
    volume = AtomicVolume(tmp_path / "plugins", group=65532)
    _publish(kubectl, volume, {**plugins, "limits.py": SELF_TEST}, tmp_path / "one")
    container, arguments = _start(kubectl, image, real_server, tmp_path)
    try:
        _check_work(kubectl, container, arguments)
        _check_limits(container)
        changed = {**plugins, "configmap.py": plugins["configmap.py"].replace("ConfigMap reconciled", "Seen anew")}
        _publish(kubectl, volume, changed, tmp_path / "two")
        container.wait_for("Seen anew", name="hello")
        assert container.end() == 0, container.text
    finally:
        container.close()
        kubectl("delete", "configmap", "hello", "--namespace", "default", "--ignore-not-found")
    assert _lease(kubectl)["holderIdentity"] == ""


def _lease(kubectl: Kubectl) -> dict[str, Any]:
    found: dict[str, Any] = kubectl.json("get", "lease", "plugin-operator-leader-election", "--namespace", NAMESPACE)[
        "spec"
    ]
    return found


def _check_work(kubectl: Kubectl, container: Container, arguments: list[str]) -> None:
    container.wait_for("Leadership acquired")
    assert _lease(kubectl)["holderIdentity"].startswith((socket.gethostname(), POD["metadata.name"]))
    kubectl("create", "configmap", "hello", "--namespace", "default")
    container.wait_for("ConfigMap reconciled", name="hello", plugin="configmap")
    assert _get(arguments, "--metrics-addr", "/metrics")[0] == 200
    deadline = time.monotonic() + DEADLINE_SECONDS
    while (answer := _get(arguments, "--health-probe-bind-address", "/readyz?verbose"))[0] != 200:
        assert time.monotonic() < deadline, f"{answer[1]}\n{container.text}"
        time.sleep(0.2)


def _check_limits(container: Container) -> None:
    forbidden = container.wait_for("Forbidden", plugin="limits")
    assert f'User "system:serviceaccount:{NAMESPACE}:plugin-operator" cannot create' in forbidden["reason"]
    who = container.wait_for("Who")
    assert (who["uid"], who["capabilities"], who["new"]) == (["65532"] * 4, "0" * 16, "1")
    assert [line["path"] for line in container.logged("Written")] == ["/tmp/x"]
    refused = container.logged("Refused")
    assert len(refused) == 4
    assert {line["error"] for line in refused} <= {"Read-only file system", "Permission denied"}
