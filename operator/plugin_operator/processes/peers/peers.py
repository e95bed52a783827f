"""``Peers``: the other workers of the operator, as the plugins of this one know them."""

from collections.abc import Callable

from plugin_operator.processes.blame.held_objects import HeldObjects
from plugin_operator.processes.messages import HoldObject, Outcome, Quarantine, Report, Ruling, Runs, Vote
from plugin_operator.processes.peers.rollbacks import SharedRollbacks
from plugin_operator.processes.peers.rulings import SharedRulings
from plugin_operator.processes.peers.sources import SharedSources
from plugin_operator.processes.peers.votes import SharedVotes


class Peers:
    """What this worker has in common with the others.

    Args:
        send: sends the supervisor a message, which the other workers and those that start later get.

    Attributes:
        rollbacks: contents that were rolled back.
        rulings: decisions about the custom kinds of contents.
        sources: contents that run.
        votes: whether all have prepared a content.
        held: objects that are not reconciled, because they have ended workers.
    """

    def __init__(self, send: Callable[[Quarantine | Ruling | Runs | Vote], None]) -> None:
        self.rollbacks = SharedRollbacks(lambda *what: send(Quarantine(*what)))
        self.rulings = SharedRulings(send)
        self.sources = SharedSources(send)
        self.votes = SharedVotes(send)
        self.held = HeldObjects()

    def learn(self, what: Report | Outcome) -> None:
        """Note what another worker has reported, or the supervisor has decided."""
        match what:
            case Quarantine():
                self.rollbacks.learn(what.plugin, what.digest, what.reason, what.restored)
            case Ruling():
                self.rulings.learn(what)
            case Runs():
                self.sources.learn(what)
            case Outcome():
                self.votes.learn(what)
            case HoldObject():
                self.held.learn(what)
