"""The type ``Strategy``: what the server decides for one kind beyond its schema. ``kinds`` has one for each."""

from kube_apiserver.strategies.strategy import (
    Conversion,
    Deletion,
    Draft,
    Object,
    SelectableField,
    Strategy,
    by_kind,
    selectable,
)

__all__ = ["Conversion", "Deletion", "Draft", "Object", "SelectableField", "Strategy", "by_kind", "selectable"]
