"""An operator whose replicas share the objects of sharded controllers.

Owns how membership and coordination are wired into an ``App``: the membership takes the place of the election, and the
election decides only which replica coordinates.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from msgspec.structs import replace

from plugin_operator.app.build import VERSION, App, Companion
from plugin_operator.app.election import lease_parts, make_elector
from plugin_operator.app.host_parts import HostParts
from plugin_operator.app.plugin_skew import Watching, digest_of
from plugin_operator.cache import OwnedShards
from plugin_operator.client import ConnectionConfig, load_connection_config
from plugin_operator.clock import SystemClock
from plugin_operator.errors import UsageError
from plugin_operator.fence import Fence
from plugin_operator.leaderelection import LeaderElector
from plugin_operator.leaderelection.deadline import within
from plugin_operator.manager import Election, Runnable
from plugin_operator.options import LeaderElectionOptions, Options
from plugin_operator.replicas.coordination import Coordination
from plugin_operator.replicas.coordinator_driver import CoordinatorDriver
from plugin_operator.replicas.lease_names import LeaseNames
from plugin_operator.replicas.map_lease import MapLease
from plugin_operator.replicas.map_report import MapReport
from plugin_operator.replicas.map_watch import MapWatch
from plugin_operator.replicas.member_fence import MemberFence
from plugin_operator.replicas.member_leases import MemberLeases
from plugin_operator.replicas.membership import ReplicaMembership
from plugin_operator.replicas.observed_members import ObservedMembers
from plugin_operator.sharding import MembershipTiming
from plugin_operator.sharding.lease_writer import lease_of

#: Part of a stop in which shards move while reconciles still run; the rest is for those that are left.
_SHARE_OF_STOP = 0.5
_RENEWALS_A_DEADLINE = 2
#: For the request that lets another replica coordinate when this one ends.
_RESIGN_SECONDS = 1.0


def membership_timing(election: LeaderElectionOptions) -> MembershipTiming:
    """Return the durations of membership that follow from those of leader election.

    Raises:
        UsageError: clocks may drift by too much for these durations.
    """
    renew_seconds = election.renew_deadline_seconds / _RENEWALS_A_DEADLINE
    try:
        return MembershipTiming(
            lease_seconds=election.lease_duration_seconds,
            deadline_seconds=election.renew_deadline_seconds,
            renew_seconds=renew_seconds,
            retry_seconds=min(election.retry_period_seconds, renew_seconds) / 2,
        )
    except ValueError as error:
        raise UsageError(f"--leader-elect-lease-duration and --leader-elect-renew-deadline: {error}") from error


class MovingShards:
    """Runnable of a working replica: its stop moves the shards before the reconciles stop."""

    name = "shards of this replica"

    def __init__(self, membership: ReplicaMembership) -> None:
        self._membership = membership

    async def start(self) -> None:
        """Do nothing: the membership works already."""

    async def stop(self, deadline_seconds: float) -> None:
        """Let other replicas take the shards."""
        await self._membership.leave(deadline_seconds * _SHARE_OF_STOP)


class SharingApp(App):
    """One replica of an operator, ready to run; create it on a running event loop.

    Args:
        options: settings of the process.
        config: address and credentials of the API server.
        companions: return the Runnables that start first and stop last.
        parts: replacements for parts of the plugin host.
    """

    def __init__(
        self,
        options: Options,
        config: ConnectionConfig,
        companions: Sequence[Companion],
        *,
        parts: HostParts | None = None,
    ) -> None:
        self._timing = membership_timing(options.leader_election)
        self._shards = OwnedShards(SystemClock())
        self._revision = ""
        super().__init__(options, config, companions, parts=replace(parts or HostParts(), shards=self._shards))

    def status(self) -> Mapping[str, Any]:
        """Return the content of ``/status``, with the map as this replica knows it."""
        sharding = {
            "replica": lease_of(self._membership.member)[0],
            "revision": self.revision(),
            "coordinates": self._coordinator.is_leader(),
            "owned": len(self._membership.owned),
            **self._report.division(),
        }
        return {**super().status(), "replicas": self._report.rows(), "sharding": sharding}

    # ---- what the membership asks

    def is_ready(self) -> bool:
        """Report whether the plugins found at start have been tried."""
        return not self._not_loaded()

    def revision(self) -> str:
        """Return the operator's version and a digest of all plugins; of the last settled ones while some change."""
        if self.host.is_settled or not self._revision:
            self._revision = f"{VERSION}-{digest_of(self.host.status(), self.options.namespaces)}"
        return self._revision

    def has_other(self, member: str, origin: str) -> bool:
        """Report whether another replica could get shards of this one."""
        return self._observed.has_other(member, origin)

    def request_stop(self) -> None:
        """Drain the reconciles and end."""
        self.manager.request_stop()

    async def resign(self) -> None:
        """Release the election Lease, which otherwise no one acquires for as long as it lasts."""
        with suppress(TimeoutError):
            await within(self._clock, _RESIGN_SECONDS, self._coordination.stop(_RESIGN_SECONDS / 2))

    # ---- parts of the operator

    def _make_fence(self) -> Fence:
        self._member_fence = MemberFence(self._clock)
        return self._member_fence

    def _make_election(self) -> Election:
        clock, supervisor, election = self._clock, self.supervisor, self.options.leader_election
        client = self._client(self.link)
        self._coordinator: LeaderElector = make_elector(
            election,
            self._namespace,
            lambda seconds: self._client(self.link, seconds),
            fence=Fence(clock),  # of the coordinator alone, which needs none
            clock=clock,
            metrics=self.metrics,
        )
        lock = self._coordinator.lock
        names = LeaseNames.beside(lock.namespace, lock.name)
        self._leases = MemberLeases(client, names, identity=lock.identity, timing=self._timing, clock=clock)
        self._map_lease = MapLease(client, names, timing=self._timing, clock=clock)
        self._map_watch = MapWatch(self._map_lease, self.factory, clock=clock, supervisor=supervisor)
        self._observed = ObservedMembers(names, self.factory, timing=self._timing, clock=clock)
        self._membership = ReplicaMembership(
            self._leases,
            self._map_watch,
            self._shards,
            self._member_fence,
            host=self,
            clock=clock,
            supervisor=supervisor,
        )
        self._report = MapReport(
            self._map_watch,
            self._observed,
            member=lambda: self._membership.member,
            coordinator=lambda: self._coordinator.leader,
            metrics=self.metrics,
        )
        return self._membership

    def _new_driver(self) -> CoordinatorDriver:
        return CoordinatorDriver(
            self._leases,
            self._map_lease,
            self._map_watch,
            self._observed,
            clock=self._clock,
            supervisor=self.supervisor,
        )

    def _of_replicas(self) -> tuple[list[Runnable], list[Runnable]]:
        clock, supervisor = self._clock, self.supervisor
        replica = Watching(self.host, self.options.namespaces)
        skew = lease_parts(
            self._coordinator, self.factory, replica, client=self._client(self.link),
            metrics=self.metrics, clock=clock, supervisor=supervisor,
        )  # fmt: skip
        self._coordination = Coordination(self._coordinator, self._new_driver, clock=clock, supervisor=supervisor)
        return [*skew, self._map_watch, self._observed, self._coordination], [MovingShards(self._membership)]


def build_sharing(options: Options, companions: Sequence[Companion], parts: HostParts) -> SharingApp:
    """Return a replica that shares objects with others; see ``build``.

    Raises:
        ConfigError: no cluster is configured, or its configuration is invalid.
        UsageError: clocks may drift by too much for the durations of leader election.
    """
    config = load_connection_config(options.kubeconfig, options.context)
    return SharingApp(options, config, companions, parts=parts)
