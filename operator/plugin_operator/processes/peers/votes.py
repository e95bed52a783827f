"""``SharedVotes``: whether all workers of the operator have prepared a content, before any of them runs it."""

import asyncio
import itertools
from collections.abc import Callable

from plugin_operator.clock import Clock
from plugin_operator.processes.messages import Outcome, Vote
from plugin_operator.tasks import wait_until_done

#: How often a worker that waits looks whether the file has changed again.
_LOOK_SECONDS = 0.1


class SharedVotes:
    """Votes for the plugins of this worker, and tells them how the votes of all workers end.

    A vote is for one content of one plugin. The supervisor answers each that prepares a content: all swap, or none.

    Args:
        send: sends the supervisor a vote.
    """

    def __init__(self, send: Callable[[Vote], None]) -> None:
        self._send = send
        self._numbers = itertools.count(1)
        self._open: dict[int, asyncio.Future[Outcome]] = {}
        self._refused: dict[str, int] = {}
        self._retries: dict[str, Callable[[], None]] = {}
        self._amends: dict[str, Callable[[str, str], None]] = {}

    def listen(self, plugin: str, retry: Callable[[], None]) -> None:
        """Call ``retry`` when a worker that could not run a content has prepared it, or has ended."""
        self._retries[plugin] = retry

    def amend(self, plugin: str, listener: Callable[[str, str], None]) -> None:
        """Call ``listener`` with a digest and a reason if a refusal of this worker has kept others from a content."""
        self._amends[plugin] = listener

    def refuse(self, plugin: str, digest: str, reason: str) -> None:
        """Report that this worker cannot run a content."""
        number = self._refused[plugin] = next(self._numbers)
        self._send(Vote(plugin, digest, number, reason))

    async def agreed(self, plugin: str, digest: str, is_superseded: Callable[[], bool], clock: Clock) -> Outcome:
        """Report that a content is prepared here, and return what all workers do with it.

        Args:
            plugin: name of the plugin.
            digest: digest of the content.
            is_superseded: returns whether it is not wanted any more; the vote is then withdrawn, if there is time.
            clock: measures the interval of that question.
        """
        number = next(self._numbers)
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._open[number] = outcome
        try:
            self._send(Vote(plugin, digest, number))
            is_withdrawn = False
            while await wait_until_done([outcome], _LOOK_SECONDS, clock=clock):
                if is_superseded() and not is_withdrawn:
                    is_withdrawn = True
                    self._send(Vote(plugin, digest, number, is_withdrawn=True))
            return outcome.result()
        finally:
            del self._open[number]

    def learn(self, what: Outcome) -> None:
        """Follow what the supervisor has found."""
        if what.is_open:
            if (retry := self._retries.get(what.plugin)) is not None:
                retry()
        elif (waiting := self._open.get(what.number)) is not None:
            if not waiting.done():
                waiting.set_result(what)
        elif what.number == self._refused.get(what.plugin) and what.plugin in self._amends:
            self._amends[what.plugin](what.digest, what.reason)
