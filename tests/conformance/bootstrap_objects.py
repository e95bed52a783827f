"""``python -m tests.conformance.bootstrap_objects``: write what a fresh kube-apiserver holds to a file of the server.

A line has, separated by tabs: bucket, namespace, name, labels and JSON of an object. Identities, times and the address
of the server are placeholders, which ``kube_apiserver.bootstrap`` fills in.
"""

import json
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests import gotool
from tests.conformance.differential.targets import Target, running

ROOT = Path(__file__).parents[2]
FILE = ROOT / "operator/kube_apiserver/bootstrap/objects.tsv"
# An address of the documentation, which the object of the server's own Service may have. Loopback is refused.
ADDRESS, PORT = "192.0.2.1", 16443
RESOURCES = {
    "namespaces": "api/v1",
    "services": "api/v1",
    "endpoints": "api/v1",
    "endpointslices": "apis/discovery.k8s.io/v1",
    "servicecidrs": "apis/networking.k8s.io/v1",
    "ipaddresses": "apis/networking.k8s.io/v1",
    "priorityclasses": "apis/scheduling.k8s.io/v1",
    "flowschemas": "apis/flowcontrol.apiserver.k8s.io/v1",
    "prioritylevelconfigurations": "apis/flowcontrol.apiserver.k8s.io/v1",
    "apiservices": "apis/apiregistration.k8s.io/v1",
    "clusterroles": "apis/rbac.authorization.k8s.io/v1",
    "clusterrolebindings": "apis/rbac.authorization.k8s.io/v1",
    "roles": "apis/rbac.authorization.k8s.io/v1",
    "rolebindings": "apis/rbac.authorization.k8s.io/v1",
}


def lines(target: Target) -> Iterator[str]:
    """Yield the line of each object, ordered by resource, namespace and name."""
    for plural, version in RESOURCES.items():
        request = urllib.request.Request(
            f"{target.url}/{version}/{plural}", headers={"Authorization": f"Bearer {target.token}"}
        )
        with urllib.request.urlopen(request, context=target.context) as answer:
            found = json.load(answer)
        group = version.split("/")[1] if version.startswith("apis/") else ""
        head = {"kind": found["kind"].removesuffix("List"), "apiVersion": found["apiVersion"]}
        for item in found["items"]:
            metadata = item["metadata"]
            place = (f"{plural}.{group}".rstrip("."), metadata.get("namespace", ""), metadata["name"])
            yield "\t".join((*place, compact(metadata.get("labels", {})), compact({**head, **blanked(item)})))


def compact(value: Any) -> str:
    """Return the compact JSON of a value."""
    return json.dumps(value, separators=(",", ":"))


def blanked(value: Any, key: str = "") -> Any:
    """Return a value with placeholders for what differs between servers."""
    if isinstance(value, dict):
        return {name: blanked(member, name) for name, member in value.items()}
    if isinstance(value, list):
        return [blanked(member) for member in value]
    if key in ("uid", "resourceVersion"):
        return f"@{key}@"
    if key in ("creationTimestamp", "time", "lastTransitionTime", "lastUpdateTime"):
        return "@time@"
    return {ADDRESS: "@host@", PORT: "@port@", "IPv4": "@family@" if key == "addressType" else "IPv4"}.get(value, value)


def main() -> int:
    """Start a server, read, and write the file."""
    built = gotool.cached("controlplane")
    if built is None:
        sys.exit(gotool.way_out("controlplane"))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        command = [built, "--data-dir", scratch, "--stop-on-stdin-close", "--port", str(PORT), "--"]
        flags = ["--endpoint-reconciler-type=lease", f"--advertise-address={ADDRESS}"]
        with running([*command, *flags], folder / "kubeconfig", folder / "log") as target:
            found = list(lines(target))
    FILE.write_text("".join(f"{line}\n" for line in found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
