"""The Makefile: its targets exist, and what it cannot do it says."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.manifests import KUBECTL, Object, one

ROOT = Path(__file__).parents[3]
TARGETS = [
    "help", "run", "test", "check", "lock", "bench", "controlplane", "conformance",
    "build", "plugins", "all", "clean", "docker-build", "docker-push", "deploy", "deploy-all",
]  # fmt: skip

needs_kubectl = pytest.mark.skipif(not KUBECTL, reason="kubectl is not installed")
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def make(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=inherited | environment, capture_output=True, text=True, timeout=60, check=False
    )


def script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def test_help_lists_every_target_with_a_line_about_it() -> None:
    listed = {line.split(None, 1)[0] for line in make("help").stdout.splitlines() if line.strip()}

    assert set(TARGETS) <= listed


def rendered(*arguments: str) -> list[Object]:
    result = make("manifests", f"KUBECTL={KUBECTL}", *arguments)
    assert (result.returncode, result.stderr) == (0, "")
    return list(yaml.safe_load_all(result.stdout))


@needs_kubectl
def test_manifests_are_rendered_with_image_and_time() -> None:
    objects = rendered("REGISTRY=registry.example.com:5000/team", "IMAGE_NAME=op", "TAG=1.2.3", "TIMESTAMP=now")
    template = one(objects, "Deployment")["spec"]["template"]

    assert template["spec"]["containers"][0]["image"] == "registry.example.com:5000/team/op:1.2.3"
    assert template["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"] == "now"


@needs_kubectl
@pytest.mark.parametrize("namespace", ["team-a", "n" * 63, "1a"])
def test_another_namespace_stands_in_every_manifest_and_the_default_one_in_none(namespace: str) -> None:
    objects = rendered(f"NAMESPACE={namespace}", "OPTIONS=secure-metrics network-policy-ingress")

    assert {each["metadata"].get("namespace", "") for each in objects} == {"", namespace}
    assert "plugin-operator-system" not in repr(objects)
    assert {"tokenreviews", "NetworkPolicy", "PodDisruptionBudget"} <= set(re.findall(r"\w+", repr(objects)))


@needs_kubectl
def test_one_replica_has_no_disruption_budget_and_namespaced_comes_last() -> None:
    assert "PodDisruptionBudget" not in {each["kind"] for each in rendered("OPTIONS=single")}
    kinds = {each["kind"] for each in rendered("OPTIONS=namespaced network-policy-egress")}
    assert "ClusterRole" not in kinds
    assert "NetworkPolicy" in kinds


@pytest.mark.parametrize("target", ["manifests", "deploy", "undeploy"])
def test_an_option_that_is_no_component_is_refused(target: str) -> None:
    result = make(target, "OPTIONS=single sinlge", "KUBECTL=true")

    assert result.returncode != 0
    assert 'no component "sinlge"' in result.stderr


@pytest.mark.parametrize("namespace", ["a b", "Upper", "-a", "x" * 64, "", "default", "kube-system", "a|e id;"])
@pytest.mark.parametrize("target", ["manifests", "deploy", "undeploy", "deploy-plugins"])
def test_a_namespace_that_is_none_or_not_the_operators_own_is_refused(target: str, namespace: str) -> None:
    result = make(target, f"NAMESPACE={namespace}", "KUBECTL=true")

    assert result.returncode != 0
    assert f"NAMESPACE={namespace}" in result.stderr.replace("'", "")


@needs_kubectl
def test_the_rights_of_a_plugin_are_deployed_only_with_it(tmp_path: Path) -> None:
    (tmp_path / "secret.py").touch()
    (tmp_path / "own.py").touch()

    both, only = repr(rendered()), repr(rendered(f"PLUGINS={tmp_path}"))

    roles = "plugin-operator-plugin-configmap", "plugin-operator-plugin-secret"
    assert [role in both for role in roles] == [True, True]
    assert [role in only for role in roles] == [False, True]


def calls_of_deploy(tmp_path: Path, *arguments: str, target: str = "deploy") -> list[str]:
    """Run a target with a kubectl that renders as the real one and only records all other calls."""
    recorded = tmp_path / "recorded"
    body = f'[ "$1" = kustomize ] && exec {KUBECTL} "$@"\necho "call $@" >>{recorded}\n[ -t 0 ] || cat >>{recorded}\n'
    script(tmp_path / "kubectl", f"#!/bin/sh\n{body}")
    script(tmp_path / "plugin-operator", "#!/bin/sh\nexit 0\n")
    (tmp_path / "bin").symlink_to(tmp_path)
    (tmp_path / ".runtime").touch()
    os.utime(tmp_path / ".runtime", (2**32, 2**32))
    (tmp_path / "python").touch()
    result = make(target, f"KUBECTL={tmp_path}/kubectl", f"VENV={tmp_path}", *arguments)
    assert result.returncode == 0, result.stderr
    return recorded.read_text().split("call ")[1:]


@needs_kubectl
def test_deploy_applies_everything_to_the_namespace_it_was_given(tmp_path: Path) -> None:
    calls = calls_of_deploy(tmp_path, "NAMESPACE=team-a")
    namespace, everything = (call for call in calls if call.startswith("apply -f -"))

    (first,) = yaml.safe_load_all(namespace.partition("\n")[2])
    assert (first["kind"], first["metadata"]["name"]) == ("Namespace", "team-a")
    assert any(call.startswith("create configmap plugin-operator-plugins --namespace team-a") for call in calls)
    assert len(list(yaml.safe_load_all(everything.partition("\n")[2]))) > 8
    assert "plugin-operator-system" not in everything


@needs_kubectl
def test_deploy_takes_every_file_but_the_kustomization_into_the_config_map(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    (mine / "folder").mkdir(parents=True)
    for name in ("a b.py", "plugins.manifest.json", ".hidden", "kustomization.yaml"):
        (mine / name).touch()

    calls = calls_of_deploy(tmp_path, f"PLUGINS={mine}", target="deploy-plugins")
    (making,) = (call for call in calls if call.startswith("create configmap"))

    files = [f"--from-file={mine}/{name}" for name in (".hidden", "a b.py", "plugins.manifest.json")]
    assert making.strip().endswith(f"{' '.join(files)} --dry-run=client --output=yaml")


@needs_kubectl
def test_deploy_takes_back_the_rights_of_plugins_that_are_not_deployed(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "configmap.py").touch()

    calls = calls_of_deploy(tmp_path, f"PLUGINS={tmp_path}/mine", "NAMESPACE=team-a")

    (deleted,) = [call for call in calls if call.startswith("delete ")]
    names = {each["metadata"]["name"] for each in yaml.safe_load_all(deleted.partition("\n")[2]) if each}
    assert names == {"team-a:plugin-operator-plugin-secret"}


@needs_kubectl
def test_undeploy_removes_all_that_deploy_can_apply(tmp_path: Path) -> None:
    (deleted,) = calls_of_deploy(tmp_path, target="undeploy")
    options = "secure-metrics network-policy-ingress network-policy-egress"
    applied = rendered(f"OPTIONS={options}")

    removed = [each["metadata"]["name"] for each in yaml.safe_load_all(deleted.partition("\n")[2])]
    assert removed == [each["metadata"]["name"] for each in applied]


@pytest.mark.parametrize("variable", ["PYTHON", "VENV", "PLUGINS", "NAMESPACE", "KUBECTL"])
def test_a_make_that_a_recipe_starts_does_not_inherit_what_this_one_was_told(variable: str) -> None:
    result = make("--eval", "show:; @env", "show", f"{variable}=/of/the/outer")

    assert result.returncode == 0, result.stderr
    assert f"{variable}=" not in [line[: len(variable) + 1] for line in result.stdout.splitlines()]


@pytest.mark.parametrize("target", ["docker-build", "docker-push", "deploy-all"])
def test_a_target_that_needs_an_engine_says_so(target: str) -> None:
    result = make(target, "DOCKER=no-such-engine", "REGISTRY=registry.example.com")

    assert result.returncode != 0
    assert "no-such-engine is not on PATH" in result.stderr


@pytest.mark.parametrize("target", ["deploy", "deploy-plugins"])
def test_a_target_that_needs_kubectl_says_so(target: str) -> None:
    result = make(target, "KUBECTL=no-such-kubectl")

    assert result.returncode != 0
    assert "no-such-kubectl is not on PATH" in result.stderr


def test_docker_push_asks_for_a_registry(tmp_path: Path) -> None:
    script(tmp_path / "engine", "#!/bin/sh\nexit 0\n")

    result = make("docker-push", f"DOCKER={tmp_path}/engine", "REGISTRY=")

    assert result.returncode != 0
    assert "needs REGISTRY" in result.stderr


def test_an_interpreter_that_is_too_old_is_named_with_the_way_out(tmp_path: Path) -> None:
    script(tmp_path / "old", '#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit 0\nexit 1\n')

    result = make("setup", f"PYTHON={tmp_path}/old", f"VENV={tmp_path}/venv")

    assert result.returncode != 0
    assert "needs Python 3.11 or newer" in result.stderr
    assert "Python 3.9.2" in result.stderr
    assert not (tmp_path / "venv").exists()


def test_a_newer_interpreter_is_found_when_python3_is_too_old(tmp_path: Path) -> None:
    script(tmp_path / "python3", "#!/bin/sh\nexit 1\n")
    script(tmp_path / "python3.13", f'#!/bin/sh\nexec {sys.executable} "$@"\n')

    result = make("--dry-run", "setup", f"VENV={tmp_path}/venv", PATH=f"{tmp_path}:{os.environ['PATH']}")

    assert f'python="{tmp_path}/python3.13"' in result.stdout


def test_each_module_that_make_runs_does_something_as_a_program() -> None:
    named = set(re.findall(r"-m ((?:bench|tests)(?:\.\w+)*)", (ROOT / "Makefile").read_text()))
    paths = [ROOT / name.replace(".", "/") for name in named]
    modules = [path / "__main__.py" if path.is_dir() else path.with_suffix(".py") for path in paths]
    assert len(modules) > 5
    assert [str(path) for path in modules if 'if __name__ == "__main__":' not in path.read_text()] == []
