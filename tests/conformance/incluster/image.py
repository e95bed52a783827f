"""The image of the Dockerfile, built without an engine, as a directory: what a runtime would unpack for the pod.

buildah runs the Dockerfile's own steps in a changed root, on a base of Debian packages (see ``base``). Owned here: the
build, its storage below a folder of the caller's, and the reading of the image's configuration.
"""

import json
import os
import shutil
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conformance.incluster.base import base_archive, run
from tests.conformance.incluster.pod import REPOSITORY

BASE, IMAGE = "localhost/python:base", "localhost/plugin-operator:test"
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"


@dataclass(frozen=True, slots=True)
class Image:
    """An unpacked image: its files, and what it says a container of it is started with."""

    root: Path
    user: str
    environment: dict[str, str]
    entrypoint: list[str]
    labels: dict[str, str]


def missing_tools() -> list[str]:
    """Return the names of the Debian packages that building needs and this machine lacks."""
    return [tool for tool in ("buildah", "debootstrap") if shutil.which(tool) is None]


def build(folder: Path) -> Image:
    """Build this checkout's Dockerfile below ``folder`` and unpack it there; needs root on Linux, and takes a minute.

    Raises:
        RuntimeError: a step failed; the message ends with what it said.
    """
    storage = ("--root", str(folder / "storage"), "--runroot", str(folder / "run"))
    buildah = ("buildah", "--storage-driver", "vfs", *storage)
    building = (*buildah, "build", "--isolation", "chroot", "--pull-never")
    archive = base_archive()
    (folder / "Dockerfile").write_text(f"FROM scratch\nADD {archive.name} /\n")
    run(*building, "--tag", BASE, "--file", str(folder / "Dockerfile"), str(archive.parent))
    arguments = [f"--build-arg={name}" for name in (f"PYTHON_IMAGE={BASE}", "VERSION=test", "REVISION=checkout")]
    run(*building, *arguments, *_network_of_this_machine(folder), "--tag", IMAGE, ".", cwd=REPOSITORY)
    container = run(*buildah, "from", "--pull-never", IMAGE).split()[-1]
    config = json.loads(run(*buildah, "inspect", "--type", "image", IMAGE))["OCIv1"]["config"]
    return _image(Path(run(*buildah, "mount", container).strip()), config)


def _image(root: Path, config: dict[str, Any]) -> Image:
    environment = dict(variable.split("=", 1) for variable in config["Env"])
    return Image(root, config["User"], environment, config["Entrypoint"], config["Labels"])


def _network_of_this_machine(folder: Path) -> list[str]:
    """Let pip inside trust and ask whom pip here does; nothing of it stays in the image."""
    settings = {"cert": AUTHORITIES, **{name: os.environ.get(f"PIP_{name.upper()}") for name in ("index_url", "proxy")}}
    lines = [f"{name.replace('_', '-')} = {value}\n" for name, value in settings.items() if value]
    (folder / "pip.conf").write_text("[global]\n" + "".join(lines))
    authorities = ssl.get_default_verify_paths().cafile or AUTHORITIES
    return [f"--volume={authorities}:{AUTHORITIES}:ro", f"--volume={folder / 'pip.conf'}:/etc/pip.conf:ro"]
