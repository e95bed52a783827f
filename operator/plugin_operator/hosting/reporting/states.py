"""The state machine of a plugin: its states and all transitions.

    Discovered → Validating → Warming → Active → Draining → Retired

A plugin has one state, even while two of its revisions exist during a swap. The state describes the current file; the
status also names the active revision.
"""

from enum import StrEnum


class PluginState(StrEnum):
    """State of a plugin, for its current file."""

    DISCOVERED = "Discovered"
    """Its file was found; none of its code has run."""
    VALIDATING = "Validating"
    """A trial import runs in a child process."""
    WARMING = "Warming"
    """Its new revision is loaded; its caches are syncing, and its ``start`` hook runs."""
    ACTIVE = "Active"
    """The current file is the active revision."""
    WAITING = "Waiting"
    """The API server does not serve or allow a kind that the file needs; a previous revision that does not need it
    keeps running."""
    DRAINING = "Draining"
    """Reconciles of the previous revision, or of a deleted plugin, are in flight."""
    STUCK = "Stuck"
    """A reconcile of the previous revision, or of a deleted plugin, ignores cancellation; its key stays locked, all
    other keys are reconciled."""
    REJECTED = "Rejected"
    """Its file was rejected; the previous revision, if there is one, keeps running."""
    QUARANTINED = "Quarantined"
    """Its file failed right after the swap and was rolled back, or it ends worker processes; this content is not loaded
    again."""
    HELD = "Held"
    """Its file was deleted, but objects have its finalizers: their deletion waits until the file is back, or the
    finalizers are removed."""
    RETIRED = "Retired"
    """The plugin is unloaded."""


_S = PluginState
_SETTLED = frozenset({_S.ACTIVE, _S.WAITING, _S.REJECTED, _S.QUARANTINED, _S.STUCK})
#: The plugin does not follow its file yet.
UNSETTLED = frozenset({_S.DISCOVERED, _S.VALIDATING, _S.WARMING, _S.DRAINING})

TRANSITIONS: dict[PluginState, frozenset[PluginState]] = {
    _S.DISCOVERED: frozenset({_S.VALIDATING, _S.REJECTED, _S.QUARANTINED, _S.RETIRED}),
    _S.VALIDATING: _SETTLED | {_S.WARMING, _S.DRAINING, _S.RETIRED},
    _S.WARMING: _SETTLED | {_S.VALIDATING, _S.DRAINING, _S.RETIRED},
    _S.ACTIVE: _SETTLED | {_S.VALIDATING, _S.WARMING, _S.DRAINING},
    _S.WAITING: _SETTLED | {_S.VALIDATING, _S.WARMING, _S.DRAINING},
    _S.DRAINING: _SETTLED | {_S.VALIDATING, _S.HELD, _S.RETIRED},
    _S.STUCK: _SETTLED | {_S.VALIDATING, _S.WARMING, _S.DRAINING, _S.HELD, _S.RETIRED},
    _S.REJECTED: _SETTLED | {_S.VALIDATING, _S.WARMING, _S.DRAINING, _S.HELD, _S.RETIRED},
    _S.QUARANTINED: _SETTLED | {_S.VALIDATING, _S.WARMING, _S.DRAINING, _S.HELD, _S.RETIRED},
    _S.HELD: frozenset({_S.VALIDATING, _S.REJECTED, _S.RETIRED}),
    _S.RETIRED: frozenset(),
}


def may_follow(state: PluginState, following: PluginState) -> bool:
    """Report whether the transition from ``state`` to ``following`` exists; no change is always allowed."""
    return state is following or following in TRANSITIONS[state]
