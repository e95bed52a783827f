"""Kubernetes objects in YAML and JSON files that users name with a flag. Leaves reading to ``kube_apiserver.seeds``."""

from collections.abc import Iterable
from pathlib import Path

from kube_apiserver.seeds import manifests
from kube_apiserver.seeds.manifests import SUFFIXES, Manifest, ManifestError
from plugin_operator.errors import UsageError

__all__ = ["SUFFIXES", "Manifest", "read_manifests"]


def read_manifests(paths: Iterable[Path], flag: str) -> list[Manifest]:
    """Return the objects of files, and of the files directly in folders, in order; a ``List`` becomes its items.

    Args:
        paths: files, and folders whose YAML and JSON files are read in the order of their names.
        flag: the flag that names them, for messages.

    Raises:
        UsageError: a file cannot be read, is too large, or has a document that is no Kubernetes object.
    """
    try:
        return manifests.read_manifests(paths)
    except ManifestError as error:
        raise UsageError(f"{flag}: {error}") from error
