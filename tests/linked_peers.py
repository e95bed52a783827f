"""``LinkedPeers``: what hosts tell each other, through what a supervisor keeps and passes on."""

import asyncio

from plugin_operator.clock import SystemClock
from plugin_operator.processes.messages import Outcome, Quarantine, Ruling, Runs, Vote
from plugin_operator.processes.peers.ballots import Ballots
from plugin_operator.processes.peers.peers import Peers
from plugin_operator.processes.peers.reports import Reports


class LinkedPeers:
    """Makes the peers of several hosts.

    Args:
        voters: how many of them decide together what they run; with 0, each decides for itself.

    Attributes:
        said: what each has reported, in order.
    """

    def __init__(self, voters: int = 0) -> None:
        self.said: list[tuple[Peers, Quarantine | Ruling | Runs]] = []
        self._reports = Reports()
        self._peers: list[Peers] = []
        self._ballots = Ballots(range(voters), self._answer, SystemClock()) if voters else None

    def join(self) -> Peers:
        """Return the peers of a host that starts now."""
        made = Peers(lambda what: self._tell(made, what))
        for each in self._reports.all():
            made.learn(each)
        self._peers.append(made)
        return made

    def _answer(self, number: int, outcome: Outcome) -> None:
        asyncio.get_running_loop().call_soon(self._peers[number].learn, outcome)

    def _vote(self, teller: Peers, vote: Vote) -> None:
        number = self._peers.index(teller)
        if self._ballots is not None:
            self._ballots.vote(number, vote)
        elif not vote.reason:
            self._answer(number, Outcome(vote.plugin, vote.digest, vote.number))

    def _tell(self, teller: Peers, what: Quarantine | Ruling | Runs | Vote) -> None:
        if isinstance(what, Vote):
            self._vote(teller, what)
            return
        if self._ballots is not None and isinstance(what, Runs):
            self._ballots.runs(self._peers.index(teller), what)
        self.said.append((teller, what))
        if self._reports.note(what):
            for each in self._peers:
                if each is not teller:
                    each.learn(what)
