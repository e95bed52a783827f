"""One measured life of one peer: start, list, settle, then what the scenario asks for, stop."""

import time

from bench import latency, workers
from bench.life import Life, PeerFailed, RevisionBuilder
from bench.peers.peer import Peer
from bench.processes import Sample
from bench.scenarios import Scenario
from bench.servers import Server
from bench.worker_counters import WorkerCounters

Values = dict[str, float]

_SETTLE_SECONDS = 2.0
_SLOW_PART = 10


class Runner:
    """Measures peers on one server.

    Args:
        server: feeds them.
        timeout_seconds: the longest that one phase of one peer may take.
    """

    def __init__(self, server: Server, timeout_seconds: float) -> None:
        self._server = server
        self._timeout = timeout_seconds

    def measure(self, peer: Peer, scenario: Scenario) -> Values:
        """Measure one peer once, on an idle machine if the numbers are to mean anything.

        Raises:
            PeerFailed: it ended early, lost its watch, or did not get through in time.
        """
        self._server.reset(scenario, metadata=peer.metadata)
        started = time.monotonic()
        with RevisionBuilder(peer, self._server, scenario.job, self._timeout, tls=scenario.tls) as life:
            first = scenario.objects * scenario.watchers
            listed = life.wait_runs(first, first)
            values: Values = {"list_seconds": listed - self._server.first_request_at()}
            if scenario.objects == 1:
                values["start_seconds"] = listed - started
            if scenario.kind != "storm":
                time.sleep(_SETTLE_SECONDS)
            settled = life.sample()
            values |= {"cpu_to_listed_seconds": settled.cpu_seconds}
            values |= {"resident": settled.resident_bytes, "peak": settled.peak_bytes}
            if isinstance(life.counter, WorkerCounters):
                values |= workers.memory(life, scenario.job.processes)
            values |= self._load(peer, scenario, life, settled)
            if scenario.job.pulse:
                values |= life.counter.pulse()
        return values

    def _load(self, peer: Peer, scenario: Scenario, life: Life, settled: Sample) -> Values:
        if scenario.kind == "growth":
            return {}
        if scenario.kind in {"idle", "storm"}:
            return _watched(life, scenario.seconds, settled)
        if scenario.kind == "held":
            return workers.held(life, self._server, scenario.objects)
        if scenario.kind == "killed":
            return workers.killed(life)
        events = scenario.events // _SLOW_PART if peer.slow and scenario.kind == "burst" else scenario.events
        # What was written before are Events about the plugin's start, not about objects.
        written = self._server.writes()
        values = self._burst(life, scenario, events)
        watching = scenario.job.processes if peer.shards and scenario.job.processes else 1
        if not self._server.holds_watches((scenario.job.kinds or 1) * watching):
            raise PeerFailed("its watch did not hold")
        return values | {"api_writes": self._server.writes() - written}

    def _burst(self, life: Life, scenario: Scenario, events: int) -> Values:
        """Send ``events``, at once or at the scenario's rate, and wait until all are reconciled."""
        volleys = [self._volley(life, scenario, events // scenario.volleys) for _ in range(scenario.volleys)]
        seconds, cpu = sum(each["seconds"] for each in volleys), sum(each["cpu"] for each in volleys)
        runs = sum(each["runs"] for each in volleys)
        values = {"handler_runs": runs, "cpu_share": cpu / seconds, "peak_under_load": volleys[-1]["peak"]}
        if scenario.rate:
            return values | {name: value for name, value in volleys[0].items() if name not in _PARTS}
        values |= {"burst_seconds": seconds, "events_per_second": events / seconds, "cpu_per_event": cpu / events}
        values |= {"events_per_core": events / cpu, "runs_per_core": runs / cpu}
        return values | {"runs_per_second": runs / seconds, "cpu_per_run": cpu / runs}

    def _volley(self, life: Life, scenario: Scenario, events: int) -> Values:
        """Return what one volley of events took, and the latencies if they were paced."""
        self._server.prepare(events, life.pid)
        copies = scenario.watchers
        before_runs, _ = life.counter.read()
        before = life.sample()
        sent = self._server.fire(scenario.rate, life.pid)
        least = min(events, scenario.objects) * copies
        finished = life.wait_runs(before_runs + least, before_runs + events * copies)
        after = life.sample()
        runs = life.counter.read()[0] - before_runs
        cpu = after.cpu_seconds - before.cpu_seconds
        values = {"seconds": finished - sent.started, "cpu": cpu, "runs": runs, "peak": after.peak_bytes}
        if not scenario.rate:
            return values
        return values | latency.percentiles(sent.times, scenario.objects, life.counter.runs(before_runs))


#: Of a volley, what a burst sums up.
_PARTS = frozenset({"seconds", "cpu", "runs", "peak"})


def _watched(life: Life, seconds: float, before: Sample) -> Values:
    """Look at a peer that gets no events for a while."""
    runs, _ = life.counter.read()
    began = time.monotonic()
    time.sleep(seconds)
    after = life.sample()
    lasted = time.monotonic() - began
    more = life.counter.read()[0] - runs
    cpu = after.cpu_seconds - before.cpu_seconds
    values = {"cpu_share": cpu / lasted, "handler_runs": more, "own_resident": after.own_resident_bytes}
    return values | ({"cpu_per_run": cpu / more} if more else {})
