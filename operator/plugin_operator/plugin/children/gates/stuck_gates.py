"""Gates that nothing in the set opens: on an object that nothing makes, or on each other."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from plugin_operator.plugin.children.gates.gate_reader import AwaitedObject
from plugin_operator.plugin.context.children import ChildName

_OF_A_NAME = "check kind, name and namespace in ready(), or create it"
_OF_A_CYCLE = "take one of these gates away"


class StuckGate(NamedTuple):
    """Why a child may wait for ever, and the way out."""

    reason: str
    way_out: str


def stuck_gates(
    children: Collection[ChildName], absent: Mapping[ChildName, Sequence[AwaitedObject]]
) -> dict[ChildName, StuckGate]:
    """Return the children whose gates nothing in the set opens.

    Args:
        children: the set.
        absent: what the gates of each child wait for, as far as it does not exist.
    """
    found: dict[ChildName, StuckGate] = {}
    awaited: dict[ChildName, dict[ChildName, str]] = {}
    for name, objects in absent.items():
        for each in objects:
            if not each.is_among(children):
                reason = f"{each.reason}, and no child of the set has that name"
                found.setdefault(name, StuckGate(reason, _OF_A_NAME))
            elif (other := each.child_in(children)) is not None:
                awaited.setdefault(name, {})[other] = each.reason
    for name, others in awaited.items():
        cycle = _cycle_of(name, awaited) if name not in found else ()
        if cycle:
            shown = f"these children wait for each other: {', '.join(map(str, cycle))}"
            whole = "it waits for itself" if len(cycle) == 1 else shown
            found[name] = StuckGate(f"{others[(*cycle, name)[1]]}, and {whole}", _OF_A_CYCLE)
    return found


def _cycle_of(start: ChildName, awaited: Mapping[ChildName, Collection[ChildName]]) -> tuple[ChildName, ...]:
    """Return the children of a cycle of gates, from ``start`` on; nothing if it is on none."""
    paths: list[tuple[ChildName, ...]] = [(start,)]
    seen: set[ChildName] = set()
    while paths:
        path = paths.pop()
        for other in awaited.get(path[-1], ()):
            if other == start:
                return path
            if other not in seen:
                seen.add(other)
                paths.append((*path, other))
    return ()
