"""``WorkerBlame``: names the plugin that has ended a worker, and decides what becomes of it.

Owns the log lines, metrics, status and verdicts about it. Leaves rolling back and stopping to the workers, which get
the verdicts.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from plugin_operator import logs
from plugin_operator.clock import Clock
from plugin_operator.metrics import Metrics
from plugin_operator.metrics.declaration import counter
from plugin_operator.processes.blame.charges import WINDOW_SECONDS, Charges, Limits
from plugin_operator.processes.blame.contents import Contents
from plugin_operator.processes.blame.endings import Ending
from plugin_operator.processes.blame.marks import AT_LOAD, Mark, MarkMemory, Running
from plugin_operator.processes.blame.suspects import Suspicion, suspicion_of
from plugin_operator.processes.messages import HoldObject, Quarantine, Ruling, Runs

PLUGIN_ENDS_WORKERS = counter(
    "plugin_operator_plugin_worker_ends_total", "Ends of worker processes that are laid on a plugin", "plugin", "how"
)

_AGAIN = "change the file to try again"

_log = logs.get_logger(__name__)

Verdict = Quarantine | HoldObject
Tell = Callable[[str, str, str], None]
"""Takes a plugin, the reason of an Event in CamelCase, and its message."""


class Offence(msgspec.Struct, frozen=True):
    """What one plugin is charged with, for the status.

    Attributes:
        digest: its content.
        count: number of workers that it has ended.
        since, last_at: time of the first and of the last one.
        last: the last one, in words.
        is_certain: whether no other code can have done the last one.
        is_named: whether the plugin is named at all; not if it was only one of several that were at work.
        was_certain: whether no other code can have done one of them.
        held: objects that are held.
    """

    digest: str
    count: int
    since: datetime
    last_at: datetime
    last: str
    is_certain: bool
    is_named: bool = False
    was_certain: bool = False
    held: tuple[str, ...] = ()

    @property
    def detail(self) -> str:
        """The status in words, without object data."""
        often = "once" if self.count == 1 else f"{self.count} times"
        may = "" if self.is_certain else ", or other code that ran beside it"
        held = f"; not reconciled any more: {', '.join(self.held)}" if self.held else ""
        return f"{often}, last at {self.last_at:%Y-%m-%dT%H:%M:%SZ}: {self.last}{may}{held}"


class WorkerBlame:
    """Judges the ends of all workers.

    Args:
        memories: the marks of each worker, by number.
        limits: when a plugin is at fault.
        clock: measures time.
        metrics: receives the number of ends.
        tell: records an Event.
    """

    def __init__(
        self,
        memories: Sequence[MarkMemory],
        limits: Limits,
        *,
        clock: Clock,
        metrics: Metrics,
        tell: Tell = lambda _plugin, _reason, _message: None,
    ) -> None:
        self._memories = memories
        self._limits = limits
        self._clock = clock
        self._ends = metrics.family(PLUGIN_ENDS_WORKERS)
        self._tell = tell
        self._contents = Contents(clock)
        self._charges: dict[tuple[str, str], Charges] = {}
        self._offences: dict[str, Offence] = {}
        self._blocked: dict[int, Running] = {}

    @property
    def offences(self) -> Mapping[str, Offence]:
        """What plugins are charged with, by name; what may have another cause is forgotten after an hour."""
        now = self._clock.now()
        return {
            name: each
            for name, each in self._offences.items()
            if each.is_named and (each.was_certain or (now - each.last_at).total_seconds() < WINDOW_SECONDS)
        }

    def note(self, what: Quarantine | Ruling | Runs) -> None:
        """Note what a worker has reported."""
        match what:
            case Runs():
                self._contents.runs(what)
                self._forget_charges(what.plugin, what.digest)
                if not what.digest:
                    self._offences.pop(what.plugin, None)
                    self._ends.remove_where("plugin", what.plugin)
            case Quarantine():
                self._contents.rolled_back(what.plugin, what.digest)

    def silent(self, number: int, *, is_long: bool) -> None:
        """Note what a worker runs whose event loop is silent, to compare it with what it runs when it is killed."""
        if not is_long:
            self._blocked.pop(number, None)
        elif number not in self._blocked:
            self._blocked[number] = self._memories[number].read()

    def ended(self, number: int, ending: Ending) -> list[Verdict]:
        """Judge the end of a worker, and return what all workers have to do."""
        memory = self._memories[number]
        suspicion = suspicion_of(ending, memory.read(), self._blocked.pop(number, None))
        memory.clear()
        at = self._clock.monotonic() - ending.seconds
        contents: dict[tuple[str, str], list[Mark]] = {}
        for each in suspicion.marks:
            contents.setdefault((each.plugin, each.digest), []).append(each)
        is_named = suspicion.is_certain or suspicion.on_loop or len(contents) == 1
        if not is_named and contents:
            plugins = sorted({plugin for plugin, _ in contents})
            _log.warning("Several plugins were at work when their worker ended", worker=number, plugins=plugins)
        verdicts: list[Verdict] = []
        for (plugin, digest), marks in contents.items():
            last = _Last(number, ending.how, tuple(marks))
            self._charge(plugin, digest, last, suspicion, is_named=is_named)
            if is_named:
                self._name(plugin, digest, last, ending)
            charges = self._charges.setdefault((plugin, digest), Charges(self._limits))
            charges.add(marks, suspicion, at)
            verdicts += self._judged(plugin, digest, charges, last, at)
        return verdicts

    def _charge(self, plugin: str, digest: str, last: "_Last", suspicion: Suspicion, *, is_named: bool) -> None:
        before, now = self._offences.get(plugin), self._clock.now()
        if before is None or before.digest != digest:
            before = Offence(digest, 0, now, now, "", suspicion.is_certain)
        self._offences[plugin] = replace(
            before,
            count=before.count + 1,
            last_at=now,
            last=last.described,
            is_certain=suspicion.is_certain,
            is_named=before.is_named or is_named,
            was_certain=before.was_certain or suspicion.is_certain,
        )

    def _name(self, plugin: str, digest: str, last: "_Last", ending: Ending) -> None:
        """Report that a plugin has ended its worker, or may have."""
        offence = self._offences[plugin]
        self._ends.inc(plugin, ending.kind)
        facts: dict[str, Any] = {
            "plugin": plugin, "digest": digest[:8], "worker": last.worker, "how": last.how, "ran": last.ran,
            "times": offence.count, "way_out": ending.way_out or None,
        }  # fmt: skip
        if offence.is_certain:
            _log.error("Plugin ended its worker", **facts)
        else:
            _log.warning("Plugin may have ended its worker", **facts)
        verb = "ended" if offence.is_certain else "may have ended"
        self._tell(
            plugin, "PluginEndedWorker", f"plugin {plugin} {verb} {last.described}; /status and the log say more"
        )

    def _judged(self, plugin: str, digest: str, charges: Charges, last: "_Last", at: float) -> list[Verdict]:
        if self._contents.is_bad(plugin, digest):
            return []
        content = self._contents.of(plugin)
        if content is None or content.digest != digest:
            if self._contents.has_run(plugin, digest):
                return []  # a revision that was replaced, and ends with its last reconcile
            is_too_much = charges.is_too_much_for_a_new_one()
            return [self._quarantined(plugin, digest, last, self._contents.good_source(plugin))] if is_too_much else []
        is_new = at - content.since < self._limits.probation_seconds and (content.previous or last.is_at_load)
        if is_new and charges.is_too_much_for_a_new_one():
            return [self._quarantined(plugin, digest, last, content.previous)]
        held = charges.objects_to_hold()
        if charges.is_too_much():
            return [self._quarantined(plugin, digest, last, b"", is_often=True)]
        return [self._held(plugin, digest, each, last) for each in held]

    def _quarantined(
        self, plugin: str, digest: str, last: "_Last", restored: bytes, *, is_often: bool = False
    ) -> Quarantine:
        self._contents.rolled_back(plugin, digest)
        self._offences[plugin] = replace(self._offences[plugin], is_named=True, was_certain=True)
        if restored:
            reason = f"this content was rolled back, because it ended {last.described}: {_AGAIN}"
        elif is_often:
            reason = f"this content was stopped, because it ended workers too often, last {last.described}: {_AGAIN}"
        else:
            reason = f"this content does not run, because its load ended {last.described}: {_AGAIN}"
        return Quarantine(plugin, digest, reason, restored)

    def _held(self, plugin: str, digest: str, mark: Mark, last: "_Last") -> HoldObject:
        offence = self._offences[plugin]
        self._offences[plugin] = replace(offence, is_named=True, was_certain=True, held=(*offence.held, mark.object))
        reason = f"not reconciled any more, because this has ended workers too often, last {last.described}: {_AGAIN}"
        _log.error("Object held", plugin=plugin, controller=mark.controller, object=mark.object, reason=reason)
        self._tell(plugin, "ObjectHeld", f"plugin {plugin}, controller {mark.controller}: {mark.object} is {reason}")
        return HoldObject(plugin, digest, mark.controller, mark.namespace, mark.name, reason)

    def _forget_charges(self, plugin: str, digest: str) -> None:
        """Forget what was laid on the other contents of a plugin."""
        for key in [each for each in self._charges if each[0] == plugin and each[1] != digest]:
            del self._charges[key]


class _Last(msgspec.Struct, frozen=True):
    """The last worker that a plugin has ended."""

    worker: int
    how: str
    marks: tuple[Mark, ...]

    @property
    def is_at_load(self) -> bool:
        """Whether the plugin ran what each worker runs before the first reconcile."""
        return all(each.what in AT_LOAD for each in self.marks)

    @property
    def ran(self) -> str:
        """What the plugin ran."""
        more = f" and {len(self.marks) - 1} more" if len(self.marks) > 1 else ""
        return self.marks[0].described + more

    @property
    def described(self) -> str:
        """The end, in words."""
        return f"worker {self.worker} ({self.how}) in {self.ran}"
