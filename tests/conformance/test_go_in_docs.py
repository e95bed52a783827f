"""The Go test in the docs passes as printed, on an embedded server that it takes for an existing cluster."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from kube_apiserver import ApiServerConfig, ThreadedApiServer
from tests.controllerruntime import record
from tests.pages import blocks_in
from tests.widgets import definition


@pytest.mark.skipif(shutil.which("go") is None, reason="needs Go")
@pytest.mark.timeout(1200)
def test_the_go_test_of_a_page_passes(tmp_path: Path) -> None:
    (block,) = blocks_in("go")
    folder = tmp_path / "example"
    shutil.copytree(record.HERE, folder, ignore=shutil.ignore_patterns("main.go", "*.py", "*.json", "__pycache__"))
    (folder / "example_test.go").write_text(block.code)
    (folder / "config" / "crd").mkdir(parents=True)
    (folder / "config" / "crd" / "widgets.yaml").write_text(yaml.safe_dump(definition()))
    with ThreadedApiServer(ApiServerConfig(kubeconfig_path=tmp_path / "kubeconfig")) as server:
        environment = {**os.environ, "CGO_ENABLED": "0", "KUBECONFIG": str(server.kubeconfig)}
        command = ["go", "test", "-count=2", "./..."]  # the second run finds the server as the first did
        ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr
