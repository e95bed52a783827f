"""Defaults of PersistentVolumeClaims, which StatefulSets also have as templates."""

from typing import Any

from kube_apiserver.defaulting.fields import fill, member

Object = dict[str, Any]


def default_claim(obj: Object) -> None:
    """Set volumeMode and status.phase."""
    fill(member(obj, "spec"), volumeMode="Filesystem")
    status = member(obj, "status")
    status["phase"] = status.get("phase") or "Pending"
