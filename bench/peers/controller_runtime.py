"""controller-runtime with its defaults, built from ``go_controller/``; typed, unstructured and metadata-only objects.

The binary is kept outside the checkout under a digest of its sources. The first build compiles client-go: minutes.
"""

import hashlib
import os
import re
import shutil
import subprocess
from functools import partial
from pathlib import Path

from bench.peers.peer import RIVAL, RIVAL_ON_ONE_THREAD, Job, Launch, Peer

_SOURCE = Path(__file__).parent / "go_controller"
_BUILD_SECONDS = 1800


def _binary() -> Path:
    digest = hashlib.sha256()
    for path in (_SOURCE / "go.mod", _SOURCE / "go.sum", _SOURCE / "main.go"):
        digest.update(path.read_bytes())
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "plugin-operator" / "bench" / digest.hexdigest()[:20] / "controller"


def _built() -> Path:
    """Return the binary, building it if need be.

    Raises:
        OSError: Go is missing or the build failed.
    """
    target = _binary()
    if target.exists():
        return target
    if shutil.which("go") is None:
        raise FileNotFoundError("Go is not installed")
    target.parent.mkdir(parents=True, exist_ok=True)
    made = target.with_suffix(f".{os.getpid()}")
    command = ["go", "build", "-trimpath", "-o", str(made), "."]
    environment = os.environ | {"CGO_ENABLED": "0"}
    build = subprocess.run(
        command, cwd=_SOURCE, env=environment, capture_output=True, text=True, timeout=_BUILD_SECONDS, check=False
    )
    if build.returncode:
        raise OSError(f"its build failed: {build.stderr[-500:]}")
    made.rename(target)
    return target


def _version() -> str:
    _built()
    match = re.search(r"sigs\.k8s\.io/controller-runtime v(\S+)", (_SOURCE / "go.mod").read_text())
    return match[1] if match else "unknown"


def _prepare(view: str, threads: int | None, directory: Path, kubeconfig: Path, job: Job) -> Launch:
    del directory
    command = [
        str(_built()),
        f"--view={view}",
        f"--handler={job.handler}",
        f"--workers={job.workers}",
        f"--copies={job.copies}",
        f"--kinds={job.kinds}",
    ]
    limit = {"GOMAXPROCS": str(threads)} if threads else {}
    return Launch(command, {"KUBECONFIG": str(kubeconfig)} | limit)


# As many threads as a pod with two cores has; one thread is what this operator makes do with.
TYPED = Peer(RIVAL, _version, partial(_prepare, "typed", 2))
ONE_THREAD = Peer(RIVAL_ON_ONE_THREAD, _version, partial(_prepare, "typed", 1))
UNSTRUCTURED = Peer("controller-runtime unstructured", _version, partial(_prepare, "unstructured", 2))
METADATA = Peer("controller-runtime metadata-only", _version, partial(_prepare, "metadata", 2), metadata=True)
