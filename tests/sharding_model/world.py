"""Time, network and processes of the model. Time is virtual; each process reads it on a clock that drifts."""

import heapq
from collections.abc import Callable
from random import Random
from typing import Any

from plugin_operator.sharding.timing import MAX_DRIFT
from tests.sharding_model.store import Store

Call = Callable[[], None]

#: A message travels so long at most.
LATE_SECONDS = 20.0


class World:
    """True time, the queue of what will happen, and the store.

    Attributes:
        random: decides everything, so that the number of a schedule repeats it.
        now: true time in seconds; no process can read it.
        trouble: how likely a message is lost, late or doubled, in [0, 1].
        healed_at: when the last process that was stopped or cut off works again.
    """

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.now = 0.0
        self.healed_at = 0.0
        self.trouble = self.random.choice((0.0, 0.1, 0.3))
        self.store = Store()
        self._queue: list[tuple[float, int, Call]] = []
        self._count = 0
        self._names = 0

    def new_name(self) -> str:
        self._names += 1
        return f"name-{self._names}"

    def after(self, seconds: float, call: Call) -> None:
        self._count += 1
        heapq.heappush(self._queue, (self.now + seconds, self._count, call))

    def heal(self, seconds: float, call: Call) -> None:
        self.healed_at = max(self.healed_at, self.now + seconds)
        self.after(seconds, call)

    def run(self, until: float) -> None:
        while self._queue and self._queue[0][0] <= until:
            self.now, _, call = heapq.heappop(self._queue)
            call()
        self.now = until

    def delay(self) -> float:
        """Return how long a message travels: mostly short, sometimes longer than a lease."""
        luck = self.random.random()
        if luck < self.trouble * 0.3:
            return LATE_SECONDS * self.random.random()
        return luck * 0.5


class Process:
    """A process that can be stopped, cut off and killed; with a clock that drifts.

    Attributes:
        is_dead: killed; it receives nothing more.
        is_cut: no message of it arrives, and none for it.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.is_dead = False
        self.is_cut = False
        self._stops = 0
        self._waiting: list[Call] = []
        self._rate = world.random.choice((1 - MAX_DRIFT, 1.0, 1 + MAX_DRIFT))
        self._zero = world.random.choice((0.0, 1e6))

    def clock(self) -> float:
        return self._zero + self._rate * self.world.now

    def deliver(self, call: Call) -> None:
        """Let a message or a timer arrive; a stopped process handles it when it wakes."""
        if self.is_dead:
            return
        if self._stops:
            self._waiting.append(call)
        else:
            call()

    def timer(self, seconds: float, call: Call) -> None:
        self.world.after(seconds / self._rate, lambda: self.deliver(call))

    def stop(self, seconds: float) -> None:
        """Stop the process as SIGSTOP does. What arrives is handled afterwards, in any order."""
        self._stops += 1
        self.world.heal(seconds, self._wake)

    def _wake(self) -> None:
        self._stops -= 1
        if not self._stops:
            waiting, self._waiting = self._waiting, []
            self.world.random.shuffle(waiting)
            for call in waiting:
                self.deliver(call)

    def cut(self, seconds: float) -> None:
        """Cut the process off from the store."""
        self.is_cut = True
        self.world.heal(seconds, self._reconnect)

    def _reconnect(self) -> None:
        self.is_cut = False

    def _loses(self) -> bool:
        return self.is_cut or self.world.random.random() < self.world.trouble * 0.3

    def ask(self, request: Callable[[], Any], answered: Callable[[Any], None], failed: Call, timeout: float) -> None:
        """Send a request. It and its answer may be lost, late or twice; without an answer in time, call ``failed``."""
        world, state = self.world, {"open": True}

        def expire() -> None:
            if state["open"]:
                state["open"] = False
                failed()

        def arrive(answer: Any) -> None:
            state["open"] = False
            answered(answer)

        def serve() -> None:
            answer = request()
            for _ in range(self._copies()):
                if not self._loses():
                    world.after(world.delay(), lambda: self.deliver(lambda: arrive(answer)))

        for _ in range(self._copies()):
            if not self._loses():
                world.after(world.delay(), serve)
        self.timer(timeout, expire)

    def _copies(self) -> int:
        return 2 if self.world.random.random() < self.world.trouble * 0.2 else 1

    def observe(self, kinds: frozenset[str], handle: Callable[[str, Any], None]) -> None:
        """Watch the store. Events may be lost, late, out of order or twice."""
        world = self.world

        def report(kind: str, state: Any) -> None:
            if self.is_dead:
                world.store.watchers.remove(report)
                return
            if kind not in kinds:
                return
            for _ in range(self._copies()):
                if not self._loses():
                    world.after(world.delay(), lambda: self.deliver(lambda: handle(kind, state)))

        world.store.watchers.append(report)
