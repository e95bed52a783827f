"""What the plugins did, read from their own lines as they come, and what may never be in them."""

import itertools
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from tests.soak.plugins import ROLES
from tests.soak.timeline import Span, Timeline


@dataclass(frozen=True, slots=True)
class Run:
    """One reconcile.

    Attributes:
        instance: the process, named by its replica and its process id.
        is_ok: False if it raised or was cancelled.
        uid: of the object if the controller is sharded, ``-`` if it is gone; empty if the controller is not.
    """

    instance: str
    role: str
    name: str
    kind: str
    step: str
    edit: int
    is_ok: bool
    begin: int
    end: int
    uid: str = ""

    @property
    def replica(self) -> str:
        """Name of the replica whose process it was."""
        return self.instance.partition(".")[0]

    @property
    def keys(self) -> list[tuple[str, ...]]:
        """What no other reconcile may work on meanwhile.

        A sharded controller works on a name once in each process, and on an object once in all of them.
        """
        if not self.uid:
            return [(self.role, self.name)]
        of_process: list[tuple[str, ...]] = [(self.role, self.name, self.instance)]
        return of_process if self.uid == "-" else [*of_process, (self.role, self.name, self.uid)]

    @classmethod
    def read(cls, instance: str, line: str) -> "Run":
        """Read a line of a plugin."""
        role, name, kind, step, edit, outcome, begin, end, *uid = line.split(" ")
        return cls(instance, role, name, kind, step, int(edit), outcome == "ok", int(begin), int(end), *uid)


class Records:
    """Every reconcile so far, and the last one of each key.

    Attributes:
        last: by role and name, of those that did not fail.
        is_shared: whether all replicas work. A run that failed may have waited at a closed fence, and is no second one.
            Only controllers that are not sharded show which replica leads.
        paused: a replica and the monotonic nanoseconds between which it was stopped.
    """

    def __init__(self, folder: Path, *, is_shared: bool = False) -> None:
        self._folder = folder
        self.is_shared = is_shared
        self._offsets: dict[str, int] = {}
        self._begins: dict[str, tuple[int, int]] = {}
        self._alone: dict[str, tuple[int, str]] = {}
        self._numbers: dict[str, int] = {}
        self._of_objects: defaultdict[tuple[str, str], dict[str, Run]] = defaultdict(dict)
        self._timelines: defaultdict[tuple[str, ...], Timeline] = defaultdict(Timeline)
        self.last: dict[tuple[str, str], Run] = {}
        self.paused: list[tuple[str, int, int]] = []
        self.count = 0
        self.failed = 0
        self.doubled: list[str] = []
        self.misdirected: list[str] = []

    def poll(self) -> None:
        """Read what is new."""
        for path in sorted(self._folder.iterdir()):
            with path.open("rb") as file:
                file.seek(self._offsets.get(path.name, 0))
                data = file.read()
            whole = data[: data.rfind(b"\n") + 1]
            self._offsets[path.name] = self._offsets.get(path.name, 0) + len(whole)
            for line in whole.decode().splitlines():
                self._add(Run.read(path.name, line))
        self._look_for_two_leaders()

    def leader(self) -> str:
        """Return the replica that began last, empty before the first."""
        return max(self._begins, key=lambda name: self._begins[name][1], default="")

    def runs_singles(self, instance: str) -> bool:
        """Report whether a process is the one of its replica that began the last reconcile that is not sharded."""
        return self._alone.get(instance.partition(".")[0], (0, instance))[1] == instance

    def latest(self, role: str, name: str, step: str) -> Run | None:
        """Return the last run for the object that has a step; no two objects have the same one.

        With a sharded controller, the worker of an earlier object of this name may still work on that one, or hear last
        that it is gone.
        """
        of_objects = self._of_objects.get((role, name), {}).values()
        return next((run for run in of_objects if run.step == step), self.last.get((role, name)))

    def _add(self, run: Run) -> None:
        self.count += 1
        if run.kind not in {ROLES[run.role].rpartition("/")[2], "-"}:
            self.misdirected.append(str(run))
        if not (self.is_shared and run.uid):
            first, last = self._begins.get(run.replica, (run.begin, run.begin))
            self._begins[run.replica] = min(first, run.begin), max(last, run.begin)
        if not run.uid:
            self._alone[run.replica] = max(self._alone.get(run.replica, (0, "")), (run.begin, run.instance))
        number = self._numbers.setdefault(run.instance, len(self._numbers))
        span = Span(number, run.begin, run.end)
        keys = [] if self.is_shared and not run.is_ok else run.keys
        for other in {each for key in keys for each in self._timelines[key].add(span)}:
            instance = next(name for name, known in self._numbers.items() if known == other.instance)
            if not self._is_excused(run, instance, other):
                self.doubled.append(f"{run} and one of {instance} from {other.begin} to {other.end}")
        if not run.is_ok:
            self.failed += 1
            return
        before = self.last.get((run.role, run.name))
        if before is None or run.begin >= before.begin:
            self.last[run.role, run.name] = run
        if run.uid not in {"", "-"}:
            of_objects = self._of_objects[run.role, run.name]
            before = of_objects.get(run.uid)
            if before is None or run.begin >= before.begin:
                of_objects[run.uid] = run

    def _is_excused(self, run: Run, instance: str, other: Span) -> bool:
        # Nobody can take back what a stopped process was in the middle of; it must only begin nothing any more.
        return run.instance != instance and (
            self._slept(run.instance, run.begin, run.end) or self._slept(instance, other.begin, other.end)
        )

    def _slept(self, instance: str, begin: int, end: int) -> bool:
        return any(name == instance.partition(".")[0] and begin < to and end > since for name, since, to in self.paused)

    def _look_for_two_leaders(self) -> None:
        turns = sorted((first, last, name) for name, (first, last) in self._begins.items())
        for (_, ended, one), (began, _, other) in itertools.pairwise(turns):
            text = f"{other} began {(ended - began) / 1e9:.3f} s before the last beginning of {one}"
            if began < ended and not any(each.startswith(f"{other} began") for each in self.doubled):
                self.doubled.append(text)
