#!/usr/bin/env python3
"""Build the control plane test binary once and print its path.

Owns the cache: ``$XDG_CACHE_HOME/plugin-operator/controlplane/<key>/controlplane``, outside the checkout, where the key
is a digest of everything that decides the result (module files, sources, this script, the Go version and platform).
A cold build compiles the whole of Kubernetes' API server and takes minutes; a second caller waits for the first.
Needs nothing but Python and Go, so that it also runs before there is a virtual environment.

Exit status: 0 built or found, 1 the build failed, 3 Go is missing and nothing is cached (or, with ``--cached``, nothing
is cached).
"""

import argparse
import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ABSENT = 3
VERSION_PACKAGE = "k8s.io/component-base/version"


def say(line: str) -> None:
    """Tell a person something; standard output is for the path alone."""
    sys.stderr.write(line + "\n")


def cache_root() -> Path:
    """Return the directory that holds one folder per key."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "plugin-operator" / "controlplane"


def cache_key() -> str:
    """Digest the inputs of the build; the Go toolchain itself is fixed by go.mod."""
    digest = hashlib.sha256(f"{platform.system()}/{platform.machine()}".encode())
    for path in sorted([*HERE.glob("*.go"), HERE / "go.mod", HERE / "go.sum", Path(__file__)]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:20]


def kubernetes_version() -> str:
    """Return the version that go.mod requires, such as ``v1.36.3``."""
    match = re.search(r"^\s*k8s\.io/kubernetes (v\d+\.\d+\.\d+)", (HERE / "go.mod").read_text(), re.MULTILINE)
    if match is None:
        raise SystemExit("go.mod requires no version of k8s.io/kubernetes")
    return match[1]


def compile_to(target: Path) -> None:
    """Compile into a scratch file beside the target and rename, so that a reader never sees half a binary."""
    version = kubernetes_version()
    major, minor, _ = version.removeprefix("v").split(".")
    stamps = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitCommit": "", "gitTreeState": "clean"}
    flags = " ".join(["-s", "-w", *(f"-X {VERSION_PACKAGE}.{name}={value}" for name, value in stamps.items())])
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        made = Path(scratch) / target.name
        command = ["go", "build", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", str(made), "."]
        subprocess.run(command, cwd=HERE, check=True, stdout=sys.stderr, env={**os.environ, "CGO_ENABLED": "0"})
        made.rename(target)


def build(target: Path) -> None:
    """Build unless another process did so while this one waited for the lock."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            say(f"building kube-apiserver {kubernetes_version()} (minutes, once) ...")
            compile_to(target)


def main() -> int:
    """Print the path of the binary, building it if need be."""
    parser = argparse.ArgumentParser(description="Build the control plane for tests and print its path.")
    parser.add_argument("--cached", action="store_true", help="never build: print the path only if it is there")
    cached_only = parser.parse_args().cached
    target = cache_root() / cache_key() / "controlplane"
    if not target.exists():
        if cached_only:
            return ABSENT
        if shutil.which("go") is None:
            say("NO REAL CONTROL PLANE: the Go toolchain is missing (install Go 1.21 or newer)")
            return ABSENT
        try:
            build(target)
        except subprocess.CalledProcessError as error:
            say(f"the build of the control plane failed with status {error.returncode}")
            return 1
    sys.stdout.write(f"{target}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
