"""One replica in this process: membership and coordination as the operator has them, without plugins."""

import asyncio
import contextlib

from kube_apiserver import Endpoint
from plugin_operator.cache import InformerFactory, OwnedShards
from plugin_operator.client import ApiClient, Connection, ConnectionConfig, RESTMapper
from plugin_operator.clock import SystemClock
from plugin_operator.fence import Fence
from plugin_operator.kube.shards import ShardRanges
from plugin_operator.leaderelection import LeaderElector, LeaseLock, Timing
from plugin_operator.metrics import Metrics
from plugin_operator.replicas.coordination import Coordination
from plugin_operator.replicas.coordinator_driver import CoordinatorDriver
from plugin_operator.replicas.lease_names import LeaseNames
from plugin_operator.replicas.map_lease import MapLease
from plugin_operator.replicas.map_watch import MapWatch
from plugin_operator.replicas.member_fence import MemberFence
from plugin_operator.replicas.member_leases import MemberLeases
from plugin_operator.replicas.membership import ReplicaMembership
from plugin_operator.replicas.observed_members import ObservedMembers
from plugin_operator.sharding import MembershipTiming

#: Short, with a deadline of half a second for requests.
TIMING = MembershipTiming(lease_seconds=2.0, deadline_seconds=1.0, renew_seconds=0.3, retry_seconds=0.1)
ELECTION = Timing(lease_duration_seconds=2, renew_deadline_seconds=1, retry_period_seconds=0.1)
NAMES = LeaseNames.beside("default", "widgets-leader-election")


class Busy:
    """Work in flight on every shard until it is released."""

    def __init__(self) -> None:
        self.is_working = False

    def shards_changed(self) -> None:
        """Do nothing."""

    def is_busy(self, ranges: ShardRanges) -> bool:
        """Report whether there is work."""
        return self.is_working and bool(ranges)


class Replica:
    """A replica on a connection of its own."""

    is_stop_requested = False
    plugins = ""

    def __init__(self, name: str, connection: Connection, opened: contextlib.AsyncExitStack) -> None:
        clock, mapper = SystemClock(), RESTMapper(connection)
        client = ApiClient(connection, mapper, field_manager="plugin-operator", default_namespace="default")
        self.name = name
        self._opened = opened
        self.shards = OwnedShards(clock)
        self.work = Busy()
        self.shards.follow(self.work)
        self.fence = MemberFence(clock)
        self.factory = InformerFactory(connection, mapper, clock=clock, metrics=Metrics(), shards=self.shards)
        leases = MemberLeases(client, NAMES, identity=name, timing=TIMING, clock=clock)
        maps = MapLease(client, NAMES, timing=TIMING, clock=clock)
        self.watch = MapWatch(maps, self.factory, clock=clock)
        self.observed = ObservedMembers(NAMES, self.factory, timing=TIMING, clock=clock)
        self.elector = LeaderElector(
            LeaseLock(client, "default", "widgets-leader-election", name),
            fence=Fence(clock), clock=clock, metrics=Metrics(), timing=ELECTION,
        )  # fmt: skip
        self.coordination = Coordination(
            self.elector, lambda: CoordinatorDriver(leases, maps, self.watch, self.observed, clock=clock), clock=clock
        )
        self.membership = ReplicaMembership(leases, self.watch, self.shards, self.fence, host=self, clock=clock)
        self.is_working = asyncio.Event()
        self.life: asyncio.Task[None] | None = None

    @classmethod
    async def started(cls, name: str, endpoint: Endpoint, plugins: str = "") -> "Replica":
        """Return a replica that joins."""
        config = ConnectionConfig.for_endpoint(endpoint.url, token=endpoint.token, ca_pem=endpoint.ca_pem)
        opened = contextlib.AsyncExitStack()
        replica = cls(name, await opened.enter_async_context(Connection.open(config, Metrics())), opened)
        replica.plugins = plugins
        await replica.watch.start()
        await replica.observed.start()
        await replica.coordination.start()
        replica.life = asyncio.create_task(replica.membership.run(replica.is_working.set))
        return replica

    def is_ready(self) -> bool:
        """Report that there is nothing to load."""
        return True

    def revision(self) -> str:
        """Return what it runs."""
        return self.plugins

    def has_other(self, member: str, origin: str) -> bool:
        """Report whether another replica could get shards of this one."""
        return self.observed.has_other(member, origin)

    def request_stop(self) -> None:
        """Note that the process is asked to stop."""
        self.is_stop_requested = True

    async def resign(self) -> None:
        """Let another replica coordinate."""
        await self.coordination.stop(1.0)

    def works_on(self) -> ShardRanges:
        """Return the hashes that it may work on now."""
        return self.shards.ranges if self.fence.is_open and self.is_working.is_set() else ShardRanges()

    async def leave(self) -> None:
        """Stop as a process that gets SIGTERM."""
        await self.membership.leave(10.0)
        if self.life is not None:
            self.life.cancel()
        await self.membership.release()
        await self.coordination.stop(1.0)
        await self._end()

    async def kill(self) -> None:
        """Stop as a process that is killed: nothing is released."""
        self.fence.close()
        await self._opened.aclose()
        for each in (self.membership, self.coordination):
            await each._tasks.stop(1.0)
        if self.life is not None:
            self.life.cancel()
        await self._end()

    async def _end(self) -> None:
        await self.watch.stop(1.0)
        await self.observed.stop(1.0)
        await self.factory.stop()
        with contextlib.suppress(Exception):
            await self._opened.aclose()
