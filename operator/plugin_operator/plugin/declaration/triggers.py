"""The checks of what makes a controller due without an event, and of controllers without a kind."""

from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

from plugin_operator.controllers import value_checks
from plugin_operator.plugin.declaration import fields
from plugin_operator.plugin.declaration.source_location import Place
from plugin_operator.plugin.triggers.source import Source
from plugin_operator.plugin.triggers.timetable import MAX_SCHEDULES, Timetable, timetable

#: What says something about the reconciled kind, and how it looks if it says nothing.
_ABOUT_THE_KIND: Mapping[str, object] = {
    "owns": (),
    "label_selector": "",
    "field_selector": "",
    "predicates": (),
    "metadata_only": False,
}


def schedules(value: Any) -> tuple[Timetable, ...]:
    """A list of ``every()`` and ``cron()``; equal ones count once."""
    found = {each.text: each for each in map(timetable, fields.sequence(value))}
    if len(found) > MAX_SCHEDULES:
        raise ValueError(f"{len(found)} schedules are too many: a controller may have {MAX_SCHEDULES}")
    return tuple(found.values())


def sources(value: Any) -> tuple[Source, ...]:
    """A list of ``Source`` objects."""
    found = fields.sequence(value)
    for each in found:
        if not isinstance(each, Source):
            raise TypeError(
                f"{value_checks.shown(each)} is not a source: write name = Source('name') at module level and "
                "sources=[name]"
            )
    return tuple(dict.fromkeys(found))


def refuse_unfit(values: Mapping[str, Any], place: Place) -> None:
    """Refuse a controller without a kind that nothing makes due, or that says something about its kind.

    Raises:
        PluginRejected: names the field and the way out.
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
    """Refuse two sources of one name in one plugin; one source may have several controllers.

    Raises:
        PluginRejected: names both lines.
    """
    known: dict[str, Source] = {}
    for source, place in declared:
        other = known.setdefault(source.name, source)
        if other is not source:
            raise Place(place.path, source.line).reject(
                "sources", f"{source!r} has the name of the one in line {other.line}: choose another"
            )


def refuse_unconnected(module: ModuleType, declared: Iterable[Source], path: str) -> None:
    """Refuse a source that the module has and no controller takes: what it sends would go nowhere.

    Raises:
        PluginRejected: names the line it is made in.
    """
    known = set(map(id, declared))
    for name, value in vars(module).items():
        if type(value) is Source and id(value) not in known:
            line = value.line if value.module == module.__name__ else None
            raise Place(path, line).reject(
                "sources", f"no controller has {name} = {value!r}: add sources=[{name}] to one, or remove it"
            )
