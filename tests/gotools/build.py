#!/usr/bin/env python3
"""Build a Go program that the tests need, once for a machine, and print its path: ``build.py NAME``.

Owns the list of programs and the cache: ``$XDG_CACHE_HOME/plugin-operator/<name>/<key>/<name>``, outside the checkout.
The key is a digest of everything that decides the result: module files, sources, the command and the platform.
A cold build of a big program takes minutes; a second caller waits for the first.
A new program is a folder beside this file with a ``go.mod`` and a ``go.sum`` of its own (``tool PACKAGE``, then ``go
mod tidy``), and an entry in ``PROGRAMS``. Tests ask ``tests.gotool`` for its path.
Needs nothing but Python and Go, so that it also runs before there is a virtual environment.

Exit status: 0 built or found, 1 the build failed, 3 Go is missing and nothing is cached (or, with ``--cached``, nothing
is cached).
"""

import argparse
import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ABSENT = 3


@dataclass(frozen=True)
class Program:
    """A program and how it is built.

    Attributes:
        folder: where its ``go.mod`` and ``go.sum`` are, which pin everything that is compiled.
        package: what is compiled.
        module: the required module that gives the program its version.
        stamps: values of string variables that the linker sets. ``{version}``, ``{major}`` and ``{minor}`` stand for
            parts of the version of ``module``, ``{client}`` for the minor version of ``k8s.io/client-go``.
        tags: build tags, joined by commas.
        tests: compile the tests of ``package``, a folder of ``module``, with the pins that the module has itself.
    """

    folder: Path
    package: str
    module: str
    stamps: dict[str, str] = field(default_factory=dict)
    tags: str = ""
    tests: bool = False


_KUBERNETES = "k8s.io/component-base/version."
_HELM3 = "helm.sh/helm/v3/"
_HELM4 = "helm.sh/helm/v4/"

#: The packages of controller-runtime whose tests are compiled.
CONTROLLER_RUNTIME = {
    "client": "client", "cache": "cache", "manager": "manager", "controller": "controller", "builder": "builder",
    "recorder": "internal/recorder",
}  # fmt: skip

PROGRAMS = {
    "controlplane": Program(
        HERE.parent / "controlplane", ".", "k8s.io/kubernetes",
        {
            _KUBERNETES + "gitVersion": "{version}", _KUBERNETES + "gitMajor": "{major}",
            _KUBERNETES + "gitMinor": "{minor}", _KUBERNETES + "gitCommit": "", _KUBERNETES + "gitTreeState": "clean",
        },
    ),
    # Without the stamps, helm 3 renders for Kubernetes 1.20.
    "helm3": Program(
        HERE / "helm3", _HELM3 + "cmd/helm", "helm.sh/helm/v3",
        {
            _HELM3 + "internal/version.version": "{version}",
            _HELM3 + "pkg/chartutil.k8sVersionMajor": "1", _HELM3 + "pkg/chartutil.k8sVersionMinor": "{client}",
            _HELM3 + "pkg/lint/rules.k8sVersionMajor": "1", _HELM3 + "pkg/lint/rules.k8sVersionMinor": "{client}",
        },
    ),
    "helm4": Program(
        HERE / "helm4", _HELM4 + "cmd/helm", "helm.sh/helm/v4", {_HELM4 + "internal/version.version": "{version}"}
    ),
    # Without the tag, it also compiles the clients of two dozen clouds, for service discovery.
    "promtool": Program(
        HERE / "promtool", "github.com/prometheus/prometheus/cmd/promtool", "github.com/prometheus/prometheus",
        {"github.com/prometheus/common/version.Version": "{version}"}, tags="remove_all_sd",
    ),
    # Two older versions of kubectl; the environment of the tests has the newest.
    **{name: Program(HERE / name, ".", "k8s.io/kubectl") for name in ("kubectl135", "kubectl136")},
    "kubernetes-e2e": Program(HERE / "kubernetes-e2e", ".", "k8s.io/kubernetes"),
    # One program of Ginkgo specs for each package.
    **{
        f"controllerruntime-{name}": Program(
            HERE.parent / "controllerruntime", f"./pkg/{folder}", "sigs.k8s.io/controller-runtime", tests=True
        )
        for name, folder in CONTROLLER_RUNTIME.items()
    },
}  # fmt: skip


def say(line: str) -> None:
    """Tell a person something; standard output is for the path alone."""
    sys.stderr.write(line + "\n")


def required(program: Program, module: str) -> str:
    """Return the version of ``module`` that go.mod requires, such as ``v1.37.2``; empty without one."""
    pattern = rf"^\s*(?:require )?{re.escape(module)} (v\d+\.\d+\.\d+)"
    match = re.search(pattern, (program.folder / "go.mod").read_text(), re.MULTILINE)
    return match[1] if match else ""


def command(program: Program) -> list[str]:
    """Return the command of the build, without its output."""
    version = required(program, program.module)
    if not version:
        raise SystemExit(f"{program.folder / 'go.mod'} requires no version of {program.module}")
    major, minor, _ = version.removeprefix("v").split(".")
    client = (required(program, "k8s.io/client-go") or "v0.0.0").split(".")[1]
    values = {
        name: value.format(version=version, major=major, minor=minor, client=client)
        for name, value in program.stamps.items()
    }
    flags = " ".join(["-s", "-w", *(f"-X {name}={value}" for name, value in values.items())])
    tags = ["-tags", program.tags] if program.tags else []
    verb = ["test", "-c", "-vet=off"] if program.tests else ["build"]
    return ["go", *verb, "-trimpath", "-buildvcs=false", *tags, "-ldflags", flags, program.package]


def cached_path(name: str) -> Path:
    """Return where the program is, or will be once it is built; the Go toolchain itself is fixed by go.mod."""
    program = PROGRAMS[name]
    digest = hashlib.sha256(f"{platform.system()}/{platform.machine()}\0{command(program)}".encode())
    for path in sorted([*program.folder.glob("*.go"), program.folder / "go.mod", program.folder / "go.sum"]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "plugin-operator" / name / digest.hexdigest()[:20] / name


def module_folder(program: Program) -> Path:
    """Return where Go keeps the sources of ``module``, downloaded and compared with go.sum if need be."""
    words = ["go", "mod", "download", "-json", program.module]
    ended = subprocess.run(words, cwd=program.folder, check=True, stdout=subprocess.PIPE)
    return Path(json.loads(ended.stdout)["Dir"])


def compile_to(target: Path, program: Program) -> None:
    """Compile into a scratch file beside the target and rename, so that a reader never sees half a binary."""
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        made = Path(scratch) / target.name
        *words, package = command(program)
        environment = {**os.environ, "CGO_ENABLED": "0"}
        folder = module_folder(program) if program.tests else program.folder
        subprocess.run([*words, "-o", str(made), package], cwd=folder, check=True, stdout=sys.stderr, env=environment)
        made.rename(target)


def build(target: Path, program: Program) -> None:
    """Build unless another process did so while this one waited for the lock."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            version = required(program, program.module)
            say(f"building {target.name} from {program.module} {version} (minutes, once) ...")
            compile_to(target, program)


def main() -> int:
    """Print the path of the program, building it if need be."""
    parser = argparse.ArgumentParser(description="Build a Go program for the tests and print its path.")
    parser.add_argument("name", choices=PROGRAMS)
    parser.add_argument("--cached", action="store_true", help="never build: print the path only if it is there")
    arguments = parser.parse_args()
    target = cached_path(arguments.name)
    if not target.exists():
        if arguments.cached:
            return ABSENT
        if shutil.which("go") is None:
            say(f"NO {arguments.name}: the Go toolchain is missing (install Go 1.21 or newer)")
            return ABSENT
        try:
            build(target, PROGRAMS[arguments.name])
        except subprocess.CalledProcessError as error:
            say(f"the build of {arguments.name} failed with status {error.returncode}")
            return 1
    sys.stdout.write(f"{target}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
