"""Validation of the defaults in CRD schemas.

The rules follow apiextensions-apiserver's ``pkg/apiserver/schema/defaulting``.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from kube_apiserver.crds.schemas import from_part
from kube_apiserver.decoding.pruning import prune
from kube_apiserver.keywords.keywords import check
from kube_apiserver.schema import messages
from kube_apiserver.schema.model import Cause, Schema

Raw = Mapping[str, Any]
_HEAD = ("metadata", "kind", "apiVersion")


def default_causes(schema: Raw, path: str, *, root: bool = True) -> Iterator[Cause]:
    """Yield the field errors of every default in the structural schema at ``path``, except those of metadata."""
    default = schema.get("default")
    if default is not None:
        yield from _value(default, from_part(schema), f"{path}.default")
    if isinstance(schema.get("items"), Mapping):
        yield from default_causes(schema["items"], f"{path}.items", root=False)
    for name, member in (schema.get("properties") or {}).items():
        if not (root and name in _HEAD):
            yield from default_causes(member, f"{path}.properties[{name}]", root=False)


def _value(default: Any, schema: Schema, path: str) -> Iterator[Cause]:
    if _has_unknown(default, schema):
        yield messages.invalid(path, default, "must not have unknown fields")
    # kube-openapi's validator does not know the path of the default: its message names the inner path only.
    for cause in check(default, schema, ""):
        yield Cause(f"{path}.{cause.field}" if cause.field else path, cause.reason, cause.message)


def _has_unknown(value: Any, schema: Schema) -> bool:
    if isinstance(value, dict):
        return bool(prune(value, schema)[1])
    if isinstance(value, list) and schema.items:
        items = schema.items
        return any(_has_unknown(item, items) for item in value)
    return False
