"""Analysis of the source of one plugin."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from plugin_operator.hosting.permissions.declared import DeclaredController
from plugin_operator.hosting.permissions.needs import Need, Origin, Unclear
from plugin_operator.hosting.permissions.resources import ResourceTable
from plugin_operator.hosting.permissions.source.accesses import AccessReader, is_declared
from plugin_operator.hosting.permissions.source.attributes import Attributes
from plugin_operator.hosting.permissions.source.calling import Caller
from plugin_operator.hosting.permissions.source.evaluation import Evaluator
from plugin_operator.hosting.permissions.source.program import parse
from plugin_operator.hosting.permissions.source.state import State
from plugin_operator.hosting.permissions.source.statements import Executor
from plugin_operator.plugin import Permission

#: Longest analysis of one plugin; a file of 10,000 lines takes a few seconds.
SECONDS = 60.0

_EVENTS = ("create", "patch")
_WAY_OUT = "declare permissions=[permission(...)] for what it calls"


@dataclass(frozen=True, slots=True)
class SourceNeeds:
    """What the source of a plugin needs.

    Attributes:
        needs: needs of the calls that the source shows.
        unclear: calls that it does not show and that no declared permission accounts for.
    """

    needs: tuple[Need, ...] = ()
    unclear: tuple[Unclear, ...] = ()


def needs_in_source(
    plugin: str,
    files: Mapping[str, bytes],
    root: str,
    controllers: Iterable[DeclaredController],
    table: ResourceTable,
) -> SourceNeeds:
    """Return what the calls in the source of a plugin need. It runs none of the code, and raises nothing.

    Args:
        plugin: name of the plugin.
        files: its files and those of its helpers, by POSIX path below ``root``.
        root: folder of the files, as messages show it.
        controllers: its controllers.
        table: finds the resources of kinds.
    """
    declared = tuple(controllers)
    modules, bad = parse(files, root)
    unclear = [Unclear(plugin, each.path, 1, f"{each.reason}: {_WAY_OUT}") for each in bad]
    state = State(modules)
    try:
        is_done = _execute(state, declared)
    except RecursionError:
        is_done = False
    if not is_done:
        unclear.append(unfinished(plugin, files, root))
    found = _read(plugin, state, declared, table)
    unclear += [Unclear(plugin, path, line, f"{what}: {_WAY_OUT}") for (path, line), what in state.escapes.items()]
    needs = [each for each in found if isinstance(each, Need)]
    unclear += [each for each in found if isinstance(each, Unclear)]
    open_calls = {str(each): each for each in unclear if not is_declared(each, declared)}
    return SourceNeeds(tuple(dict.fromkeys(needs)), tuple(open_calls[key] for key in sorted(open_calls)))


def unfinished(plugin: str, files: Iterable[str], root: str) -> Unclear:
    """Return what is reported of a plugin whose source costs too much to be analysed."""
    path = f"{root}/{min(files, default=plugin)}"
    return Unclear(plugin, path, 1, f"the source is too deep or too large to be analysed: {_WAY_OUT}")


def _execute(state: State, controllers: tuple[DeclaredController, ...]) -> bool:
    attributes = Attributes(state, controllers)
    evaluator = Evaluator(state, attributes)
    caller = Caller(state, attributes, evaluator)
    evaluator.call = caller.evaluate
    entries: dict[tuple[str, int], tuple[int, ...]] = {}
    for number, each in enumerate(controllers):
        if each.line is not None:
            place = each.where.rpartition(":")[0], each.line
            entries[place] = (*entries.get(place, ()), number)
    return Executor(state, evaluator, caller, entries).run(SECONDS)


def _read(
    plugin: str, state: State, controllers: tuple[DeclaredController, ...], table: ResourceTable
) -> list[Need | Unclear]:
    reader = AccessReader(plugin, state, controllers, table)
    found = [each for access in state.accesses.values() for each in reader.read(access)]
    rule = Permission(("",), ("events",), _EVENTS)
    declared = [each.namespaces for each in controllers]
    everywhere = not declared or any(each is None for each in declared)
    namespaces = None if everywhere else tuple(sorted({name for each in declared for name in each or ()}))
    for path, line in sorted(state.events):
        found.append(Need(plugin, rule, Origin.OPERATOR, f"{path}:{line}", "ctx.recorder.event", namespaces))
    return found
