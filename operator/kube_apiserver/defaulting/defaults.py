"""Filling in what was left out.

Owns defaults of custom schemas and the entry point for all kinds. Leaves the built-in kinds' conditional defaults
to ``kind_defaults`` and the form Go's JSON gives objects to ``canonical``.
"""

import copy
from collections.abc import Mapping
from typing import Any

from kube_apiserver.decoding.canonical_form import canonical
from kube_apiserver.defaulting.kinds import apply_kind_defaults, has_kind_defaults
from kube_apiserver.schema.model import MISSING, Schema


def apply_defaults(obj: Mapping[str, Any], schema: Schema, *, keep_nulls: bool = False) -> dict[str, Any]:
    """Return a copy of ``obj`` as the real server would store it before admission.

    Custom kinds: defaults of the schema; nulls where null is not allowed are replaced by the default or dropped.
    Built-in kinds: the defaults of the versioned API (replicas, strategies, probes, ports, policies…) and the zero
    values that Go always writes (``status: {}``). Not done, because it needs a cluster: cluster IPs, node ports, Job
    selectors, tolerations of Pods. Applying it twice changes nothing more.

    Args:
        obj: what was sent, without unknown fields.
        schema: of its kind.
        keep_nulls: keep, in custom kinds, the nulls that are not allowed, for validation to refuse: an applied
            configuration is not read from JSON, where they get lost.
    """
    if schema.builtin:
        filled = dict(obj)
        if has_kind_defaults(schema.definition):
            filled = copy.deepcopy(filled)
            apply_kind_defaults(filled, schema.definition)
        result = canonical(filled, schema)
        return result if isinstance(result, dict) else filled
    result = _fill(dict(obj), schema, keep_nulls=keep_nulls)
    return result if isinstance(result, dict) else dict(obj)


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
        elif member is not None or known.nullable or (not known.type and not known.int_or_string):
            result[name] = _fill(member, known, keep_nulls=keep_nulls)
        elif keep_nulls and known.default is MISSING:
            result[name] = None
    for name, known in schema.properties.items():
        if name not in result and known.default is not MISSING and known.default is not None:
            result[name] = _fill(copy.deepcopy(known.default), known, keep_nulls=keep_nulls)
    return result
