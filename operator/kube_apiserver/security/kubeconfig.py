"""The kubeconfig of a running server."""

from base64 import b64encode
from pathlib import Path
from typing import Any

from kube_apiserver.config import Endpoint
from kube_apiserver.security.files import write_private

_NAME = "plugin-operator"


def write_kubeconfig(path: Path, endpoint: Endpoint) -> None:
    """Write a kubeconfig with mode 0600. An existing file is replaced.

    Raises:
        OSError: the file cannot be written.
    """
    import yaml  # on demand, because most servers in tests write no file

    write_private(path, yaml.safe_dump(kubeconfig(endpoint), sort_keys=False).encode())


def has_other_clusters(path: Path) -> bool:
    """Report whether a file is more than a kubeconfig of this module, so that replacing it would lose something.

    Raises:
        OSError: the file exists and cannot be read.
    """
    if not path.exists():
        return False
    import yaml

    from kube_apiserver.wire.yaml_loader import JsonTypesLoader, RefusedYaml

    try:
        text = path.read_bytes()
        known = yaml.load(text, JsonTypesLoader)  # noqa: S506 - it is a SafeLoader
    except FileNotFoundError:
        return False
    except (ValueError, RecursionError, yaml.YAMLError, RefusedYaml):
        return True
    if not text.strip():
        return False
    clusters = known.get("clusters") if isinstance(known, dict) else None
    if not isinstance(clusters, list):
        return True
    return any(not isinstance(each, dict) or each.get("name") != _NAME for each in clusters)


def kubeconfig(endpoint: Endpoint) -> dict[str, Any]:
    """Return a kubeconfig with one cluster, one user and one context."""
    cluster = {"server": endpoint.url}
    if endpoint.ca_pem:
        cluster["certificate-authority-data"] = b64encode(endpoint.ca_pem.encode()).decode()
    user = {"token": endpoint.token} if endpoint.token else {}
    context = {"cluster": _NAME, "user": _NAME, "namespace": "default"}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": _NAME, "cluster": cluster}],
        "users": [{"name": _NAME, "user": user}],
        "contexts": [{"name": _NAME, "context": context}],
        "current-context": _NAME,
    }
