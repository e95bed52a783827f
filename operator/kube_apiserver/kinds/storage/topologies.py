"""Validation of the topologies that a StorageClass allows."""

from collections.abc import Mapping, Sequence

from kube_apiserver.schema import Cause, is_qualified_name, messages
from kube_apiserver.strategies import Object


def topology_causes(terms: Sequence[Object]) -> list[Cause]:
    """Return the field errors of ``allowedTopologies``: of each term, and of one that another says already."""
    causes: list[Cause] = []
    # kube-apiserver compares with as many empty terms, too.
    known: list[Mapping[str, frozenset[str]]] = [{} for _ in terms]
    for position, term in enumerate(terms):
        path = f"allowedTopologies[{position}].matchLabelExpressions"
        values: dict[str, frozenset[str]] = {}
        for at, entry in enumerate(term.get("matchLabelExpressions") or ()):
            where, key = f"{path}[{at}]", entry.get("key") or ""
            causes += _entry_causes(entry, where)
            if key in values:
                causes.append(messages.duplicate(f"{where}.key", key))
            values[key] = frozenset(entry.get("values") or ())
        causes += [messages.duplicate(path, "") for other in known if other == values]
        known.append(values)
    return causes


def _entry_causes(entry: Object, path: str) -> list[Cause]:
    values, key = entry.get("values") or (), entry.get("key") or ""
    causes = [] if values else [messages.required(f"{path}.values")]
    causes += [
        messages.duplicate(f"{path}.values[{at}]", value) for at, value in enumerate(values) if value in values[:at]
    ]
    return causes + [messages.invalid(f"{path}.key", key, why) for why in is_qualified_name(key)]
