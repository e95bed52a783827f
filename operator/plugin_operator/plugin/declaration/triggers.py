"""Validation of schedules and sources, and of controllers without a kind."""

from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

from plugin_operator.controllers import value_checks
from plugin_operator.plugin.declaration import fields
from plugin_operator.plugin.triggers.schedule import Schedule
from plugin_operator.plugin.triggers.source import Source
from plugin_operator.plugin.triggers.timetable import MAX_SCHEDULES, Timetable, timetable
from plugin_operator.source_location import Place

#: Fields that apply to the reconciled kind only, with their default values.
_ABOUT_THE_KIND: Mapping[str, object] = {
    "owns": (),
    "label_selector": "",
    "field_selector": "",
    "predicates": (),
    "metadata_only": False,
    "indexes": (),
    "cleanup": None,
    "distribution": "single",
}


def schedules(value: Any) -> tuple[Timetable, ...]:
    """Validate a list of ``every()`` and ``cron()``; equal ones count once."""
    if isinstance(value, Schedule):
        raise TypeError("a single schedule is not a list: write schedules=[every(60)], or [cron('0 3 * * *')]")
    found = {each.text: each for each in map(timetable, fields.sequence(value))}
    if len(found) > MAX_SCHEDULES:
        raise ValueError(f"{len(found)} schedules are too many: a controller may have {MAX_SCHEDULES}")
    return tuple(found.values())


def sources(value: Any) -> tuple[Source, ...]:
    """Validate a list of ``Source`` objects."""
    found = fields.sequence(value)
    for each in found:
        if not isinstance(each, Source):
            raise TypeError(
                f"{value_checks.shown(each)} is not a source: write name = Source('name') at module level and "
                "sources=[name]"
            )
    return tuple(dict.fromkeys(found))


def refuse_unfit(values: Mapping[str, Any], place: Place) -> None:
    """Reject a controller without a kind that has no trigger, or has fields that apply to a kind only.

    Raises:
        PluginRejected: the declaration is invalid; the message names the field and the fix.
    """
    if values["for_"] is not None:
        return
    if not values["schedules"] and not values["sources"] and not values["watches"]:
        hint = "or say what else makes it due: schedules=[every(60)], sources= or watches="
        raise place.reject("for_", f"is missing: {fields.KIND_HINT}, {hint}")
    for field, nothing in _ABOUT_THE_KIND.items():
        if values[field] != nothing:
            raise place.reject(field, "says something about the kind in for_, and there is none: add for_, or drop it")


def refuse_doubles(declared: Iterable[tuple[Source, Place]]) -> None:
    """Reject two sources with one name in a plugin; one source may have several controllers.

    Raises:
        PluginRejected: two sources have the same name; the message has both lines.
    """
    known: dict[str, Source] = {}
    for source, place in declared:
        other = known.setdefault(source.name, source)
        if other is not source:
            raise Place(place.path, source.line).reject(
                "sources", f"{source!r} has the name of the one in line {other.line}: choose another"
            )


def refuse_unconnected(module: ModuleType, declared: Iterable[Source], path: str) -> None:
    """Reject a source that no controller uses, because its requests would be lost.

    Raises:
        PluginRejected: a source is unused; the error has the line of its creation.
    """
    known = set(map(id, declared))
    for name, value in vars(module).items():
        if type(value) is Source and id(value) not in known:
            line = value.line if value.module == module.__name__ else None
            raise Place(path, line).reject(
                "sources", f"no controller has {name} = {value!r}: add sources=[{name}] to one, or remove it"
            )
