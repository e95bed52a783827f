"""The supervisor process: the Lease, the HTTP servers and the workers; it runs no code of plugins."""

import os
import socket
from collections.abc import Sequence
from functools import partial
from typing import Any

from plugin_operator.app.build import FIELD_MANAGER, VERSION, Companion
from plugin_operator.app.election import lease_parts, make_elector
from plugin_operator.app.lifecycle import own_object
from plugin_operator.app.main import run_app
from plugin_operator.app.managed_connection import ManagedConnection
from plugin_operator.app.plugin_runnables import FactoryRunnable
from plugin_operator.app.plugin_skew import Watching
from plugin_operator.app.servers import metrics_server, probe_server
from plugin_operator.app.workers.merged_answers import MergedAnswers
from plugin_operator.app.workers.work_division import DivisionHint
from plugin_operator.app.workers.worker import run_worker
from plugin_operator.cache import InformerFactory
from plugin_operator.client import ApiClient, ConnectionConfig, RESTMapper, load_connection_config
from plugin_operator.clock import SystemClock
from plugin_operator.hosting.environment import PROBATION_SECONDS, SPIKE_FAILURES
from plugin_operator.manager import Manager, Runnable, run_in_loop
from plugin_operator.metrics import Metrics
from plugin_operator.options import Options
from plugin_operator.plugin import EventRecorder
from plugin_operator.processes.blame.blame import WorkerBlame
from plugin_operator.processes.blame.charges import Limits
from plugin_operator.processes.blame.marks import MarkMemory
from plugin_operator.processes.forked import ForkedWorkers
from plugin_operator.processes.nursery import Nursery
from plugin_operator.processes.relayed_fence import RelayedFence
from plugin_operator.processes.worker_set import WorkerSet
from plugin_operator.tasks import TaskSupervisor
from plugin_operator.tasks.supervisor import BACKGROUND_TASK_RESTARTS


def run_supervisor(options: Options, companions: Sequence[Companion]) -> int:
    """Run the supervisor and its workers, and return the exit status; see ``app.run``.

    Args:
        options: settings of the operator.
        companions: return the Runnables of the supervisor that start first and stop last.
    """
    # Forked first: a process with an event loop or threads must not be forked.
    memories = [MarkMemory() for _ in range(options.processes)]  # shared with all processes that are forked from now on
    nursery = Nursery.start(partial(run_worker, options, memories))
    return run_in_loop(_run(options, companions, nursery, memories))


async def _run(
    options: Options, companions: Sequence[Companion], nursery: Nursery, memories: Sequence[MarkMemory]
) -> int:
    config = load_connection_config(options.kubeconfig, options.context)
    return await run_app(SupervisorApp(options, config, nursery, memories, companions), options)


class LeadingWorkers:
    """Runnable of the leader: the workers reconcile between ``start`` and the return of ``stop``."""

    name = "reconciles of the workers"

    def __init__(self, workers: WorkerSet) -> None:
        self._workers = workers

    async def start(self) -> None:
        """Let the workers reconcile."""
        self._workers.lead()

    async def stop(self, deadline_seconds: float) -> None:
        """End the workers, because the Lease is released next."""
        await self._workers.stop(deadline_seconds)


class SupervisorApp:
    """The supervisor, ready to run; create it on a running event loop.

    Args:
        options: settings of the operator.
        config: address and credentials of the API server.
        nursery: forks the workers.
        memories: where each worker marks which plugin's code runs, by number.
        companions: return the Runnables that start first and stop last.

    Attributes:
        manager: starts and stops the Runnables.
    """

    def __init__(
        self,
        options: Options,
        config: ConnectionConfig,
        nursery: Nursery,
        memories: Sequence[MarkMemory],
        companions: Sequence[Companion],
    ) -> None:
        self._options = options
        self._clock = SystemClock()
        self._metrics = Metrics()
        self.supervisor = TaskSupervisor(self._clock, self._metrics.family(BACKGROUND_TASK_RESTARTS))
        self._link = ManagedConnection(
            config,
            self._metrics,
            clock=self._clock,
            patience_seconds=options.connect_timeout_seconds,
            user_agent=f"plugin-operator/{VERSION}",
        )
        self._mapper = RESTMapper(self._link, clock=self._clock)
        self._namespace = config.namespace
        self._fence = RelayedFence(self._clock, self._renewed)
        self._recorder = EventRecorder(
            self._client(30.0), instance=socket.gethostname(), clock=self._clock, supervisor=self.supervisor
        )
        self._blame = WorkerBlame(
            memories,
            Limits(PROBATION_SECONDS, SPIKE_FAILURES),
            clock=self._clock,
            metrics=self._metrics,
            tell=self._tell,
        )
        self._workers = WorkerSet(
            options.processes,
            ForkedWorkers(nursery, clock=self._clock, supervisor=self.supervisor),
            blame=self._blame,
            held_until=lambda: self._fence.until,
            fail=self._fail,
            clock=self._clock,
            supervisor=self.supervisor,
        )
        self.manager = self._manager([make(self._fail) for make in companions])

    async def run(self) -> int:
        """Run until a stop is requested or a Runnable fails, and return the exit status; see ``Manager.run``."""
        try:
            return await self.manager.run()
        finally:
            self.supervisor.close()

    def _manager(self, companions: Sequence[Runnable]) -> Manager:
        options, clock, link = self._options, self._clock, self._link
        elector = self._make_elector() if options.leader_election.enabled else None
        answers = MergedAnswers(
            self._workers, self._metrics, link, elector,
            down=lambda: self.supervisor.down, offences=lambda: self._blame.offences,
        )  # fmt: skip
        servers = [
            *metrics_server(options, answers.metrics, link, clock=clock, supervisor=self.supervisor),
            *probe_server(options, answers.probes(), answers.status),
        ]
        runnables: list[Runnable] = [*companions, *servers, link, self._recorder]
        if elector is not None:
            factory = InformerFactory(link, self._mapper, clock=clock, metrics=Metrics(), supervisor=self.supervisor)
            leases = lease_parts(
                elector, factory, Watching(self._workers, options.namespaces), client=self._client(30.0),
                metrics=self._metrics, clock=clock, supervisor=self.supervisor,
            )  # fmt: skip
            runnables += [FactoryRunnable(factory), self._workers, *leases]
        else:
            runnables.append(self._workers)
        runnables.append(DivisionHint(self._workers, clock=clock, supervisor=self.supervisor))
        return Manager(
            runnables,
            [LeadingWorkers(self._workers)],
            elector=elector,
            grace_seconds=options.shutdown_grace_period_seconds,
            clock=clock,
            supervisor=self.supervisor,
        )

    def _make_elector(self) -> Any:
        return make_elector(
            self._options.leader_election,
            self._namespace,
            self._client,
            fence=self._fence,
            clock=self._clock,
            metrics=self._metrics,
        )

    def _client(self, seconds: float) -> ApiClient:
        return ApiClient(
            self._link,
            self._mapper,
            field_manager=FIELD_MANAGER,
            default_namespace=self._namespace,
            timeout_seconds=seconds,
        )

    def _tell(self, plugin: str, reason: str, message: str) -> None:
        """Record an Event about the pod."""
        about = own_object(os.environ, self._namespace)
        self._recorder.bind(FIELD_MANAGER, plugin).event(about, "Warning", reason, message)

    def _renewed(self) -> None:
        self._workers.renewed()

    def _fail(self, part: str, error: BaseException) -> None:
        self.manager.fail(part, error)
