"""Where the servers are: reads a kubeconfig with a token, as both servers write it."""

import base64
import tempfile
from pathlib import Path

import yaml

from differential.playing import Target


def target_from_kubeconfig(path: Path) -> Target:
    """Return the server of the first cluster and user in the file."""
    config = yaml.safe_load(path.read_text())
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    ca_file = cluster.get("certificate-authority")
    if "certificate-authority-data" in cluster:
        with tempfile.NamedTemporaryFile(prefix="ca-", suffix=".crt", delete=False) as file:
            file.write(base64.b64decode(cluster["certificate-authority-data"]))
        ca_file = file.name
    return Target(config["clusters"][0]["name"], cluster["server"], user.get("token", ""), ca_file)
