"""Why the API server refuses an object of a file, in the words of the file."""

from collections.abc import Mapping
from typing import Any

from kube_apiserver.seeds.refusals import refusal
from plugin_operator.errors import ApiError


def refusal_of(error: ApiError, obj: Mapping[str, Any]) -> str:
    """Return the reason in an answer of the server to a write of ``obj``, without the data of a Secret."""
    return refusal(error.message, error.causes, obj) or str(error)
