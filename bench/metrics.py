"""The rows of the table: what is shown of each scenario, and what the bars are."""

from dataclasses import dataclass

from bench.peers.peer import KUBE_RS, RIVAL, RIVAL_ON_ONE_THREAD

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Times:
    """A bar: so many times better than a peer; as an aim, what is wanted but not asked for."""

    least: float
    peer: str = RIVAL
    is_aim: bool = False


@dataclass(frozen=True, slots=True)
class AtMost:
    """A bar in the unit of its row, whatever the peers need."""

    most: float


@dataclass(frozen=True, slots=True)
class AtLeast:
    """The same for a number of which more is better."""

    least: float


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        scenario: where it is measured.
        value: name among the scenario's values.
        title: with the unit.
        scale: from seconds and bytes to the unit shown.
        digits: decimals shown.
        more_is_better: which way the ratio is told.
        bars: what is asked for.
    """

    scenario: str
    value: str
    title: str
    scale: float = 1.0
    digits: int = 0
    more_is_better: bool = False
    bars: tuple[Times | AtMost | AtLeast, ...] = ()


def _latency(rate: int, bar_p99: float, *, cpu_bar: float | None = None) -> list[Row]:
    name, where = f"latency-{rate}", f"at {rate:,} events/s"
    return [
        Row(name, "latency_p50", f"p50 {where}, ms", 1e3, 2),
        Row(name, "latency_p99", f"p99 {where}, ms", 1e3, 2, bars=(Times(bar_p99),)),
        Row(name, "latency_p999", f"p999 {where}, ms", 1e3, 2),
        Row(name, "cpu_share", f"CPU {where}, % of a core", 100, 1, bars=(Times(cpu_bar),) if cpu_bar else ()),
    ]


def _of_processes(count: int) -> list[Row]:
    wait = f"processes-wait-{count}"
    where = f"{count} process{'es' if count > 1 else ''}"
    rows = [Row(wait, "runs_per_second", f"reconciles/s that wait 5 ms, {where}", more_is_better=True)]
    if count > 1:
        title = f"the same, of {count} x one process"
        rows.append(Row(wait, "part_of_processes", title, 1, 2, more_is_better=True, bars=(AtLeast(0.8),)))
    return rows


GROWTH = (1_000, 10_000, 50_000, 100_000, 200_000)
_LOADS = (
    ("burst", "while 50,000 are listed and changed"),
    ("paced", "at 10,000 events/s"),
    ("patch", "with PATCHes"),
)

#: Of ``--processes``; they have a table of their own in the docs.
PROCESSES: tuple[Row, ...] = (
    *(row for count in (1, 2, 4, 8) for row in _of_processes(count)),
    Row("processes-compute-1", "runs_per_second", "reconciles/s that compute 1 ms, 1 process", more_is_better=True),
    Row("processes-compute-2", "runs_per_second", "reconciles/s that compute 1 ms, 2 processes", more_is_better=True),
    Row(
        "processes-compute-2", "times_one_process", "the same, times one process", 1, 2, more_is_better=True,
        bars=(AtLeast(1.8),),
    ),
    Row(
        "processes-patch", "runs_per_second", "reconciles/s with one PATCH, 2 processes", more_is_better=True,
        bars=(Times(1.2, is_aim=True),),
    ),
    Row("processes-patch", "cpu_per_run", "CPU per reconcile with one PATCH, 2 processes, µs", 1e6, 1),
    Row("processes-killed", "worker_bytes", "memory of each of 2 idle workers (PSS), MiB", 1 / MIB, 1),
    Row("processes-wait-8", "worker_bytes", "memory of each of 8 idle workers (PSS), MiB", 1 / MIB, 1),
    Row(
        "processes-killed", "restart_seconds", "kill -9 of a worker to the next reconcile of its objects, s", 1, 2,
        bars=(AtMost(2),),
    ),
)  # fmt: skip

ROWS: tuple[Row, ...] = (
    Row(
        "burst", "events_per_second", "burst to reconciled, events/s", more_is_better=True,
        bars=(Times(5), Times(2.5, KUBE_RS)),
    ),
    Row("burst", "cpu_per_event", "CPU per event, µs", 1e6, 1, bars=(Times(3),)),
    Row("burst", "events_per_core", "burst, events per second of a core", more_is_better=True),
    Row("burst", "list_seconds", "list and reconcile, s", 1, 2),
    Row("burst", "bytes_per_object", "memory per 1.2 KB object, bytes"),
    Row("burst", "api_writes", "API writes of no-op reconciles"),
    Row("large", "events_per_second", "burst with 10 KB objects, events/s", more_is_better=True, bars=(Times(6),)),
    Row("large", "cpu_per_event", "CPU per 10 KB event, µs", 1e6, 1),
    Row("large", "bytes_per_object", "memory per 10 KB object, bytes"),
    Row("many", "list_seconds", "list and reconcile 50,000, s", 1, 2, bars=(Times(3),)),
    Row("many", "bytes_per_object", "memory per 1.2 KB object of 50,000, bytes", bars=(Times(2),)),
    Row("many", "resident", "resident with 50,000, MiB", 1 / MIB, 1),
    Row("many", "peak_by_settled", "peak while listing by settled", 1, 2),
    Row("many", "events_per_second", "burst with 50,000 objects, events/s", more_is_better=True),
    *_latency(100, 1 / 3),
    *_latency(1_000, 1 / 3, cpu_bar=1 / 1.3),
    *_latency(10_000, 1),
    Row("read", "runs_per_second", "reconciles/s with a cached read", more_is_better=True),
    Row("read", "cpu_per_run", "CPU per reconcile with a cached read, µs", 1e6, 1),
    Row(
        "patch", "runs_per_second", "reconciles/s with one PATCH", more_is_better=True,
        bars=(Times(1, is_aim=True), Times(1.4, RIVAL_ON_ONE_THREAD)),
    ),
    Row("patch", "cpu_per_run", "CPU per reconcile with one PATCH, µs", 1e6, 1, bars=(Times(1 / 0.7),)),
    Row("patch", "runs_per_core", "reconciles with one PATCH per second of a core", more_is_better=True),
    Row("plugins", "runs_per_second", "reconciles/s, 200 controllers of one kind", more_is_better=True),
    Row("plugins", "resident", "resident with 200 controllers, MiB", 1 / MIB, 1),
    Row("plugins", "bytes_per_controller", "memory per idle controller of 200, MiB", 1 / MIB, 2, bars=(AtMost(0.3),)),
    Row("kinds", "list_seconds", "list and reconcile 20 kinds of 500 objects, s", 1, 2),
    Row("kinds", "events_per_second", "burst over 20 kinds, events/s", more_is_better=True),
    Row("kinds", "resident", "resident with 20 kinds, MiB", 1 / MIB, 1),
    Row("tls", "events_per_second", "burst over TLS, events/s", more_is_better=True),
    Row("tls", "list_seconds", "list and reconcile over TLS, s", 1, 2),
    Row("tls-patch", "runs_per_second", "reconciles/s with one PATCH over TLS", more_is_better=True),
    *(Row(f"growth-{n}", "list_seconds", f"list and reconcile {n:,}, s", 1, 2) for n in GROWTH),
    *(Row(f"growth-{n}", "bytes_per_object", f"memory per object of {n:,}, bytes") for n in GROWTH),
    *(
        Row(f"stall-{load}", value, f"longest {what} {when}, ms", 1e3, 1)
        for load, when in _LOADS
        for value, what in (("loop_stall", "stall of the loop"), ("gc_pause", "garbage collection"))
    ),
    Row("storm", "cpu_per_run", "CPU per failed reconcile, µs", 1e6, 1, bars=(AtMost(20),)),
    Row("storm", "handler_runs", "failed reconciles in the time watched"),
    Row("idle", "start_seconds", "start to first reconcile, s", 1, 2, bars=(AtMost(0.4),)),
    Row("idle", "resident", "resident when idle, MiB", 1 / MIB, 1, bars=(AtMost(80),)),
    Row("idle", "own_resident", "resident without helpers that end later, MiB", 1 / MIB, 1, bars=(AtMost(50),)),
    Row("idle", "cpu_share", "CPU when idle, % of a core", 100, 2),
    *PROCESSES,
    Row("real-burst", "list_seconds", "kube-apiserver: list and reconcile 5,000, s", 1, 2),
    Row("real-burst", "events_per_second", "kube-apiserver: burst to reconciled, events/s", more_is_better=True),
    Row("real-burst", "cpu_per_event", "kube-apiserver: CPU per event, µs", 1e6, 1),
    Row("real-patch", "runs_per_second", "kube-apiserver: reconciles/s with one PATCH", more_is_better=True),
    Row("real-patch", "cpu_per_run", "kube-apiserver: CPU per reconcile with one PATCH, µs", 1e6, 1),
)  # fmt: skip
