"""What is measured: the loads, their sizes, and which peers meet which of them."""

from dataclasses import dataclass, replace

from bench.metrics import GROWTH
from bench.peers.peer import KUBE_RS, OURS, RIVAL, RIVAL_ON_ONE_THREAD, Job

NOOP = Job()
MAIN = (OURS, RIVAL, KUBE_RS, "kopf on.event")
GO_AND_US = (OURS, RIVAL)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One load. Every scenario starts the peer, lets it list and reconcile everything, and then does one more thing.

    Attributes:
        name: in the JSON file, and of its plot.
        title: for people.
        kind: what follows the list: ``idle``, ``burst``, ``paced``, ``storm``, ``held``, ``killed``, or nothing for
            ``growth``.
        objects: ConfigMaps that exist before the peer starts.
        size: bytes of one, about.
        events: changes sent; by ``slow`` peers a tenth of them.
        rate: events per second of a paced scenario.
        volleys: so many bursts, one after the other, each with a part of the events.
        peers: by name; empty means all.
        job: what the peers' handlers do.
        repeat: interleaved repetitions.
        seconds: how long an ``idle`` or ``storm`` is watched.
        tls: the connection is encrypted.
        real: the server is kube-apiserver.
        group: of scenarios that are chosen together.
        one_process: name of the scenario with one process that the rate is compared with.
    """

    name: str
    title: str
    kind: str
    objects: int = 1
    size: int = 1200
    events: int = 0
    rate: int = 0
    volleys: int = 1
    peers: tuple[str, ...] = ()
    job: Job = NOOP
    repeat: int = 3
    seconds: float = 0.0
    tls: bool = False
    real: bool = False
    group: str = ""
    one_process: str = ""

    @property
    def watchers(self) -> int:
        """How many controllers see each object."""
        return 1 if self.job.kinds else self.job.copies


def _growth(objects: int) -> Scenario:
    title = f"{objects:,} objects of 1.2 KB listed"
    return Scenario(f"growth-{objects}", title, "growth", objects=objects, peers=GO_AND_US, repeat=1)


def _paced(rate: int, seconds: int) -> Scenario:
    return Scenario(
        f"latency-{rate}", f"{rate:,} events/s", "paced", objects=1000, events=rate * seconds, rate=rate, peers=MAIN
    )  # fmt: skip


#: The group of the scenarios of ``--processes``.
PROCESSES = "processes"
_WORK = {"wait": "waits 5 ms", "compute": "computes for about 1 ms"}


def _processes(handler: str, processes: int, objects: int) -> Scenario:
    title = f"each reconcile {_WORK[handler]}, {objects:,} objects changed, --processes {processes}"
    return Scenario(
        f"processes-{handler}-{processes}", title, "held", objects=objects, peers=(OURS,), repeat=2, group=PROCESSES,
        job=Job(handler=handler, processes=processes), one_process=f"processes-{handler}-1",
    )  # fmt: skip


_PROCESSES_PATCH = Scenario(
    "processes-patch", "each reconcile sends one PATCH, 2 processes of 16 workers", "burst", objects=5_000,
    events=5_000, peers=GO_AND_US, job=Job(handler="patch", workers=16, processes=2), group=PROCESSES,
)  # fmt: skip
_PROCESSES_KILLED = Scenario(
    "processes-killed", "1,000 objects, 2 processes, one is killed", "killed", objects=1_000, peers=(OURS,),
    job=Job(processes=2), group=PROCESSES,
)  # fmt: skip

# So few events wait in the sockets of a stopped process that kube-apiserver does not give up on its watch.
_REAL_BURST = Scenario(
    "real-burst", "kube-apiserver: 5,000 objects of 1.2 KB, then 2,000 changes", "burst", objects=5_000, events=2_000,
    volleys=8, peers=GO_AND_US, real=True,
)  # fmt: skip
_REAL_PATCH = Scenario(
    "real-patch", "kube-apiserver: each reconcile sends one PATCH, 16 workers", "burst", objects=5_000, events=2_000,
    volleys=8, peers=(*GO_AND_US, RIVAL_ON_ONE_THREAD), job=Job(handler="patch", workers=16), real=True,
)  # fmt: skip

FULL: tuple[Scenario, ...] = (
    Scenario("idle", "one object, nothing happens", "idle", seconds=6.0, repeat=2),
    Scenario("burst", "10,000 objects of 1.2 KB, then 50,000 changes", "burst", objects=10_000, events=50_000),
    Scenario(
        "large", "5,000 objects of 10 KB, then 20,000 changes", "burst", objects=5_000, size=10_000, events=20_000,
        peers=GO_AND_US,
    ),
    Scenario(
        "many", "50,000 objects of 1.2 KB, then 50,000 changes", "burst", objects=50_000, events=50_000, peers=GO_AND_US
    ),
    replace(_paced(100, 4), repeat=2),
    _paced(1_000, 3),
    replace(_paced(10_000, 2), peers=(*GO_AND_US, "kube-rs")),
    Scenario(
        "read", "each reconcile reads a cached object", "burst", objects=5_000, events=20_000, peers=GO_AND_US,
        job=Job(handler="read"),
    ),
    Scenario(
        "patch", "each reconcile sends one PATCH, 16 workers", "burst", objects=5_000, events=5_000,
        peers=(*MAIN, RIVAL_ON_ONE_THREAD), job=Job(handler="patch", workers=16),
    ),
    Scenario(
        "plugins", "200 controllers of one kind, 250 changes", "burst", objects=250, events=250, peers=GO_AND_US,
        job=Job(copies=200), repeat=1,
    ),
    Scenario(
        "kinds", "20 controllers of 20 kinds, 10,000 objects, 20,000 changes", "burst", objects=10_000, events=20_000,
        peers=GO_AND_US, job=Job(copies=20, kinds=20), repeat=2,
    ),
    Scenario(
        "tls", "10,000 objects of 1.2 KB, then 50,000 changes, over TLS", "burst", objects=10_000, events=50_000,
        peers=GO_AND_US, tls=True, repeat=2,
    ),
    Scenario(
        "tls-patch", "each reconcile sends one PATCH over TLS, 16 workers", "burst", objects=5_000, events=5_000,
        peers=GO_AND_US, job=Job(handler="patch", workers=16), tls=True, repeat=2,
    ),
    *map(_growth, GROWTH),
    Scenario(
        "stall-burst", "50,000 objects, 50,000 changes, with a pulse", "burst", objects=50_000, events=50_000,
        peers=(OURS,), job=Job(pulse=True), repeat=2,
    ),
    replace(_paced(10_000, 2), name="stall-paced", peers=(OURS,), job=Job(pulse=True), repeat=2),
    Scenario(
        "stall-patch", "each reconcile sends one PATCH, with a pulse", "burst", objects=5_000, events=5_000,
        peers=(OURS,), job=Job(handler="patch", workers=16, pulse=True), repeat=2,
    ),
    Scenario(
        "storm", "1,000 objects whose reconciles always fail", "storm", objects=1_000, peers=GO_AND_US,
        job=Job(handler="fail"), seconds=5.0, repeat=2,
    ),
    *(_processes("wait", count, 4_000) for count in (1, 2, 4, 8)),
    *(_processes("compute", count, 4_000) for count in (1, 2)),
    _PROCESSES_PATCH,
    _PROCESSES_KILLED,
    _REAL_BURST,
    _REAL_PATCH,
)  # fmt: skip

QUICK: tuple[Scenario, ...] = (
    Scenario("idle", "one object, nothing happens", "idle", seconds=3.0, peers=MAIN, repeat=1),
    Scenario(
        "burst", "2,000 objects of 1.2 KB, then 10,000 changes", "burst", objects=2_000, events=10_000, peers=MAIN,
        repeat=1,
    ),
    replace(_paced(1_000, 2), repeat=1),
    Scenario(
        "patch", "each reconcile sends one PATCH, 16 workers", "burst", objects=1_000, events=1_000,
        peers=(*GO_AND_US, RIVAL_ON_ONE_THREAD), job=Job(handler="patch", workers=16), repeat=1,
    ),
    *(replace(_processes("wait", count, 200), repeat=1) for count in (1, 2, 4, 8)),
    *(replace(_processes("compute", count, 200), repeat=1) for count in (1, 2)),
    replace(_PROCESSES_PATCH, objects=500, events=500, repeat=1),
    replace(_PROCESSES_KILLED, repeat=1),
    replace(_REAL_BURST, repeat=1),
    replace(_REAL_PATCH, repeat=1),
)  # fmt: skip
