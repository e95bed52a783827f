"""What the controllers of one plugin must not share: a name in the file, a controller name or id, too many workers."""

from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING

from plugin_operator.errors import PluginRejected, joined
from plugin_operator.plugin.declaration.options import DECORATED, MARK
from plugin_operator.source_location import Place, place_of

if TYPE_CHECKING:
    from plugin_operator.plugin.declaration.declarations import ControllerDeclaration

#: Most concurrent reconciles over all controllers of one plugin; each is a task or a thread.
MAX_CONCURRENT = 1000


def refuse_overwritten(module: ModuleType, path: str) -> None:
    """Reject a module in which a later function or class took the name of a controller: the first would never run."""
    kept = {id(value.__dict__[MARK]) for value in vars(module).values() if MARK in getattr(value, "__dict__", ())}
    for options, target in vars(module).get(DECORATED, ()):
        if id(options) not in kept:
            name = target.__name__
            reason = f"controller {name!r} is overwritten by another {name!r} in this file: rename one of them"
            raise place_of(target, path).reject("name", reason)


def refuse_doubles(found: "list[ControllerDeclaration]") -> None:
    """Reject two controllers of one name or id in a plugin.

    Raises:
        PluginRejected: names both.
    """
    if rejections := list(_doubles(found)):
        raise joined(rejections)


def _doubles(found: "list[ControllerDeclaration]") -> Iterator[PluginRejected]:
    names: dict[str, ControllerDeclaration] = {}
    ids: dict[str, ControllerDeclaration] = {}
    for each in found:
        where = Place(each.path, each.line)
        other = names.setdefault(each.name, each)
        if other is not each:
            yield where.reject("name", f"{each.name!r} is used by the controller in line {other.line}: choose another")
            continue  # without a declared id, the id is the name
        other = ids.setdefault(each.id, each)
        if other is not each:
            yield where.reject(
                "id",
                f"{each.id!r} of controller {each.name!r} is used by controller {other.name!r} in line {other.line}: "
                "choose another with id=",
            )
    yield from _doubled_former_ids(found, ids)


def _doubled_former_ids(
    found: "list[ControllerDeclaration]", ids: "dict[str, ControllerDeclaration]"
) -> Iterator[PluginRejected]:
    """Yield former ids that are another controller's too: both would take each other's objects."""
    former: dict[str, ControllerDeclaration] = {}
    for each in found:
        for name in each.renamed_from:
            other = ids.get(name, former.setdefault(name, each))
            if other is not each:
                yield Place(each.path, each.line).reject(
                    "renamed_from",
                    f"{name!r} of controller {each.name!r} is used by controller {other.name!r} in line {other.line}: "
                    "an id becomes that of one controller only",
                )


def refuse_crowds(found: "list[ControllerDeclaration]") -> None:
    """Reject more concurrent reconciles than a plugin may have.

    Raises:
        PluginRejected: names the controller that exceeds the limit.
    """
    wanted = 0
    for each in found:
        wanted += each.max_concurrent_reconciles
        if wanted > MAX_CONCURRENT:
            raise Place(each.path, each.line).reject(
                "max_concurrent_reconciles",
                f"{wanted} concurrent reconciles exceed the limit of {MAX_CONCURRENT} per plugin: lower it",
            )
