"""Everything an author may declare about a controller, as one table that decorator, class and factory share."""

import inspect
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class ControllerOptions:
    """What was declared, not yet checked: the attributes of a class may hold anything."""

    for_: Any = None
    name: Any = None
    id: Any = None
    owns: Any = ()
    watches: Any = ()
    reads: Any = ()
    namespaces: Any = None
    label_selector: Any = None
    field_selector: Any = None
    predicates: Any = ()
    max_concurrent_reconciles: Any = 1
    reconcile_timeout_seconds: Any = None
    rate_limit: Any = None
    resync_seconds: Any = None
    metadata_only: Any = False
    permissions: Any = ()
    schedules: Any = ()
    sources: Any = ()


FIELDS: tuple[str, ...] = tuple(each.name for each in fields(ControllerOptions))
METHODS: tuple[str, ...] = ("reconcile", "start", "stop", "export_state", "import_state")
MARK = "__plugin_operator_controller__"


def read_options(target: object) -> ControllerOptions:
    """Return what the decorator or the attributes of ``target`` declare; an attribute outranks the decorator.

    Attributes count of a controller object, those that ``__init__`` has set included, and not of a function.
    """
    marked = getattr(target, MARK, None)
    values = {name: getattr(marked, name) for name in FIELDS} if isinstance(marked, ControllerOptions) else {}
    if not inspect.isroutine(target):
        values |= {name: getattr(target, name) for name in FIELDS if hasattr(target, name)}
    return ControllerOptions(**values)
