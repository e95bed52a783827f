"""``python -m bench.start``: what starting the embedded API server costs, in process and as a process, and a restore.

Owns the child programs and the table. Each number is the median of fresh processes, one after the other.
"""

import argparse
import json
import os
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.apiservers import machine
from tests.conformance.differential.targets import read_kubeconfig

#: Starts two servers in one process, and restores the second after a hundred writes.
IN_PROCESS = """
import sys, time
began = time.perf_counter()
import asyncio, json, resource
from kube_apiserver import ApiServer, ApiServerConfig
ApiServer, ApiServerConfig
imported = time.perf_counter()
modules = len(sys.modules)

async def main():
    first = ApiServer()
    await first.start()
    started = time.perf_counter()
    processor = resource.getrusage(resource.RUSAGE_SELF)
    second = ApiServer(ApiServerConfig(tls=False))
    await second.start()
    again = time.perf_counter()
    snapshot = second.snapshot()
    store = second.cluster.store
    for number in range(100):
        metadata = {"name": f"c{number}", "namespace": "default", "uid": str(number)}
        store.put("configmaps", {"metadata": metadata}, "v1", "ConfigMap")
    written = time.perf_counter()
    await second.restore(snapshot)
    restored = time.perf_counter()
    await first.stop()
    await second.stop()
    steps = {"import": imported - began, "first": started - imported, "total": started - began}
    steps["processor"] = processor.ru_utime + processor.ru_stime
    steps |= {"second": again - started, "restore": restored - written, "modules": modules}
    print(json.dumps(steps))

asyncio.run(main())
"""
#: Title, goal in seconds, and digits.
ROWS = {
    "import": ("import of kube_apiserver with ApiServer, s", "", 3),
    "first": ("first start in that process, with TLS, s", "", 3),
    "total": ("both: start in process, s", "0.3", 3),
    "processor": ("processor time up to there, with Python itself, s", "", 3),
    "second": ("second start in a process, without TLS, s", "", 3),
    "restore": ("restore after 100 creates, s", "0.01", 4),
    "modules": ("modules that are imported", "", 0),
    "line": ("python -m kube_apiserver until its line, s", "", 3),
    "answer": ("python -m kube_apiserver until it answers, s", "0.5", 3),
    "command": ("processor time of that process, s", "", 3),
    "bare": ("python itself, s", "", 3),
}


def in_process() -> dict[str, float]:
    """Return the steps of a start in a fresh process."""
    ended = subprocess.run([sys.executable, "-c", IN_PROCESS], capture_output=True, text=True, check=True)
    steps: dict[str, float] = json.loads(ended.stdout)
    return steps


def as_process() -> dict[str, float]:
    """Return how long the command takes until it prints its line, and until a request is answered."""
    with tempfile.TemporaryDirectory() as folder:
        kubeconfig = Path(folder, "kubeconfig")
        command = [sys.executable, "-m", "kube_apiserver", "--exit-with-stdin", "--write-kubeconfig", str(kubeconfig)]
        began = time.perf_counter()
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            line = time.perf_counter() - began
            _ask(kubeconfig)
            answer = time.perf_counter() - began
            spent = _processor_seconds(process.pid)
            process.communicate()
    return {"line": line, "answer": answer, "command": spent}


def _processor_seconds(pid: int) -> float:
    """Return the processor time of a process so far. Other processes of the machine change it little."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _ask(kubeconfig: Path) -> None:
    """Send one request with the credentials of a kubeconfig."""
    target = read_kubeconfig(kubeconfig)
    host, port = target.url.removeprefix("https://").split(":")
    request = f"GET /version HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {target.token}\r\n\r\n"
    context = target.context or ssl.create_default_context()
    with context.wrap_socket(_connect(host, int(port)), server_hostname=host) as connection:
        connection.sendall(request.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")


def _connect(host: str, port: int) -> socket.socket:
    return socket.create_connection((host, port), timeout=20)


def bare() -> dict[str, float]:
    """Return how long an interpreter takes that does nothing."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", ""], check=True)
    return {"bare": time.perf_counter() - began}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.start", description=__doc__)
    parser.add_argument("--repeat", type=int, default=5)
    repeat = parser.parse_args().repeat
    found: dict[str, list[float]] = {}
    for _ in range(repeat):
        for steps in (in_process(), as_process(), bare()):
            for name, seconds in steps.items():
                found.setdefault(name, []).append(seconds)
    table = Table("", "median", "least", "goal", title=f"{repeat} times; {machine()}")
    for name, (title, goal, digits) in ROWS.items():
        median, least = statistics.median(found[name]), min(found[name])
        table.add_row(title, f"{median:,.{digits}f}", f"{least:,.{digits}f}", goal)
    Console(width=120).print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
