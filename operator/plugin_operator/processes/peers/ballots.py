"""``Ballots``: a content runs in all workers, or in none; each votes once it has prepared the content.

Owns the votes of all workers. A worker votes before its swap. All swap when each has voted for the content, or runs it
already. None swaps if one refuses it, or has not voted in time; then the others undo what they have prepared.
"""

from collections.abc import Callable, Iterable

import msgspec

from plugin_operator.clock import Clock
from plugin_operator.processes.messages import Outcome, Quarantine, Runs, Vote

#: How long a prepared content waits for the other workers. Meanwhile the content before it runs on.
PATIENCE_SECONDS = 60.0

Send = Callable[[int, Outcome], None]
"""Sends a worker with this number an outcome."""


class _Standing(msgspec.Struct, frozen=True):
    """The latest vote of a worker about a plugin.

    Attributes:
        vote: the vote.
        at: second at which it was given.
    """

    vote: Vote
    at: float

    @property
    def waits(self) -> bool:
        """Whether the worker has prepared the content, and waits for the others."""
        return not self.vote.reason


class Ballots:
    """The ballots of all plugins.

    Args:
        workers: numbers of all workers, also of those whose process does not run now.
        send: tells a worker the outcome.
        clock: measures how long workers wait.
    """

    def __init__(self, workers: Iterable[int], send: Send, clock: Clock) -> None:
        self._workers = frozenset(workers)
        self._send = send
        self._clock = clock
        self._votes: dict[str, dict[int, _Standing]] = {}
        self._runs: dict[str, dict[int, str]] = {}
        self._agreed: dict[str, str] = {}

    def vote(self, number: int, vote: Vote) -> None:
        """Note the vote of a worker."""
        if vote.is_withdrawn:
            self._withdraw(number, vote)
        elif vote.reason:
            self._refuse(number, vote)
        else:
            self._prepared(number, vote)

    def runs(self, number: int, what: Runs) -> None:
        """Note what a worker runs, or that it has unloaded a plugin."""
        running = self._runs.setdefault(what.plugin, {})
        if what.digest:
            running[number] = what.digest
            self._complete(what.plugin, what.digest)
            return
        running.pop(number, None)
        self._agreed.pop(what.plugin, None)
        self._votes.get(what.plugin, {}).pop(number, None)

    def rolled_back(self, what: Quarantine) -> None:
        """Note that no worker keeps a content on which all have agreed."""
        if self._agreed.get(what.plugin) == what.digest:
            del self._agreed[what.plugin]

    def ended(self, number: int) -> None:
        """Note that the process of a worker has ended: its next one votes again."""
        for running in self._runs.values():
            running.pop(number, None)
        for votes in self._votes.values():
            if (gone := votes.pop(number, None)) is not None and not gone.waits:
                self._retry(number, gone.vote)

    def tick(self) -> None:
        """Give up contents for which workers have waited too long; call it often."""
        now = self._clock.monotonic()
        for plugin, votes in self._votes.items():
            late = {each.vote.digest for each in votes.values() if each.waits and now - each.at >= PATIENCE_SECONDS}
            for digest in late:
                missing = ", ".join(f"worker {each}" for each in sorted(self._lacking(plugin, digest)))
                self._give_up(plugin, digest, f"{missing} has not prepared it within {PATIENCE_SECONDS:g} s")

    def _prepared(self, number: int, vote: Vote) -> None:
        votes = self._votes.setdefault(vote.plugin, {})
        before = votes.pop(number, None)
        if self._agreed.get(vote.plugin) == vote.digest:
            self._send(number, Outcome(vote.plugin, vote.digest, vote.number))
            return
        votes[number] = _Standing(vote, self._clock.monotonic())
        if before is not None and not before.waits and before.vote.digest == vote.digest:
            self._retry(number, vote)
        if refusal := self._refusal(vote):
            self._give_up(vote.plugin, vote.digest, refusal)
        else:
            self._complete(vote.plugin, vote.digest)

    def _refuse(self, number: int, vote: Vote) -> None:
        if self._agreed.get(vote.plugin) == vote.digest:
            return  # the others run it by now
        self._votes.setdefault(vote.plugin, {})[number] = _Standing(vote, self._clock.monotonic())
        self._give_up(vote.plugin, vote.digest, self._refusal(vote))

    def _withdraw(self, number: int, vote: Vote) -> None:
        votes = self._votes.get(vote.plugin, {})
        if (before := votes.get(number)) is not None and before.vote.number == vote.number:
            del votes[number]
            self._send(number, Outcome(vote.plugin, vote.digest, vote.number, "the file has changed again"))

    def _refusal(self, vote: Vote) -> str:
        """Return why workers refuse a content; empty if none does."""
        reasons: dict[str, list[int]] = {}
        for number, each in sorted(self._votes.get(vote.plugin, {}).items()):
            if not each.waits and each.vote.digest == vote.digest:
                reasons.setdefault(each.vote.reason, []).append(number)
        return "; ".join(f"{_named(numbers)}: {reason}" for reason, numbers in reasons.items())

    def _give_up(self, plugin: str, digest: str, reason: str) -> None:
        """Tell all that wait that none swaps, and then those that refuse what came of it."""
        votes = self._votes[plugin]
        about = {number: each for number, each in votes.items() if each.vote.digest == digest}
        if not any(each.waits for each in about.values()):
            return  # each has found for itself that it cannot run it
        reason = f"{reason}; rolled back in all workers"
        for number, each in about.items():
            if each.waits:
                del votes[number]
            self._send(number, Outcome(plugin, digest, each.vote.number, reason))

    def _complete(self, plugin: str, digest: str) -> None:
        waiting = {
            number: each.vote
            for number, each in self._votes.get(plugin, {}).items()
            if each.waits and each.vote.digest == digest
        }
        if not waiting or self._lacking(plugin, digest):
            return
        self._agreed[plugin] = digest
        for number, vote in waiting.items():
            del self._votes[plugin][number]
            self._send(number, Outcome(plugin, digest, vote.number))

    def _lacking(self, plugin: str, digest: str) -> frozenset[int]:
        """Return the workers that neither run a content nor have prepared it."""
        votes, runs = self._votes.get(plugin, {}), self._runs.get(plugin, {})
        prepared = {number for number, each in votes.items() if each.waits and each.vote.digest == digest}
        return self._workers - prepared - {number for number, running in runs.items() if running == digest}

    def _retry(self, number: int, vote: Vote) -> None:
        """Have the others retry a content that this worker does not refuse any more."""
        for each in sorted(self._workers - {number}):
            self._send(each, Outcome(vote.plugin, vote.digest, is_open=True))


def _named(numbers: list[int]) -> str:
    plural = "s" if len(numbers) > 1 else ""
    return f"worker{plural} {', '.join(map(str, numbers))}"
