"""Descriptions of write loops and write fights, with names of objects and fields, but no values."""

from collections.abc import Mapping

import msgspec

from plugin_operator.hosting.runtime.revision_runtime import RevisionRuntime
from plugin_operator.plugin import EXISTENCE, Fight, Loop, Writer

_SHOWN = 3


class UnwantedWrite(msgspec.Struct, frozen=True):
    """One write loop or write fight.

    Attributes:
        event: message of the log line.
        what: identity of controllers and fields, independent of the object.
        detail: description for the status.
        facts: fields of the log line.
    """

    event: str
    what: str
    detail: str
    facts: Mapping[str, object]


def loops_of(runtime: RevisionRuntime) -> list[UnwantedWrite]:
    """Return the write loops of its controllers."""
    found = [bound.scope.loops.found() for bound in runtime.bound.values() if bound.scope.loops is not None]
    return [_loop(each) for loops in found for each in loops]


def fights_of(runtime: RevisionRuntime) -> list[UnwantedWrite]:
    """Return the write fights of its controllers."""
    for bound in runtime.bound.values():
        if bound.scope.loops is not None:  # each detector knows all fights of the revision
            return [_fight(each, runtime) for each in bound.scope.loops.fights()]
    return []


def _loop(loop: Loop) -> UnwantedWrite:
    fields = ", ".join(loop.paths[:_SHOWN])
    what = f"changes {fields} of {loop.target.kind} {loop.target.key}" if fields else f"writes a {loop.target.kind}"
    detail = (
        f"controller {loop.controller} {what} at each reconcile of {loop.request}, which makes it due again: "
        f"{loop.times} times so far; write only what differs"
    )
    facts = {
        "controller": loop.controller,
        "namespace": loop.request.namespace,
        "name": loop.request.name,
        "target": f"{loop.target.kind} {loop.target.key}",
        "fields": list(loop.paths),
        "times": loop.times,
    }
    return UnwantedWrite("Controller triggers itself", f"{loop.controller} {loop.target.kind} {fields}", detail, facts)


def _fight(fight: Fight, runtime: RevisionRuntime) -> UnwantedWrite:
    first, second = fight.writers
    own, other = (first, second) if first.plugin == runtime.revision.plugin else (second, first)
    apart = own.controller == other.controller
    does = "create and delete" if fight.path == EXISTENCE else f"overwrite each other's {fight.path} of"
    detail = (
        f"{_name(own, request=apart)} and {_name(other, request=apart)} {does} "
        f"{fight.target.kind} {fight.target.key}: {fight.times} times so far; let one of them own it"
    )
    facts = {
        "controller": own.controller,
        "other_plugin": other.plugin,
        "other_controller": other.controller,
        "namespace": fight.target.key.namespace,
        "name": fight.target.key.name,
        "kind": str(fight.target.kind),
        "field": fight.path,
        "times": fight.times,
    }
    what = f"{own.controller} {other.plugin} {other.controller} {fight.target.kind} {fight.path}"
    return UnwantedWrite("Controllers undo each other's writes", what, detail, facts)


def _name(writer: Writer, *, request: bool) -> str:
    about = f" for {writer.request}" if request and writer.request is not None else ""
    return f"controller {writer.controller} of plugin {writer.plugin}{about}"
