"""What people read about finalizers that stay."""

from collections.abc import Sequence

from plugin_operator.hosting.finalizers.ledger import KeptFinalizer
from plugin_operator.hosting.finalizers.live_finalizers import FinalizedObject

_NAMED = 3


def named(kept: KeptFinalizer, found: Sequence[FinalizedObject]) -> str:
    """Return how many objects keep a finalizer, with the first names."""
    names = ", ".join(str(each.key) for each in found[:_NAMED])
    more = ", …" if len(found) > _NAMED else ""
    keep = "object keeps" if len(found) == 1 else "objects keep"
    return f"{len(found)} {keep} the finalizer {kept.finalizer}: {kept.kind} {names}{more}"


def command_for(kept: KeptFinalizer) -> str:
    """Return the command that removes a finalizer."""
    command = f"plugin-operator finalizers clear --for {kept.kind} --id {kept.controller_id}"
    return f"remove the finalizer without a cleanup: {command}"


def file_deleted(plugin: str) -> str:
    """Return the start of the text of an Event of an object that a deleted plugin has left; a way out follows."""
    return f"the file of plugin {plugin!r} was deleted: "


def way_out_of(kept: KeptFinalizer) -> str:
    """Return what ends the wait for a finalizer whose controller is gone."""
    successor = f"if another controller replaces it, write renamed_from={kept.controller_id!r} there"
    return f"put the file back; {successor}; if none does, {command_for(kept)}"


def way_out_for_kind(kept: KeptFinalizer) -> str:
    """Return what ends the wait for a finalizer whose controller reconciles another kind."""
    gone = f"the controller with id {kept.controller_id!r} no longer reconciles this kind"
    return f"{gone}: write for_='{kept.kind}' again; if its objects need no cleanup, {command_for(kept)}"
