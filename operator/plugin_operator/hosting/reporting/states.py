"""The life of a plugin: its states and the ways between them, all of them and nowhere else.

    Discovered → Validating → Warming → Active → Draining → Retired

A plugin is in one state, though during a swap two of its revisions exist: the state tells what is being done about the
file as it is now, and the status names the revision that works meanwhile.
"""

from enum import StrEnum


class PluginState(StrEnum):
    """What is being done about a plugin."""

    DISCOVERED = "Discovered"
    """Its file was found; nothing of it has run."""
    VALIDATING = "Validating"
    """Its import is tried in a child process."""
    WARMING = "Warming"
    """Its new revision is loaded; caches that it needs fill, its start hook runs."""
    ACTIVE = "Active"
    """Its file is what works."""
    WAITING = "Waiting"
    """The API server does not know a kind its file needs, or refuses it (yet); the revision before, if it needs nothing
    of the kind, goes on."""
    DRAINING = "Draining"
    """Reconciles of the revision before, or of a deleted plugin, run out."""
    STUCK = "Stuck"
    """A reconcile of the revision before, or of a deleted plugin, ignores its cancellation; its key stays locked, all
    others go on."""
    REJECTED = "Rejected"
    """Its file cannot be loaded; the revision before, if there is one, goes on."""
    QUARANTINED = "Quarantined"
    """Its file failed right after the swap and was rolled back; this very content is not tried again."""
    RETIRED = "Retired"
    """It is unloaded."""


_S = PluginState
_SETTLED = frozenset({_S.ACTIVE, _S.WAITING, _S.REJECTED, _S.QUARANTINED, _S.STUCK})

TRANSITIONS: dict[PluginState, frozenset[PluginState]] = {
    _S.DISCOVERED: frozenset({_S.VALIDATING, _S.REJECTED, _S.RETIRED}),
    _S.VALIDATING: _SETTLED | {_S.WARMING, _S.DRAINING, _S.RETIRED},
    _S.WARMING: _SETTLED | {_S.DRAINING, _S.RETIRED},
    _S.ACTIVE: _SETTLED | {_S.VALIDATING, _S.WARMING, _S.DRAINING},
    _S.WAITING: _SETTLED | {_S.VALIDATING, _S.WARMING, _S.DRAINING},
    _S.DRAINING: _SETTLED | {_S.VALIDATING, _S.RETIRED},
    _S.STUCK: _SETTLED | {_S.VALIDATING, _S.WARMING, _S.DRAINING, _S.RETIRED},
    _S.REJECTED: _SETTLED | {_S.VALIDATING, _S.WARMING, _S.DRAINING, _S.RETIRED},
    _S.QUARANTINED: _SETTLED | {_S.VALIDATING, _S.WARMING, _S.DRAINING},
    _S.RETIRED: frozenset(),
}


def may_follow(state: PluginState, following: PluginState) -> bool:
    """Tell whether a plugin may go from ``state`` to ``following``; staying is always allowed."""
    return state is following or following in TRANSITIONS[state]
