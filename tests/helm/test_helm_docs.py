"""The commands of docs/helm.md run as they stand, with the values that the page shows."""

import os
import subprocess
from pathlib import Path

from tests.helm.client import KUBECTL, NAMESPACE, Helm, Kubectl, one
from tests.pages import ROOT, blocks_in

PAGE = "docs/helm.md"


def test_the_commands_of_the_page_run_one_after_the_other(deployed: Helm, kubectl: Kubectl, tmp_path: Path) -> None:
    (permissions,) = (block.code for block in blocks_in("yaml") if block.page == PAGE)
    (tmp_path / "permissions.yaml").write_text(permissions)
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "service.py").write_text("a = '{{ }}'\n")
    (tmp_path / "manifests").symlink_to(ROOT / "manifests")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "helm").symlink_to(deployed.program)
    environment = {
        "HOME": str(deployed.home),
        "PATH": f"{tmp_path / 'bin'}:{KUBECTL.parent}:{os.environ['PATH']}",
        "KUBECONFIG": str(kubectl.kubeconfig),
    }
    blocks = blocks_in("bash")
    assert {block.page for block in blocks} == {PAGE}

    for block in blocks:
        command = ["bash", "-euc", block.code]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, f"{block}: {done.stderr}"

    made = kubectl.of_instance("plugin-operator", NAMESPACE)
    assert one(made, "ConfigMap", "plugins")["data"] == {"service.py": "a = '{{ }}'\n"}
    assert one(made, "ClusterRole", "-plugins")["rules"][0]["resources"] == ["services"]
    deployed("uninstall", "plugin-operator", "--namespace", NAMESPACE)
    kubectl("delete", "namespace", NAMESPACE, "--timeout=50s")
