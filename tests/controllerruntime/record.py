"""Scrape a manager of controller-runtime and keep what its metrics look like; ``python -m`` rewrites ``metrics.json``.

The manager (``main.go``) runs against the embedded API server, its reconciles end in every way there is. Kept are the
families with their types, label names, buckets, and the values of the labels that dashboards select by; numbers are
not. Needs Go; the first build compiles client-go: minutes. ``--check`` compares instead of writing, and says by its
status 1 that something differs.
"""

import argparse
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.ports import free_port

HERE = Path(__file__).resolve().parent
RECORDED = HERE / "metrics.json"
OUTCOMES = ("ok", "after", "fail", "terminal", "panic", "timeout")
SELECTED_BY = ("controller", "name", "result")
DEADLINE_SECONDS = 60.0

# Go's runtime and parts that an operator in Python has not: its webhooks, its certificate watcher, and the watch cache
# of client-go's own reflectors.
FOREIGN = re.compile(r"(go|process|certwatcher)_|controller_runtime_(conversion_)?webhook_")


def shape(text: str) -> dict[str, Any]:
    """Return what a scrape looks like, without its numbers."""
    families: dict[str, Any] = {}
    for family in text_string_to_metric_families(text):
        if FOREIGN.match(family.name):
            continue
        labels = {name for sample in family.samples for name in sample.labels} - {"le"}
        seen = {name: sorted({s.labels[name] for s in family.samples}) for name in SELECTED_BY if name in labels}
        buckets = sorted({s.labels["le"] for s in family.samples if "le" in s.labels}, key=float)
        families[family.name] = {"type": family.type, "labels": sorted(labels), "values": seen, "buckets": buckets}
    return families


def all_happened(text: str) -> bool:
    """Tell whether every way to end a reconcile shows in a scrape."""
    wanted = {
        "controller_runtime_reconcile_errors_total",
        "controller_runtime_terminal_reconcile_errors_total",
        "controller_runtime_reconcile_panics_total",
        "controller_runtime_reconcile_timeouts_total",
    }
    counted = {s.name for family in text_string_to_metric_families(text) for s in family.samples if s.value > 0}
    results = re.findall(r'reconcile_total\{[^}]*result="(\w+)"\} ([0-9.]+)', text)
    done = {result for result, number in results if float(number)}
    return (
        wanted <= counted and {"error", "success", "requeue_after"} <= done and "rest_client_requests_total" in counted
    )


def scrape(port: int) -> str:
    """Return the first scrape that shows every outcome.

    Raises:
        TimeoutError: there was none in time.
    """
    deadline = time.monotonic() + DEADLINE_SECONDS
    text = ""
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
                text = answer.read().decode()
            if all_happened(text):
                found: str = text
                return found
        time.sleep(0.2)
    raise TimeoutError(f"not every outcome shows:\n{text}")


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[Path]:
    """Start the embedded API server with one ConfigMap for each outcome; yield its kubeconfig."""
    kubeconfig = folder / "kubeconfig"
    command = [sys.executable, "-m", "plugin_operator", "apiserver", "--exit-with-stdin"]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--write-kubeconfig", str(kubeconfig)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
        )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline(), (folder / "server.log").read_text()
        kubectl = [str(Path(sys.executable).parent / "kubectl"), "--kubeconfig", str(kubeconfig)]
        objects = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}} for name in OUTCOMES]
        documents = "\n---\n".join(map(json.dumps, objects))
        command = [*kubectl, "create", "-f", "-"]
        created = subprocess.run(command, input=documents, text=True, check=False, capture_output=True)
        assert created.returncode == 0, created.stderr
        yield kubeconfig
    finally:
        process.stdin.close()
        process.wait(15)
        process.stdout.close()


def build(folder: Path) -> Path:
    """Compile the manager."""
    target = folder / "manager"
    environment = {**os.environ, "CGO_ENABLED": "0"}
    subprocess.run(["go", "build", "-trimpath", "-o", str(target), "."], cwd=HERE, check=True, env=environment)
    return target


def record() -> dict[str, Any]:
    """Return what the manager's metrics look like."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        manager = build(folder)
        with cluster(folder) as kubeconfig, (folder / "log").open("wb") as log:
            environment = {**os.environ, "KUBECONFIG": str(kubeconfig)}
            process = subprocess.Popen([manager, "--metrics-addr", f"127.0.0.1:{port}"], env=environment, stderr=log)
            try:
                return shape(scrape(port))
            finally:
                process.terminate()
                process.wait(20)


def main() -> int:
    """Record or check."""
    parser = argparse.ArgumentParser(description="Record what the metrics of controller-runtime look like.")
    parser.add_argument("--check", action="store_true", help="compare with what is recorded; status 1 if different")
    check = parser.parse_args().check
    text = json.dumps(record(), indent=1, sort_keys=True) + "\n"
    if check:
        return int(RECORDED.read_text() != text)
    RECORDED.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
