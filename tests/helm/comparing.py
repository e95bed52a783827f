"""The objects of both ways of install as data, without what must differ.

Owns the list of allowed differences; everything else of the two is the same.
"""

import re
from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any

from tests.helm.client import Object

Key = tuple[str, str, str]


def _labels_of_helm(obj: Object) -> None:
    """Helm is another manager, and its charts are labelled with their version."""
    for labels in _found(obj, "labels"):
        labels.pop("helm.sh/chart", None)
        labels.pop("app.kubernetes.io/managed-by", None)


def _annotations_of_both(obj: Object) -> None:
    """Each way notes on an object what it applied."""
    for annotations in _found(obj, "annotations"):
        for name in ("meta.helm.sh/release-name", "meta.helm.sh/release-namespace"):
            annotations.pop(name, None)
        annotations.pop("kubectl.kubernetes.io/last-applied-configuration", None)
    if not obj["metadata"].get("annotations", True):
        del obj["metadata"]["annotations"]


def _order_of_arguments(obj: Object) -> None:
    """A patch of kustomize adds its argument at the end."""
    for arguments in _found(obj, "args"):
        arguments.sort()


def _digest_of_settings(obj: Object) -> None:
    """Both put a digest into the name of the settings of git-sync, each its own."""
    for holder in [obj["metadata"], *_found(obj, "configMapRef")]:
        holder["name"] = re.sub(r"^(plugin-operator-git-sync-)[a-z0-9]{10}$", r"\1DIGEST", holder["name"])


def _kept_by_the_server(obj: Object) -> None:
    """What a server adds to an object that is created."""
    obj.pop("status", None)
    for name in ("uid", "resourceVersion", "creationTimestamp", "managedFields", "generation"):
        obj["metadata"].pop(name, None)
    obj.get("metadata", {}).get("annotations", {}).pop("deployment.kubernetes.io/revision", None)
    for name in ("clusterIP", "clusterIPs"):
        obj.get("spec", {}).pop(name, None)


ALLOWED: tuple[Callable[[Object], None], ...] = (
    _labels_of_helm,
    _kept_by_the_server,
    _annotations_of_both,
    _order_of_arguments,
    _digest_of_settings,
)


def _found(node: Any, name: str) -> list[Any]:
    """Return everything that has this key, at any depth."""
    if isinstance(node, list):
        return [found for item in node for found in _found(item, name)]
    if not isinstance(node, dict):
        return []
    return [value for key, value in node.items() if key == name] + _found(list(node.values()), name)


def comparable(objects: Iterable[Object]) -> dict[Key, Object]:
    """Return the objects by kind, namespace and name. The Namespace is left out: helm never makes that of a release."""
    made: dict[Key, Object] = {}
    for obj in map(deepcopy, objects):
        if obj["kind"] == "Namespace":
            continue
        for forgive in ALLOWED:
            forgive(obj)
        made[obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"]] = obj
    return made
