"""Empty fields of the metadata of custom objects, which Go does not write."""

from typing import Any

_OMITTED = ("labels", "annotations", "ownerReferences", "finalizers")


def without_empty_metadata(obj: dict[str, Any]) -> dict[str, Any]:
    """Return a custom object without empty maps and lists of metadata, which Go does not write."""
    metadata = obj["metadata"]
    if not any(name in metadata and not metadata[name] for name in _OMITTED):
        return obj
    kept = {name: value for name, value in metadata.items() if value or name not in _OMITTED}
    return {**obj, "metadata": kept}
