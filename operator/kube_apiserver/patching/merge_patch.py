"""RFC 7386 JSON merge patch."""

import copy
from collections.abc import Mapping
from typing import Any

from kube_apiserver.patching.errors import malformed


def merge_patch(doc: Mapping[str, Any], patch: Any) -> dict[str, Any]:
    """Return ``doc`` merged with ``patch``: null deletes, objects merge, other values replace.

    Raises:
        PatchError: 400, ``patch`` is not an object.
    """
    if not isinstance(patch, Mapping):
        raise malformed("error decoding patch: the patch must be a JSON object")
    return _merged(doc, patch)


def _merged(doc: Any, patch: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(doc) if isinstance(doc, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, Mapping):
            result[name] = _merged(result.get(name), value)
        else:
            result[name] = copy.deepcopy(value)
    return result
