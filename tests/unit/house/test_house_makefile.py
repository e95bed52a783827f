"""The Makefile: its targets exist, and what it cannot do it says."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
TARGETS = [
    "help", "run", "test", "check", "lock", "bench", "controlplane", "conformance",
    "build", "plugins", "all", "clean", "docker-build", "docker-push", "deploy", "deploy-all",
]  # fmt: skip

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


def test_manifests_are_rendered_with_image_and_time() -> None:
    out = make("manifests", "REGISTRY=registry.example.com/team", "IMAGE_NAME=op", "TAG=1.2.3", "TIMESTAMP=now").stdout

    assert "image: registry.example.com/team/op:1.2.3" in out
    assert 'restartedAt: "now"' in out
    assert not re.search(r"IMAGE_PLACEHOLDER|\{\{", out)


def test_another_namespace_stands_in_every_manifest_and_the_default_one_in_none() -> None:
    out = make("manifests", "NAMESPACE=team-a", "OPTIONS=secure-metrics network-policy-ingress").stdout
    names = [doc["metadata"].get("namespace", "") for doc in yaml.safe_load_all(out)]

    assert set(names) == {"", "team-a"}
    assert "plugin-operator-system" not in out
    assert {"TokenReview", "tokenreviews"} & set(re.findall(r"\w+", out))
    assert "NetworkPolicy" in out


@pytest.mark.parametrize("namespace", ["a b", "Upper", "-a", "x" * 64, "", "default", "kube-system", "a|e id;"])
@pytest.mark.parametrize("target", ["manifests", "deploy", "undeploy", "deploy-plugins"])
def test_a_namespace_that_is_none_or_not_the_operators_own_is_refused(target: str, namespace: str) -> None:
    result = make(target, f"NAMESPACE={namespace}", "KUBECTL=true")

    assert result.returncode != 0
    assert f"NAMESPACE={namespace}" in result.stderr.replace("'", "")


def test_the_rights_of_a_plugin_are_deployed_only_with_it(tmp_path: Path) -> None:
    (tmp_path / "secret.py").touch()
    (tmp_path / "own.py").touch()

    both, one = make("manifests").stdout, make("manifests", f"PLUGINS={tmp_path}").stdout

    roles = "plugin-operator-plugin-configmap", "plugin-operator-plugin-secret"
    assert [role in both for role in roles] == [True, True]
    assert [role in one for role in roles] == [False, True]


def test_deploy_applies_everything_to_the_namespace_it_was_given(tmp_path: Path) -> None:
    applied = tmp_path / "applied"
    script(tmp_path / "kubectl", f'#!/bin/sh\necho "$@" >>{applied}\n[ -t 0 ] || cat >>{applied}\n')
    script(tmp_path / "plugin-operator", "#!/bin/sh\nexit 0\n")
    (tmp_path / "bin").symlink_to(tmp_path)
    (tmp_path / ".runtime").touch()
    os.utime(tmp_path / ".runtime", (2**32, 2**32))
    (tmp_path / "python").touch()

    result = make("deploy", f"KUBECTL={tmp_path}/kubectl", "NAMESPACE=team-a", f"VENV={tmp_path}")

    assert result.returncode == 0, result.stderr
    assert "team-a" in applied.read_text()
    assert "plugin-operator-system" not in applied.read_text()


def test_deploy_takes_back_the_rights_of_plugins_that_are_not_deployed(tmp_path: Path) -> None:
    applied = tmp_path / "applied"
    script(tmp_path / "kubectl", f'#!/bin/sh\necho "call $@" >>{applied}\n[ -t 0 ] || cat >>{applied}\n')
    script(tmp_path / "plugin-operator", "#!/bin/sh\nexit 0\n")
    (tmp_path / "bin").symlink_to(tmp_path)
    (tmp_path / ".runtime").touch()
    os.utime(tmp_path / ".runtime", (2**32, 2**32))
    (tmp_path / "python").touch()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "configmap.py").touch()

    result = make("deploy", f"KUBECTL={tmp_path}/kubectl", f"PLUGINS={tmp_path}/mine", f"VENV={tmp_path}")

    assert result.returncode == 0, result.stderr
    (deleted,) = [call for call in applied.read_text().split("call ") if call.startswith("delete ")]
    assert "plugin-operator-plugin-secret" in deleted
    assert "plugin-operator-plugin-configmap" not in deleted


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
