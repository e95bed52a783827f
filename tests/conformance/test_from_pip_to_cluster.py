"""The page from pip to a cluster, typed as it stands: from an empty directory, with the wheel, against kube-apiserver.

Nothing of the checkout is on a path of its commands. Only the kubelet is played: the pod's process is started from the
Deployment's arguments, with a token of its ServiceAccount and the ConfigMap's files in a volume.
"""

import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kube_apiserver import Endpoint
from kube_apiserver.security.kubeconfig import write_kubeconfig
from tests.acceptance.docs.console import steps_of
from tests.conformance.differential.targets import Target
from tests.conformance.incluster.container import DEADLINE_SECONDS, Container, Kubectl, holds_within
from tests.conformance.incluster.volume import AtomicVolume
from tests.manifests import KUBECTL
from tests.pages import ROOT, block_with, blocks_of

PAGE = "docs/from-pip-to-cluster.md"
COMMANDS = [
    step.command for block in blocks_of(PAGE, (ROOT / PAGE).read_text()) if block.language == "console"
    for step in steps_of(block.code)
]  # fmt: skip
FIRST_DEPLOYMENT = next(number for number, command in enumerate(COMMANDS) if "-f hello.yaml" in command)
PLUGIN = block_with(PAGE, "async def greet")
HELLO = block_with(PAGE, "name: hello")
NAMESPACE = "plugin-operator-system"
ANNOTATION = "example.com/greet-since"
#: What asks a package index of this machine; the page's reader has their own.
OF_PIP = ("PIP_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT", "REQUESTS_CA", "http_proxy", "https_proxy")


class Reader:
    """Somebody in an empty directory with a new virtual environment, kubectl and a cluster."""

    def __init__(self, folder: Path, target: Target) -> None:
        self.folder = folder / "work"
        self.folder.mkdir()
        tools = folder / "tools"
        tools.mkdir()
        (tools / "kubectl").symlink_to(KUBECTL)
        subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True, timeout=120)
        self.bin = folder / "venv" / "bin"
        home = Path.home()
        configured = [path for path in (home / ".config/pip/pip.conf", home / ".pip/pip.conf") if path.exists()]
        self.environment = {
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "PATH": f"{self.bin}:{tools}:/usr/bin:/bin",
            "KUBECONFIG": str(target.kubeconfig),
            **{name: value for name, value in os.environ.items() if name.startswith(OF_PIP)},
            **({"PIP_CONFIG_FILE": str(configured[0])} if configured else {}),
            "PIP_CACHE_DIR": str(home / ".cache" / "pip"),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_CONSTRAINT": str(self._constraints(folder)),
        }

    @staticmethod
    def _constraints(folder: Path) -> Path:
        """Pin what pip takes: this checkout's wheel, and the versions that the tests know."""
        command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder / "dist")]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
        (wheel,) = (folder / "dist").glob("*.whl")
        pins = re.findall(r"^[\w.-]+==[^\\]+", (ROOT / "requirements" / "dev.txt").read_text(), re.MULTILINE)
        path = folder / "constraints.txt"
        path.write_text("\n".join([f"plugin-operator @ {wheel.as_uri()}", *(pin.strip() for pin in pins)]))
        return path

    def type(self, command: str) -> str:
        """Run a command of the page, which must end well; return what it prints."""
        ended = subprocess.run(
            command, shell=True, cwd=self.folder, env=self.environment, executable="/bin/bash", text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=300,
        )  # fmt: skip
        assert ended.returncode == 0, f"$ {command}\n{ended.stdout}"
        return ended.stdout

    def type_until(self, command: str, words: str) -> None:
        """Run a command until it prints ``words``, then press Ctrl-C."""
        started = subprocess.Popen(
            command.split(), cwd=self.folder, env=self.environment, text=True, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert started.stdout is not None
        deadline = threading.Timer(DEADLINE_SECONDS, started.kill)
        deadline.start()
        lines = []
        try:
            for line in started.stdout:
                lines.append(line)
                if words in line:
                    started.send_signal(signal.SIGINT)
            assert started.wait() == 0, f"$ {command}\n{''.join(lines)}"
        finally:
            deadline.cancel()
            started.stdout.close()
        assert any(words in line for line in lines), "".join(lines)


class Pod:
    """What a node makes of the Deployment: the operator's process with the plugins in a volume."""

    def __init__(self, reader: Reader, kubectl: Kubectl, target: Target, folder: Path) -> None:
        self._kubectl = kubectl
        spec = kubectl.json("get", "deployment", "plugin-operator", "--namespace", NAMESPACE)["spec"]["template"][
            "spec"
        ]
        (container,) = spec["containers"]
        (self._config_map,) = (each["configMap"]["name"] for each in spec["volumes"] if "configMap" in each)
        self._volume = AtomicVolume(folder / "plugins", group=os.getgid())
        self.bring_plugins()
        token = kubectl("create", "token", spec["serviceAccountName"], "--namespace", NAMESPACE).strip()
        assert target.context is not None
        authorities = "".join(map(ssl.DER_cert_to_PEM_cert, target.context.get_ca_certs(binary_form=True)))
        write_kubeconfig(folder / "kubeconfig", Endpoint(target.url, authorities, token))
        context = ["--kubeconfig", str(folder / "kubeconfig"), "config", "set-context", "--current"]
        subprocess.run([KUBECTL, *context, "--namespace", NAMESPACE], check=True, capture_output=True, timeout=60)
        there = {"/plugins": str(folder / "plugins"), ":8080": ":0", ":8081": ":0"}
        flags = (argument.partition("=") for argument in container["args"])
        arguments = [f"{name}{equals}{there.get(value, value)}" for name, equals, value in flags]
        environment = reader.environment | {"KUBECONFIG": str(folder / "kubeconfig"), "POD_NAMESPACE": NAMESPACE}
        self.process = Container([str(reader.bin / "plugin-operator"), *arguments, "--log-format=json"], environment)

    def bring_plugins(self) -> None:
        """Write the ConfigMap's files into the volume, as the kubelet does from time to time."""
        found = self._kubectl.json("get", "configmap", self._config_map, "--namespace", NAMESPACE)
        self._volume.write(found["data"])


class Deployed:
    """The page up to its first deployment, and pods of it."""

    def __init__(self, reader: Reader, kubectl: Kubectl, target: Target, folder: Path, printed: dict[str, str]) -> None:
        self.reader, self.kubectl, self._target, self._folder = reader, kubectl, target, folder
        self.printed = printed
        self._pods = 0

    def pod(self) -> Pod:
        self._pods += 1
        folder = self._folder / f"pod-{self._pods}"
        folder.mkdir()
        return Pod(self.reader, self.kubectl, self._target, folder)

    def done_for(self, name: str) -> dict[str, bool]:
        """Tell what of the plugin's work is done for a ConfigMap."""
        found = self.kubectl.json("get", "configmap", name, "--namespace", "default")
        selector = f"involvedObject.name={name},reason=Greeted"
        events = self.kubectl.json("get", "events", "--namespace", "default", "--field-selector", selector)
        leases = self.kubectl.json("get", "leases", "--namespace", NAMESPACE)["items"]
        return {
            "annotated": ANNOTATION in found["metadata"].get("annotations", {}),
            "recorded": bool(events["items"]),
            "scheduled": any(each["metadata"]["name"] == "plugin-operator-schedules" for each in leases),
        }


@pytest.fixture(scope="module")
def deployed(real_server: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    if os.environ.get("CONFORMANCE_KUBECONFIG"):
        pytest.skip("a whole cluster would run the Deployment itself")
    folder = tmp_path_factory.mktemp("reader")
    reader = Reader(folder, real_server)
    kubectl = Kubectl(real_server.kubeconfig)
    printed: dict[str, str] = {}
    for command in COMMANDS[: FIRST_DEPLOYMENT + 1]:
        if command.startswith("plugin-operator sandbox"):
            reader.type_until(command, "ConfigMap annotated")
        else:
            printed[command] = reader.type(command)
        if command.startswith("plugin-operator new "):
            (reader.folder / "plugins" / "greet.py").write_text(PLUGIN.code)
            (reader.folder / "hello.yaml").write_text(HELLO.code)
    yield Deployed(reader, kubectl, real_server, folder, printed)
    files = [f"--filename={reader.folder / name}" for name in ("hello.yaml", "one.yaml")]
    kubectl("delete", "--wait=false", "--ignore-not-found", *files)
    shutil.rmtree(folder)


def test_the_page_has_at_most_ten_commands() -> None:
    assert len(COMMANDS) <= 10


@pytest.mark.timeout(600)  # pip fetches what this machine's cache lacks
def test_nothing_of_the_checkout_is_on_a_path(deployed: Deployed) -> None:
    code = "import plugin_operator, sys; print(plugin_operator.__file__, *sys.path, sep='\\n')"
    printed = deployed.reader.type(f'python -c "{code}"')

    assert printed.startswith(str(deployed.reader.bin.parent))
    assert str(ROOT) not in printed


@pytest.mark.timeout(600)
def test_the_plugin_reconciles_is_edited_and_rolled_back(deployed: Deployed) -> None:
    edit, undo = COMMANDS[FIRST_DEPLOYMENT + 1 :]
    plugin = deployed.reader.folder / "plugins" / "greet.py"
    pod = deployed.pod()
    try:
        pod.process.wait_for("ConfigMap annotated", name="hello")
        assert holds_within(DEADLINE_SECONDS, lambda: all(deployed.done_for("hello").values()))
        assert "forbidden" not in pod.process.text

        plugin.write_text(PLUGIN.code.replace("Greeted at", "Hello since"))
        deployed.reader.type(edit)
        greet_anew(deployed, pod, "Hello since", reloads=1)

        deployed.reader.type(undo)
        greet_anew(deployed, pod, "Greeted at", reloads=2)
        assert pod.process.end() == 0, pod.process.text
    finally:
        pod.process.close()


def greet_anew(deployed: Deployed, pod: Pod, words: str, *, reloads: int) -> None:
    """Wait for the reload, and for an Event of the new code about a new object."""
    pod.bring_plugins()
    assert holds_within(DEADLINE_SECONDS, lambda: len(pod.process.logged("Plugin active")) > reloads), pod.process.text
    name = f"after-{reloads}"
    create(deployed.kubectl, name)
    pod.process.wait_for("ConfigMap annotated", name=name)
    selector = f"involvedObject.name={name},reason=Greeted"
    query = ("get", "events", "--namespace", "default", "--field-selector", selector)
    assert holds_within(DEADLINE_SECONDS, lambda: words in json.dumps(deployed.kubectl.json(*query)))


def create(kubectl: Kubectl, name: str) -> None:
    object_ = yaml.safe_load(HELLO.code)
    object_["metadata"]["name"] = name
    kubectl("apply", "-f", "-", stdin=json.dumps(object_))


def roles(text: str) -> list[dict[str, Any]]:
    """Return the roles among the objects of a YAML stream."""
    return [each for each in yaml.safe_load_all(text) if each["kind"] in {"Role", "ClusterRole"}]


def granted(text: str) -> set[tuple[str, ...]]:
    """Return what the roles allow: verb, group, resource and name, one by one."""
    return {
        (verb, group, resource, name)
        for role in roles(text)
        for rule in role["rules"]
        for verb in rule["verbs"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for name in rule.get("resourceNames", [""])
    }


@pytest.mark.timeout(600)
def test_the_manifests_grant_what_rbac_prints_and_the_election(deployed: Deployed) -> None:
    (printed,) = (text for command, text in deployed.printed.items() if command.startswith("plugin-operator rbac"))
    applied = granted((deployed.reader.folder / "one.yaml").read_text())

    assert granted(printed) <= applied
    assert {grant[2:] for grant in applied - granted(printed)} == {("leases", "plugin-operator-leader-election")}


#: What is done without a rule for a resource or for one object of it; nothing if the rule is not named.
DONE_WITHOUT = {"plugin-operator-schedules": {"annotated", "recorded"}, "events": {"annotated", "scheduled"}}
#: What comes later than the refusal, as the schedule of a plugin that waits for its objects.
MAY_FOLLOW_WITHOUT = {"configmaps": {"scheduled"}}


@pytest.mark.timeout(900)
def test_without_any_one_rule_something_of_the_work_is_refused(deployed: Deployed) -> None:
    applied = (deployed.reader.folder / "one.yaml").read_text()
    rules = [(role, rule) for role in roles(applied) for rule in role["rules"]]
    assert {rule["resources"][0] for _, rule in rules} == {"configmaps", "events", "leases"}
    for number, (role, rule) in enumerate(rules):
        deployed.kubectl("replace", "-f", "-", stdin=json.dumps(role | without(role, rule)))
        leases = ("plugin-operator-leader-election", "plugin-operator-schedules")
        deployed.kubectl("delete", "leases", "--namespace", NAMESPACE, "--ignore-not-found", *leases)
        name = f"without-{number}"
        create(deployed.kubectl, name)
        pod = deployed.pod()
        try:
            check_refusal(deployed, pod, rule, name)
        finally:
            pod.process.close()
            deployed.kubectl("replace", "-f", "-", stdin=json.dumps(role))
            deployed.kubectl("delete", "configmap", name, "--namespace", "default")


def without(role: dict[str, Any], rule: dict[str, Any]) -> dict[str, Any]:
    return {"rules": [each for each in role["rules"] if each is not rule]}


def check_refusal(deployed: Deployed, pod: Pod, rule: dict[str, Any], name: str) -> None:
    assert refused(pod, rule), f"nothing needed {rule}:\n{pod.process.text}"
    (subject,) = rule.get("resourceNames", rule["resources"])
    expected = DONE_WITHOUT.get(subject, set())

    def done() -> set[str]:
        found = {what for what, is_done in deployed.done_for(name).items() if is_done}
        return found - MAY_FOLLOW_WITHOUT.get(subject, set())

    assert holds_within(DEADLINE_SECONDS, lambda: done() == expected), f"{done()} without {rule}:\n{pod.process.text}"


def refused(pod: Pod, rule: dict[str, Any]) -> bool:
    """Wait until the operator logs that a request for what the rule allows was refused."""
    (resource,) = rule["resources"]
    verbs = "|".join(rule["verbs"])
    refusal = re.compile(rf'cannot (?:{verbs}) resource \\"{resource}\\"')
    return holds_within(DEADLINE_SECONDS, lambda: refusal.search(pod.process.text) is not None)
