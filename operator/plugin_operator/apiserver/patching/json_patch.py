"""RFC 6902 JSON patch, with the API server's limits and error codes."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import jsonpatch
import jsonpointer

from plugin_operator.apiserver.patching.errors import PatchError, malformed

_LIMIT = 10_000
_PATHLESS = "the server rejected our request due to an error in our request"


def json_patch(doc: Mapping[str, Any], ops: Any) -> dict[str, Any]:
    """Return ``doc`` with the operations applied, in order; ``doc`` itself is left alone.

    Unlike the RFC, removing an absent member of an object is an error for Kubernetes as well, and a ``test`` that fails
    is a 422.

    Raises:
        PatchError: 400 for what is no list of operations, 413 for more than 10,000, 422 for operations that fail.
    """
    if not isinstance(ops, Sequence) or isinstance(ops, (str, bytes)):
        raise malformed("json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    if len(ops) > _LIMIT:
        limit = f"The allowed maximum operations in a JSON patch is {_LIMIT}, got {len(ops)}"
        raise PatchError(413, "RequestEntityTooLarge", limit)
    try:
        result = jsonpatch.JsonPatch(copy.deepcopy(list(ops))).apply(copy.deepcopy(dict(doc)))
    except jsonpatch.InvalidJsonPatch as error:
        raise malformed(str(error)) from error
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError, AttributeError) as error:
        raise PatchError(422, "Invalid", _PATHLESS) from error
    if not isinstance(result, dict):
        raise PatchError(422, "Invalid", _PATHLESS)
    return result
