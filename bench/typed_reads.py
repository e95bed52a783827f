"""``python -m bench.typed_reads``: what it costs to read a Deployment from the cached bytes, as a dict and typed.

Each way runs in a process of its own, which has imported the operator. Owns the object, the ways, and the table.
"""

import argparse
import importlib
import json
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from timeit import repeat
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

Read = Callable[[bytes], Any]

LABELS = {"app.kubernetes.io/name": "web", "tier": "front"}
CONTAINER = {
    "name": "web",
    "image": "registry.example.com/web:1.27",
    "ports": [{"containerPort": 80, "protocol": "TCP"}],
    "env": [{"name": "POD", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}}}],
    "resources": {"limits": {"cpu": "500m", "memory": "128Mi"}, "requests": {"cpu": "100m"}},
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
    "imagePullPolicy": "IfNotPresent",
}
POD = {
    "containers": [CONTAINER],
    "restartPolicy": "Always",
    "terminationGracePeriodSeconds": 30,
    "dnsPolicy": "ClusterFirst",
    "securityContext": {},
    "schedulerName": "default-scheduler",
}
CONDITION = {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable", "message": "It is available."}
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "web",
        "namespace": "default",
        "uid": "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "resourceVersion": "123456",
        "generation": 3,
        "creationTimestamp": "2026-01-02T03:04:05Z",
        "labels": LABELS,
        "annotations": {"deployment.kubernetes.io/revision": "3"},
    },
    "spec": {
        "replicas": 3,
        "selector": {"matchLabels": LABELS},
        "template": {"metadata": {"creationTimestamp": None, "labels": LABELS}, "spec": POD},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}},
        "revisionHistoryLimit": 10,
    },
    "status": {"observedGeneration": 3, "replicas": 3, "readyReplicas": 3, "conditions": [CONDITION]},
}
RAW = msgspec.json.encode(DEPLOYMENT)
OBJECTS = 2000
COLUMNS = {
    "microseconds": "read, µs",
    "bytes": "object, bytes",
    "milliseconds": "import, ms",
    "kibibytes": "import, KiB",
}


def _dict() -> Read:
    return msgspec.json.decode


def _typed() -> Read:
    from plugin_operator.kinds import apps_v1
    from plugin_operator.kube.definitions import definition_of
    from plugin_operator.kube.objects.decoding import decode

    gvk = definition_of(apps_v1.Deployment).gvk
    return lambda raw: decode(apps_v1.Deployment, gvk, raw)


def _lightkube() -> Read:
    return msgspec.json.Decoder(importlib.import_module("lightkube.models.apps_v1").Deployment).decode


def _kubernetes_asyncio() -> Read:
    client = importlib.import_module("kubernetes_asyncio.client")
    # The deserializer needs none of the connection that the constructor would open.
    api = client.ApiClient.__new__(client.ApiClient)
    api.configuration = client.Configuration()
    deserialize = getattr(api, "_ApiClient__deserialize")  # noqa: B009 - ruff calls it private, and there is no other
    return lambda raw: deserialize(msgspec.json.decode(raw), "V1Deployment")


WAYS = {
    "dict": _dict,
    "plugin_operator.kinds": _typed,
    "lightkube-models": _lightkube,
    "kubernetes-asyncio": _kubernetes_asyncio,
}


def measure(way: str) -> dict[str, float]:
    """Measure one way in this process."""
    importlib.import_module("plugin_operator.app")
    resident, started = _resident_kib(), time.perf_counter()
    read = WAYS[way]()
    read(RAW)
    seconds, memory = time.perf_counter() - started, _resident_kib() - resident
    number = 50 if way == "kubernetes-asyncio" else 1000
    best = min(repeat(lambda: read(RAW), number=number, repeat=50)) / number
    tracemalloc.start()
    objects = [read(RAW) for _ in range(OBJECTS)]
    size = tracemalloc.get_traced_memory()[0] / len(objects)
    return {"microseconds": best * 1e6, "bytes": size, "milliseconds": seconds * 1e3, "kibibytes": memory}


def _resident_kib() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4


def main() -> None:
    """Measure all ways and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--way", choices=WAYS, help="measure one way in this process, and print JSON")
    way = parser.parse_args().way
    if way is not None:
        print(json.dumps(measure(way)))
        return
    table = Table("reading a Deployment", *COLUMNS.values(), title=f"{len(RAW)} bytes of JSON")
    for name in WAYS:
        command = [sys.executable, "-m", "bench.typed_reads", "--way", name]
        ended = subprocess.run(command, capture_output=True, text=True, check=True)
        values = json.loads(ended.stdout)
        table.add_row(name, *(f"{values[key]:,.1f}" for key in COLUMNS))
    Console().print(table)


if __name__ == "__main__":
    main()
