"""kube-rs with its defaults, built from ``kubers/`` by cargo, outside of the checkout as the Go one is.

It runs with whole objects and metadata-only.
"""

import os
import re
import shutil
import subprocess
from functools import partial
from pathlib import Path

from bench.peers.peer import KUBE_RS, Job, Launch, Peer

_SOURCE = Path(__file__).parent / "kubers"
_BUILD_SECONDS = 1800


def _target() -> Path:
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "plugin-operator" / "bench" / "kubers-target"


def _built() -> Path:
    """Return the binary; cargo builds it if it is older than its sources.

    Raises:
        OSError: cargo is missing or the build failed.
    """
    if shutil.which("cargo") is None:
        raise FileNotFoundError("cargo is not installed")
    build = subprocess.run(
        ["cargo", "build", "--release", "--locked", "--quiet"], cwd=_SOURCE, capture_output=True, text=True,
        env=os.environ | {"CARGO_TARGET_DIR": str(_target())}, timeout=_BUILD_SECONDS, check=False,
    )  # fmt: skip
    if build.returncode:
        raise OSError(f"its build failed: {build.stderr[-500:]}")
    return _target() / "release" / "bench-kube-rs"


def _version() -> str:
    _built()
    match = re.search(r'name = "kube"\nversion = "([^"]+)"', (_SOURCE / "Cargo.lock").read_text())
    return match[1] if match else "unknown"


def _prepare(view: str, directory: Path, kubeconfig: Path, job: Job) -> Launch:
    del directory
    binary = str(_target() / "release" / "bench-kube-rs")
    return Launch([binary, f"--view={view}", f"--handler={job.handler}"], {"KUBECONFIG": str(kubeconfig)})


PEER = Peer(KUBE_RS, _version, partial(_prepare, "whole"))
METADATA = Peer(f"{KUBE_RS} metadata-only", _version, partial(_prepare, "metadata"), metadata=True)
