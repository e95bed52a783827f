"""The manifests as kubectl's kustomize renders them.

Owns how tests render a directory of ``manifests/`` or a kustomization of their own on top of it.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
MANIFESTS = ROOT / "manifests"
KUBECTL = shutil.which("kubectl", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}") or ""
OVERLAYS = tuple(sorted(path.name for path in (MANIFESTS / "overlays").iterdir()))
COMPONENTS = tuple(sorted(path.name for path in (MANIFESTS / "components").iterdir() if path.name != "labels"))
DEFAULT_NAMESPACE = "plugin-operator-system"

Object = dict[str, Any]


class RenderError(Exception):
    """kustomize refused a directory; the message is what it printed."""


@cache
def text_of(folder: Path) -> str:
    """Return what ``kubectl kustomize`` prints for a directory."""
    ended = subprocess.run([KUBECTL, "kustomize", str(folder)], capture_output=True, text=True, check=False, timeout=60)
    if ended.returncode or ended.stderr:
        raise RenderError(ended.stderr)
    return ended.stdout


def render(folder: Path) -> list[Object]:
    """Return the objects that ``kubectl kustomize`` prints for a directory, without a warning."""
    return list(yaml.safe_load_all(text_of(folder)))


def overlay(name: str = "") -> Path:
    """Return the directory of an overlay, or of the manifests as they stand."""
    return MANIFESTS / "overlays" / name if name else MANIFESTS


def kustomization(folder: Path, resources: Iterable[Path], components: Iterable[str] = (), **more: Any) -> Path:
    """Write a kustomization on top of ``resources``, as a user does, and return its directory."""
    folder.mkdir(parents=True, exist_ok=True)

    def relative(path: Path) -> str:
        return os.path.relpath(path.resolve(), folder.resolve())

    fields: Mapping[str, Any] = {
        "resources": [relative(path) for path in resources],
        "components": [relative(MANIFESTS / "components" / name) for name in components],
        "transformers": [relative(MANIFESTS / "names")],
        **more,
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(fields))
    return folder


def one(objects: Iterable[Object], kind: str, name: str = "plugin-operator") -> Object:
    """Return the one object of this kind and name."""
    (found,) = (each for each in objects if each["kind"] == kind and each["metadata"]["name"] == name)
    return found


def pod_of(objects: Iterable[Object]) -> Object:
    """Return the pod's spec of the Deployment."""
    spec: Object = one(objects, "Deployment")["spec"]["template"]["spec"]
    return spec
