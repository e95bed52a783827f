"""The objects that kustomize makes of the manifests, from which the chart is generated.

Owns running kubectl. Nothing here knows Helm.
"""

import os
import subprocess
import sys
import tempfile
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

MANIFESTS = Path(__file__).parents[1]
KUBECTL = Path(sys.executable).parent / "kubectl"
_DEADLINE_SECONDS = 60

Object = dict[str, Any]
#: What a chart can switch on, beside the objects of the default.
ADDITIONS = (
    *("alerts", "service-monitor", "network-policy-ingress", "network-policy-egress"),
    *("apply-crds", "secure-metrics"),
)


@lru_cache
def _rendered(folder: Path) -> str:
    command = [str(KUBECTL), "kustomize", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_DEADLINE_SECONDS, check=False)
    if done.returncode:
        raise SystemExit(f"kubectl kustomize {folder}: {done.stderr.strip()}")
    return done.stdout


def rendered(folder: str = "") -> list[Object]:
    """Return the objects of a folder below ``manifests``: the default ones, or those of an overlay."""
    return list(yaml.safe_load_all(_rendered(MANIFESTS / folder)))


@lru_cache
def _with_components(names: tuple[str, ...]) -> str:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch).resolve()
        way = os.path.relpath(MANIFESTS.resolve(), folder)
        made = {
            "resources": [f"{way}/base"],
            "components": [f"{way}/components/{name}" for name in names],
        }
        (folder / "kustomization.yaml").write_text(yaml.safe_dump(made))
        return _rendered(folder)


def with_components(*names: str) -> list[Object]:
    """Return the objects of the base with components."""
    return list(yaml.safe_load_all(_with_components(names)))


def identity(found: Object) -> tuple[str, str]:
    """Return kind and name of an object."""
    return found["kind"], found["metadata"]["name"]


def one(objects: list[Object], kind: str, name: str = "") -> Object:
    """Return a copy of the one object of this kind, whose name ends with ``name``.

    Raises:
        LookupError: there is none, or more than one: the manifests have changed, and this generator must follow.
    """
    found = [obj for obj in objects if obj["kind"] == kind and obj["metadata"]["name"].endswith(name)]
    if len(found) != 1:
        raise LookupError(f"the manifests have {len(found)} objects {kind} {name}: expected one")
    return deepcopy(found[0])


def at(node: Any, path: str) -> Any:
    """Return what is at a dotted path, such as ``spec.containers.0.args``; no part of it holds a dot.

    Raises:
        LookupError: there is nothing.
    """
    for part in path.split("."):
        try:
            node = node[int(part)] if isinstance(node, list) else node[part]
        except (LookupError, ValueError) as error:
            raise LookupError(f"the manifests have no {path}: expected it") from error
    return node


def put(node: Any, path: str, value: Any) -> None:
    """Replace what is at ``path``, which must exist: a part of the chart never hides that the base has lost it."""
    at(node, path)
    parent, _, last = path.rpartition(".")
    holder = at(node, parent) if parent else node
    holder[int(last) if isinstance(holder, list) else last] = value


def add(node: Any, path: str, value: Any) -> None:
    """Put ``value`` at ``path``, which must not exist: what the base has must be the default of a value."""
    parent, _, last = path.rpartition(".")
    holder = at(node, parent) if parent else node
    if last in holder:
        raise LookupError(f"the manifests have {path}: make it the default of a value")
    holder[last] = value
