"""JSON merge patch: RFC 7386, with the exception that kube-apiserver makes for nulls in lists."""

from collections.abc import Mapping
from typing import Any

from kube_apiserver import codec
from kube_apiserver.patching.errors import malformed


def merge_patch(doc: Mapping[str, Any], patch: Any) -> dict[str, Any]:
    """Return ``doc`` merged with ``patch``: null deletes, objects merge, other values replace.

    The RFC keeps null in what replaces. As in kube-apiserver, objects in lists lose it there, items that are null stay,
    and a list in place of an object keeps both.

    Raises:
        PatchError: 400, ``patch`` is not an object.
    """
    if not isinstance(patch, Mapping):
        raise malformed("error decoding patch: the patch must be a JSON object")
    return _merged(doc, patch)


def _merged(doc: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(doc)
    for name, value in patch.items():
        current = result.get(name)
        if value is None:
            result.pop(name, None)
        elif not isinstance(current, Mapping):
            result[name] = _without_nulls(value)
        elif isinstance(value, Mapping):
            result[name] = _merged(current, value)
        else:
            result[name] = codec.copied(value)
    return result


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value
