"""One worker process: an operator without election and without HTTP servers, which obeys the supervisor."""

import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from plugin_operator import logs
from plugin_operator.app.build import App, build
from plugin_operator.app.host_parts import HostParts
from plugin_operator.app.main import guarded, run_app
from plugin_operator.app.workers.worker_report import worker_report
from plugin_operator.cache import OwnedShards
from plugin_operator.clock import SystemClock
from plugin_operator.errors import PluginOperatorError, UsageError
from plugin_operator.fence import Fence
from plugin_operator.manager import Election, Runnable, before_leaving, leave_now, run_in_loop
from plugin_operator.options import Options
from plugin_operator.processes.blame.marking import Marking
from plugin_operator.processes.blame.marks import CodeMarks, MarkMemory
from plugin_operator.processes.member_end import MemberEnd
from plugin_operator.processes.merging.metrics import report_of
from plugin_operator.processes.messages import Failed, Outcome, Quarantine, Report, Ruling, Runs, Vote, line_of
from plugin_operator.processes.peers.peers import Peers
from plugin_operator.processes.worker_end import PipedLeadership, SupervisorLink
from plugin_operator.sharding import MemberRecord
from plugin_operator.tasks import TaskSupervisor

#: The rest of the grace period is for the supervisor.
_SHARE_OF_GRACE = 0.75


def run_worker(options: Options, memories: Sequence[MarkMemory], number: int, end: socket.socket) -> int:
    """Run a worker in this process, which was forked for it, and return the exit status.

    Args:
        options: settings of the operator.
        memories: where each worker marks which plugin's code runs, by number.
        number: number of the worker.
        end: socket to the supervisor.
    """
    logs.configure(options.log_format, options.log_level, worker=number)
    failing = end.dup()  # the event loop closes the other one
    marks = CodeMarks(memories[number])
    before_leaving(marks.leaving)
    try:
        return run_in_loop(_run(_options_of_worker(options), end, marks))
    except PluginOperatorError as error:
        failing.setblocking(True)
        failing.sendall(line_of(Failed(str(error), isinstance(error, UsageError))))
        return 1
    finally:
        marks.leaving()


async def _run(options: Options, end: socket.socket, marks: CodeMarks) -> int:
    return await run_app(_Worker(end, marks).built(options), options)


def _options_of_worker(options: Options) -> Options:
    """Return the settings without what the supervisor does for all workers.

    The name of the Lease stays: schedules and installed definitions are kept under it.
    """
    grace = options.shutdown_grace_period_seconds * _SHARE_OF_GRACE
    election = replace(options.leader_election, enabled=False)
    return replace(
        options,
        metrics_address=None,
        metrics_security=None,
        probe_address=None,
        leader_election=election,
        shutdown_grace_period_seconds=grace,
    )


class _Worker:
    """What the supervisor's messages are about, in terms of an ``App``."""

    def __init__(self, end: socket.socket, marks: CodeMarks) -> None:
        self._end = end
        self._marks = marks
        self._clock = SystemClock()
        self._app: App | None = None
        self._leadership: PipedLeadership | None = None
        self._link: SupervisorLink | None = None
        self._peers = Peers(self._tell)
        self._tried: set[str] = set()
        self._shards = OwnedShards(self._clock)
        self._since = self._clock.now()

    def built(self, options: Options) -> App:
        """Return the operator of this worker."""
        marking = Marking(self._marks, self._peers.held)
        parts = HostParts(
            tried=self._tried, election=self._elect, shards=self._shards, peers=self._peers, marking=marking
        )
        self._app = build(options, [guarded, lambda _: self._connect()], parts)
        return self._app

    @property
    def is_settled(self) -> bool:
        """Whether all plugins have reached the state of their files."""
        return self._running.host.is_settled

    @property
    def plugins(self) -> Mapping[str, str]:
        """Digest of the active revision by plugin."""
        return {each.name: each.digest for each in self._running.host.status() if each.digest}

    @property
    def supervisor(self) -> TaskSupervisor:
        """That of the operator."""
        return self._running.supervisor

    def joined(self, life: str, publish: Callable[[MemberRecord], None]) -> MemberEnd:
        """Return this life of the worker as a member, which publishes its record."""
        return MemberEnd(
            life,
            self._shards,
            publish=publish,
            give_up=self.request_stop,
            leave=self.leave,
            clock=self._clock,
            supervisor=self.supervisor,
        )

    def learn(self, what: Report | Outcome) -> None:
        """Follow what another worker has done with a content, or the supervisor has decided."""
        self._peers.learn(what)

    def need_no_trial(self, digests: Iterable[str]) -> None:
        """Load contents without a trial, because they run in another worker."""
        self._tried.update(digests)

    def request_stop(self) -> None:
        """Drain the reconciles and end."""
        self._running.manager.request_stop()

    def leave(self) -> None:
        """End the process at once."""
        leave_now(1)

    @property
    def _running(self) -> App:
        if self._app is None:
            raise RuntimeError("the operator of this worker is not built yet")
        return self._app

    def _elect(self, fence: Fence) -> Election:
        self._leadership = PipedLeadership(fence, self._clock)
        return self._leadership

    def _connect(self) -> Runnable:
        if self._leadership is None:
            raise RuntimeError("the election of this worker is not built yet")
        questions = {"status": self._status, "worker": self._report, "metrics": self._metrics, "check": self._check}
        self._link = SupervisorLink(self._end, self, self._leadership, questions, clock=self._clock)
        return self._link

    def _tell(self, what: Quarantine | Ruling | Runs | Vote) -> None:
        if self._link is not None:
            self._link.tell(what)

    async def _status(self, _: str) -> Any:
        status = self._running.status()
        return {**status, "worker": self._report_of(status)}

    async def _report(self, _: str) -> Any:
        return self._report_of(self._running.status())

    def _report_of(self, status: Mapping[str, Any]) -> Any:
        return worker_report(self._running.factory.informers(), status["plugins"], self._since)

    async def _metrics(self, form: str) -> Any:
        return report_of(self._running.metrics.collect(canonical_floats=form == "openmetrics"))

    async def _check(self, name: str) -> Any:
        ready = next(each for each in self._running.probes if each.name == "readyz")
        outcome = await ready.run(name)
        return outcome.reason, outcome.note
