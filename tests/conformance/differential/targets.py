"""Where the servers are: starts them as processes that end with this one, and reads a kubeconfig."""

import base64
import contextlib
import json
import select
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

START_SECONDS = 100.0
STOP_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Target:
    """One API server: where it is, how to trust it, who asks."""

    url: str
    token: str
    context: ssl.SSLContext | None
    kubeconfig: Path


def read_kubeconfig(path: Path) -> Target:
    """Return the current context's server, reached with a token or a client certificate."""
    config = yaml.safe_load(path.read_text())
    current = _named(config["contexts"], config.get("current-context"))["context"]
    cluster = _named(config["clusters"], current["cluster"])["cluster"]
    user = _named(config["users"], current["user"])["user"]
    context = None
    if cluster["server"].startswith("https://"):
        authority = base64.b64decode(cluster.get("certificate-authority-data", "")).decode()
        context = ssl.create_default_context(cafile=cluster.get("certificate-authority"), cadata=authority or None)
        if "client-certificate-data" in user:
            _load_client_certificate(context, user)
    return Target(cluster["server"], user.get("token", ""), context, path)


@contextlib.contextmanager
def running(command: Sequence[str], kubeconfig: Path, log: Path) -> Iterator[Target]:
    """Start a server that prints one line when it is ready and stops when its standard input ends.

    Raises:
        RuntimeError: it did not become ready; its log is in the message.
    """
    with log.open("wb") as errors:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
    try:
        _await_ready(process, log)
        yield read_kubeconfig(kubeconfig)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_SECONDS)
        assert process.stdout is not None
        process.stdout.close()


def _await_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    assert process.stdout is not None
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        readable, _, _ = select.select([process.stdout], [], [], deadline - time.monotonic())
        line = process.stdout.readline() if readable else b""
        with contextlib.suppress(ValueError):
            json.loads(line)
            return
        if not line:
            break
    process.kill()
    raise RuntimeError(f"{process.args!r} did not become ready:\n{log.read_text()[-2000:]}")


def _named(entries: Sequence[dict[str, Any]], name: str | None) -> dict[str, Any]:
    return next(entry for entry in entries if entry["name"] == name)


def _load_client_certificate(context: ssl.SSLContext, user: dict[str, str]) -> None:
    """Hand a certificate over in a file, because OpenSSL's Python binding takes nothing else."""
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(base64.b64decode(user["client-certificate-data"]))
        file.write(base64.b64decode(user["client-key-data"]))
        file.flush()
        context.load_cert_chain(file.name)
