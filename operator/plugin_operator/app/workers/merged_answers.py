"""What the HTTP servers of the supervisor serve: the answers of all workers as those of one process."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder

from plugin_operator.app.managed_connection import ManagedConnection
from plugin_operator.app.workers.readiness import MergedReadiness
from plugin_operator.app.workers.work_division import division_of, rows_of
from plugin_operator.app.workers.worker_shards import WorkerShards
from plugin_operator.leaderelection import LeaderElector
from plugin_operator.metrics import Metrics
from plugin_operator.metrics.declaration import counter
from plugin_operator.processes.blame.blame import Offence
from plugin_operator.processes.blame.charged_status import charged
from plugin_operator.processes.merging.metrics import FamilyReport, MergedMetrics, report_of
from plugin_operator.processes.merging.status import merged_status
from plugin_operator.processes.worker_set import WorkerSet
from plugin_operator.serving.checks import Probe

WORKER_RESTARTS = counter("plugin_operator_worker_restarts_total", "Restarts of worker processes", "worker")


class MergedAnswers:
    """Asks the workers and merges their answers.

    Args:
        workers: the workers.
        metrics: metrics registry of the supervisor.
        link: its connection to the API server.
        elector: its elector; None without election.
        down: returns its background tasks that do not work.
        offences: returns what plugins are charged with, because they end workers.
    """

    def __init__(
        self,
        workers: WorkerSet,
        metrics: Metrics,
        link: ManagedConnection,
        elector: LeaderElector | None,
        *,
        down: Callable[[], list[str]],
        offences: Callable[[], Mapping[str, Offence]],
    ) -> None:
        self._workers = workers
        self._metrics = metrics
        self._link = link
        self._elector = elector
        self._readiness = MergedReadiness(workers, down)
        self._offences = offences
        self._merged = MergedMetrics()
        self._asking = asyncio.Lock()
        restarts = metrics.family(WORKER_RESTARTS)
        for slot in workers.slots:
            restarts.inc(str(slot.number), by=0)
            slot.on_restart = partial(restarts.inc, str(slot.number))
        self._shards = WorkerShards(workers, metrics)

    async def status(self) -> dict[str, Any]:
        """Return the status of all workers as one."""
        elector = self._elector
        async with self._asking:
            found = await self._workers.ask("status")
        reports = [each.pop("worker") if each is not None else None for each in found]
        merged = merged_status(
            found,
            leading=elector.is_leader() if elector is not None else self._link.is_open,
            leader=elector.leader if elector is not None else "",
            workers=rows_of(self._workers, reports),
            sharding={**division_of(len(reports), reports), **self._shards.division()},
        )
        return charged(merged, self._offences())

    async def metrics(self, accept_header: str) -> tuple[str, bytes]:
        """Return content type and body of a scrape of all processes."""
        encoder, content_type = choose_encoder(accept_header)
        is_open = "openmetrics" in content_type
        async with self._asking:
            lives = {slot.number: slot.restarts for slot in self._workers.slots}
            found = await self._workers.ask("metrics", "openmetrics" if is_open else "")
            reports = {
                number: (life, msgspec.convert(report, list[FamilyReport]) if report is not None else None)
                for (number, life), report in zip(lives.items(), found, strict=True)
            }
            own = report_of(self._metrics.collect(canonical_floats=is_open))
            return content_type, encoder(_Collected(self._merged.merge(own, reports)))

    def probes(self) -> list[Probe]:
        """Return the probes ``healthz`` and ``readyz``."""
        return self._readiness.probes()


class _Collected:
    """Merged metrics as a registry that encoders can read."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> list[Metric]:
        """Return the metrics."""
        return self._metrics
