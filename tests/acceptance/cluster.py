"""The API server that the command line is run against."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml


class Cluster:
    """An API server, in a process of its own unless it is the real one, and kubectl."""

    def __init__(self, process: "subprocess.Popen[str] | None", kubeconfig: Path, environment: dict[str, str]) -> None:
        self.process = process
        self.kubeconfig = kubeconfig
        self._environment = environment

    def kubectl(self, *arguments: str) -> str:
        kubectl = Path(sys.executable).parent / "kubectl"
        command = [str(kubectl), "--kubeconfig", str(self.kubeconfig), *arguments]
        ended = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False, timeout=60)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def kubeconfig_of(self, account: str, folder: Path) -> Path:
        """Write a kubeconfig with a token of a service account that exists."""
        config = yaml.safe_load(self.kubeconfig.read_text())
        for user in config["users"]:
            user["user"] = {"token": self.kubectl("create", "token", account).strip()}
        made = folder / f"{account}.kubeconfig"
        made.write_text(yaml.safe_dump(config))
        return made

    def lease(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            self.kubectl("get", "lease", "plugin-operator-leader-election", "-o", "json")
        )["spec"]
        return found
