"""Defaulting: the entry point for all kinds, and the defaults of custom schemas.

Conditional defaults of built-in kinds are in their strategies, their zero values in ``decoding.canonical_form``.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from kube_apiserver import codec
from kube_apiserver.decoding.canonical_form import canonical
from kube_apiserver.schema.model import MISSING, Schema

Default = Callable[[dict[str, Any]], None]
"""Sets the defaults of one object in place."""


def apply_defaults(
    obj: Mapping[str, Any], schema: Schema, default: Default | None = None, *, keep_nulls: bool = False
) -> dict[str, Any]:
    """Return a copy of ``obj`` with the defaults that kube-apiserver applies before admission. It is idempotent.

    Custom kinds get the defaults of their schema. A null that the schema forbids becomes the default or is dropped.
    Built-in kinds get the defaults of their versioned API (replicas, strategies, probes, ports, policies…) and the zero
    values that Go always writes (``status: {}``). Defaults that need a cluster are not applied here: cluster IPs, node
    ports, Job selectors, tolerations of Pods.

    Args:
        obj: a pruned object.
        schema: the schema of its kind.
        default: sets the defaults of a built-in kind that depend on its other fields.
        keep_nulls: keep the forbidden nulls of custom kinds, so that validation rejects them. Server-side apply needs
            it, because an applied configuration keeps its nulls.
    """
    if schema.builtin:
        filled = dict(obj)
        if default is not None:
            filled = _copied(filled, schema)
            # A value may have the wrong type. The decoder reports it.
            with suppress(AttributeError, TypeError):
                default(filled)
        result = canonical(filled, schema)
        return result if isinstance(result, dict) else filled
    result = _fill(dict(obj), schema, keep_nulls=keep_nulls)
    return result if isinstance(result, dict) else dict(obj)


def _copied(value: Any, schema: Schema | None) -> Any:
    """Return a deep copy, in which a null item of a list of objects is an empty one, as Go decodes it."""
    if isinstance(value, dict):
        return {
            name: _copied(member, schema.child(name) if schema else None) if isinstance(member, dict | list) else member
            for name, member in value.items()
        }
    if isinstance(value, list):
        items = schema.items if schema else None
        is_struct = items is not None and items.is_struct
        return [{} if item is None and is_struct else _copied(item, items) for item in value]
    return value


def _fill(value: Any, schema: Schema, *, keep_nulls: bool) -> Any:
    if isinstance(value, list):
        items = schema.items
        return [_fill(item, items, keep_nulls=keep_nulls) if items else item for item in value]
    if not isinstance(value, dict):
        return value
    result: dict[str, Any] = {}
    for name, member in value.items():
        known = schema.child(name)
        if known is None:
            result[name] = member
        elif member is not None or known.nullable:
            result[name] = _fill(member, known, keep_nulls=keep_nulls)
        elif keep_nulls and known.default is MISSING:
            result[name] = None
    for name, known in schema.properties.items():
        if name not in result and known.default is not MISSING and known.default is not None:
            result[name] = _fill(codec.copied(known.default), known, keep_nulls=keep_nulls)
    return result
