"""The fields of a controller declaration, shared by decorator, class and factory."""

import inspect
import sys
from typing import Any

import msgspec


class ControllerOptions(msgspec.Struct, frozen=True):
    """Declared values before validation; class attributes may have any type."""

    for_: Any = None
    name: Any = None
    id: Any = None
    renamed_from: Any = ()
    owns: Any = ()
    watches: Any = ()
    reads: Any = ()
    namespaces: Any = None
    label_selector: Any = None
    field_selector: Any = None
    predicates: Any = ()
    max_concurrent_reconciles: Any = 1
    max_prune: Any = 10
    reconcile_timeout_seconds: Any = None
    rate_limit: Any = None
    resync_seconds: Any = None
    metadata_only: Any = False
    keep_previous: Any = False
    indexes: Any = None
    permissions: Any = ()
    schedules: Any = ()
    sources: Any = ()
    cleanup: Any = None
    distribution: Any = "single"
    shard_by: Any = None


FIELDS: tuple[str, ...] = ControllerOptions.__struct_fields__
METHODS: tuple[str, ...] = ("reconcile", "start", "stop", "export_state", "import_state")
MARK = "__plugin_operator_controller__"
#: Name in a module of the options of all functions and classes that were decorated at its top level, by name.
DECORATED = "__plugin_operator_decorated__"


def mark(target: Any, options: ControllerOptions) -> None:
    """Mark a function or class as a controller, and note it in its module: a later one of its name may replace it."""
    setattr(target, MARK, options)
    name = getattr(target, "__qualname__", "")
    module = sys.modules.get(getattr(target, "__module__", ""))
    if module is not None and name.isidentifier():
        vars(module).setdefault(DECORATED, []).append((options, target))


def read_options(target: object) -> ControllerOptions:
    """Return the values declared by the decorator and the attributes of ``target``; attributes override the decorator.

    Attributes of a controller object count, including those that ``__init__`` sets, but not those of a function.
    """
    marked = getattr(target, MARK, None)
    values = {name: getattr(marked, name) for name in FIELDS} if isinstance(marked, ControllerOptions) else {}
    if not inspect.isroutine(target):
        values |= {name: getattr(target, name) for name in FIELDS if hasattr(target, name)}
    return ControllerOptions(**values)


def is_declared(options: ControllerOptions) -> bool:
    """Report whether any field has another value than its default, without calling a value's ``__eq__``."""
    defaults = ControllerOptions.__struct_defaults__
    return any(getattr(options, name) is not default for name, default in zip(FIELDS, defaults, strict=True))
