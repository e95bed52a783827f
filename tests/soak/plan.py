"""Which trouble comes when: a function of the seed alone, whatever the machine does meanwhile."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.soak.hostile import HOSTILE
from tests.soak.plugins import EDITS, ROLES

_ANSWERS: tuple[dict[str, Any], ...] = (
    {"action": "drop"},
    {"action": "delay", "seconds": 1.5},
    {"action": "refuse", "code": 429, "retry_after_seconds": 1},
    {"action": "refuse", "code": 500},
    {"action": "refuse", "code": 503},
    {"action": "refuse", "code": 410},
    {"action": "refuse", "code": 401},
    {"action": "refuse", "code": 403},
    {"action": "replace", "body": '{"kind": "half of an ans'},
    {"action": "stall"},
)
_STREAMS: tuple[dict[str, Any], ...] = (
    {"action": "break"},
    {"action": "end"},
    {"action": "truncate"},
    {"action": "lag", "seconds": 0.005},
    {"action": "error-event", "code": 410},
    {"action": "error-event", "code": 500},
    {"action": "garbage", "body": "no json \xff"},
    {"action": "duplicate"},
    {"action": "stale"},
    {"action": "reorder"},
    {"action": "split"},
    {"action": "silence"},
)
_TARGETS: tuple[dict[str, Any], ...] = (
    {},
    {"verb": "list"},
    {"verb": "watch"},
    {"resource": "configmaps"},
    {"resource": "secrets"},
    {"resource": "widgets"},
    {"resource": "widgets/status"},
    {"resource": "leases"},
)
# What the steps of a storm are drawn from, by weight. A reload reconciles everything anew and a new leader lists
# everything anew, which would make up for a change that was lost before: some storms go without either.
_WEIGHTS = {
    "everything": {"fault": 54, "edit": 24, "kill": 14, "compaction": 4, "hostile": 4},
    "no kills": {"fault": 62, "edit": 26, "compaction": 6, "hostile": 6},
    "no edits": {"fault": 78, "kill": 16, "compaction": 6},
    "faults alone": {"fault": 92, "compaction": 8},
    "edits alone": {"edit": 4, "hostile": 1},
}
_STORMS_ALIKE = 4
_KILLS = ("kill leader", "kill standby", "stop leader", "stop leader", "end leader", "kill server", "stop server")
# Only replicas with several worker processes have them; a worker that is stopped for long is killed and started again.
_KILLS_OF_WORKERS = ("kill worker", "kill worker", "kill worker that leads", "stop worker")
# Only replicas that share objects have a network of their own and are added and removed, and people meet their Leases.
_KILLS_OF_SHARING = (
    *("kill leader", "kill standby", "stop leader", "stop standby", "end leader", "end standby", "kill server"),
    *("stop server", "cut leader", "cut standby", "cut standby", "add standby", "remove standby"),
)
_HANDS = (
    *(
        "delete a member",
        "delete a member",
        "edit a member",
        "edit a member",
        "delete the election",
        "edit the election",
    ),
    *("delete the map", "edit the map"),
)
_SHARE_OF_HANDS = 0.25
_PAUSES_SECONDS = (0.2, 1.0, 3.0, 14.0)


@dataclass(frozen=True, slots=True)
class Step:
    """One trouble, and how long to wait after it."""

    kind: str
    name: str
    details: dict[str, Any] = field(default_factory=dict)
    pause_seconds: float = 0.0


class Plan:
    """The steps of one seed, storm after storm.

    Attributes:
        weather: what the storm is made of; the first two of everything.
    """

    def __init__(
        self, seed: int, hostile: tuple[str, ...] = HOSTILE, *, processes: int = 1, is_sharded: bool = False
    ) -> None:
        self._hostile = (*hostile, "none")
        kills: dict[bool, tuple[str, ...]] = {False: _KILLS, True: (*_KILLS, *_KILLS_OF_WORKERS)}
        self._kills = _KILLS_OF_SHARING if is_sharded else kills[processes > 1]
        self._is_sharded = is_sharded
        self._random = random.Random(seed)
        self._storms_left = 2
        self.weather = "everything"

    def storm(self, seconds: float) -> Iterator[Step]:
        """Yield steps whose pauses add up to ``seconds``."""
        if self._storms_left == 0:
            self.weather = self._random.choice(sorted(_WEIGHTS))
            self._storms_left = self._random.randint(1, _STORMS_ALIKE)
        self._storms_left -= 1
        left = seconds
        while left > 0:
            step = self._step()
            left -= step.pause_seconds
            yield step

    def _step(self) -> Step:
        choose = self._random
        pause = choose.uniform(0.2, 2.0)
        weights = _WEIGHTS[self.weather]
        kind = choose.choices(tuple(weights), tuple(weights.values()))[0]
        if kind == "fault":
            return self._fault(pause)
        if kind == "edit":
            return Step(kind, choose.choice(EDITS), {"role": choose.choice(sorted(ROLES))}, pause)
        if kind == "kill" and self._is_sharded and choose.random() < _SHARE_OF_HANDS:
            return Step("hand", choose.choice(_HANDS), {"which": choose.random()}, pause)
        if kind == "kill":
            return Step(kind, choose.choice(self._kills), {"seconds": choose.choice(_PAUSES_SECONDS)}, pause)
        if kind == "hostile":
            return Step(kind, choose.choice(self._hostile), {}, pause)
        return Step(kind, "compact", {}, pause)

    def _fault(self, pause: float) -> Step:
        choose = self._random
        if choose.random() < 0.5:
            fault = {**self._usual(_ANSWERS), **choose.choice(_TARGETS), "count": choose.randint(1, 5)}
        else:
            target = choose.choice(
                [each for each in _TARGETS if "verb" not in each and "/" not in each.get("resource", "")]
            )
            fault = {**self._usual(_STREAMS), **target, "verb": "watch", "count": choose.randint(1, 2)}
        name = f"{fault['action']} {fault['code']}" if "code" in fault else fault["action"]
        return Step("fault", name, {**fault, "agent": "plugin-operator"}, pause)

    def _usual(self, faults: tuple[dict[str, Any], ...]) -> dict[str, Any]:
        # The last of each, a stall and a silence, costs a minute and a half: it comes less often than the others.
        return self._random.choice(faults if self._random.random() < 0.3 else faults[:-1])
