"""Analysis of the source of one plugin."""

from collections.abc import Iterable, Mapping

from plugin_operator.hosting.permissions.declared import DeclaredController
from plugin_operator.hosting.permissions.needs import Need, Origin, Unclear
from plugin_operator.hosting.permissions.resources import ResourceTable
from plugin_operator.hosting.permissions.source.accesses import AccessReader, is_declared
from plugin_operator.hosting.permissions.source.facts.program import parse
from plugin_operator.hosting.permissions.source.facts.state import State
from plugin_operator.hosting.permissions.source.interpreter.attributes import Attributes
from plugin_operator.hosting.permissions.source.interpreter.calling import Caller
from plugin_operator.hosting.permissions.source.interpreter.cleanup_functions import cleanup_functions
from plugin_operator.hosting.permissions.source.interpreter.evaluation import Evaluator
from plugin_operator.hosting.permissions.source.interpreter.patterns import Patterns
from plugin_operator.hosting.permissions.source.interpreter.statements import Executor
from plugin_operator.hosting.permissions.source.source_needs import WAY_OUT, SourceNeeds, unfinished
from plugin_operator.plugin import Permission

#: Longest analysis of one plugin; a file of 10,000 lines takes a few seconds.
SECONDS = 60.0

_EVENTS = ("create", "patch")


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
    unclear = [Unclear(plugin, each.path, 1, f"{each.reason}: {WAY_OUT}") for each in bad]
    state = State(modules)
    try:
        is_done = _execute(state, declared)
    except RecursionError:
        is_done = False
    if not is_done:
        unclear.append(unfinished(plugin, files, root))
    found = _read(plugin, state, declared, table)
    unclear += [Unclear(plugin, path, line, f"{what}: {WAY_OUT}") for (path, line), what in state.escapes.items()]
    needs = [each for each in found if isinstance(each, Need)]
    unclear += [each for each in found if isinstance(each, Unclear)]
    open_calls = {str(each): each for each in unclear if not is_declared(each, declared)}
    return SourceNeeds(tuple(dict.fromkeys(needs)), tuple(open_calls[key] for key in sorted(open_calls)))


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
    cleanups = cleanup_functions(state.modules.values(), controllers, entries)
    return Executor(state, evaluator, caller, Patterns(state, attributes, evaluator), entries, cleanups).run(SECONDS)


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
