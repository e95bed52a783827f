"""The API server and the replicas as one, kept running: who ends is replaced, and every end has to have a reason."""

import asyncio
import os
import signal
import time
from contextlib import suppress

from tests.soak.processes import Replica, strays
from tests.soak.records import Records
from tests.soak.servers import SERVERS, Server
from tests.soak.settings import REPLICAS, Settings

_LEADERSHIP = ("Leadership lost, exiting", "Leadership expired")
_RESTART_SECONDS = 0.5
_MOST = 4


class Cluster:
    """Starts, stops, kills and replaces processes.

    Attributes:
        unexpected: ends that nobody asked for.
    """

    def __init__(self, settings: Settings, records: Records) -> None:
        self._settings = settings
        self._records = records
        self._numbers = 0
        self.server: Server = SERVERS[settings.server](settings)
        self._server_hurts = asyncio.Lock()
        self.replicas: list[Replica] = []
        self._wanted = settings.replicas
        self.unexpected: list[str] = []

    async def supervise(self) -> None:
        """Keep the number of replicas until cancelled."""
        while True:
            for replica in [each for each in self.replicas if not each.process.is_running]:
                self.replicas.remove(replica)
                self._judge(replica)
                if replica.network is not None:
                    replica.network.close()
                await asyncio.sleep(_RESTART_SECONDS)
            while len(self.replicas) < self._wanted:
                self._numbers += 1
                replica = Replica(self._settings, self.server.for_operators, f"replica-{self._numbers}")
                await replica.start()
                self.replicas.append(replica)
            await asyncio.sleep(0.2)

    async def leader(self) -> Replica | None:
        """Return the replica that says that it leads, None between two."""
        for replica in tuple(self.replicas):
            if await replica.leads():
                return replica
        return None

    async def is_whole(self) -> bool:
        """Whether all replicas are ready and one leads."""
        ready = [await each.is_ready() for each in tuple(self.replicas)]
        is_whole = len(ready) == self._wanted and all(ready) and await self.leader() is not None
        return is_whole and (not self._settings.is_sharded or await self._is_divided())

    async def kill(self, what: str, seconds: float) -> bool:
        """Do one of the plan's kills, and return False if there is nobody to do it to.

        What is stopped or gone comes back after ``seconds``.
        """
        if what.endswith("server"):
            if self._server_hurts.locked():
                return False
            async with self._server_hurts:
                await self._hurt_server(what, seconds)
            return True
        leader = await self.leader()
        others = [each for each in self.replicas if each is not leader and not each.process.is_stopped]
        victim = leader if not what.endswith("standby") else next(iter(others), None)
        if victim is None or victim.process.is_stopped or victim.has_stopped_worker:
            return False
        if "worker" in what:
            return await self._hurt_worker(victim, what, seconds)
        if what.startswith("cut"):
            await self._cut(victim, seconds)
        elif what.startswith("stop"):
            await self._pause(victim, seconds)
        elif what.startswith("add"):
            self._wanted = min(self._wanted + 1, _MOST)
        elif what.startswith(("end", "remove")):
            self._wanted = max(self._wanted - what.startswith("remove"), REPLICAS)
            victim.expected.add(0)
            victim.process.send(signal.SIGTERM)
        else:
            victim.expected.add(-signal.SIGKILL)
            victim.process.send(signal.SIGKILL)
        return True

    async def heal(self) -> None:
        """Bring back a server that is gone."""
        if not self.server.process.is_running:
            await self.server.start()

    async def strays(self) -> dict[int, str]:
        """Return processes that outlived whoever started them by more than a few seconds."""
        found = strays(self._known())
        for _ in range(20):
            if not found:
                break
            await asyncio.sleep(1)
            still = strays(self._known())
            found = {pid: text for pid, text in found.items() if pid in still}
        return found

    async def close(self) -> None:
        """End everything in order; the supervisor has to be gone."""
        for replica in self.replicas:
            if replica.process.is_running:
                replica.expected.add(0)
                await replica.process.end()
            self._judge(replica)
            if replica.network is not None:
                replica.network.close()
        if (code := await self.server.close()) != 0:
            self.unexpected.append(f"the API server ends with {code}")

    async def _is_divided(self) -> bool:
        """Whether these replicas, and no others, own all shards, and no shard moves."""
        found = [await each.sharding() for each in tuple(self.replicas)]
        if not all(found):
            return False
        names = sorted(each["replica"] for each in found)
        rests = all((each["unowned"], each["moving"]) == (0, 0) for each in found)
        return rests and all(sorted(each["owners"]) == names for each in found)

    def _known(self) -> set[int]:
        return {*self.server.pids, *(each.process.pid for each in self.replicas)}

    async def _hurt_server(self, what: str, seconds: float) -> None:
        process = self.server.process
        if what.startswith("stop"):
            process.send(signal.SIGSTOP)
            await asyncio.sleep(seconds)
            process.send(signal.SIGCONT)
            return
        await process.end(signal.SIGKILL)
        await asyncio.sleep(seconds)
        await self.server.start()

    async def _pause(self, victim: Replica, seconds: float) -> None:
        since = time.monotonic_ns()
        victim.process.send(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        if self._settings.processes == 1:  # workers go on, and have to stop by themselves
            self._records.paused.append((victim.name, since, time.monotonic_ns()))
        victim.process.send(signal.SIGCONT)

    async def _cut(self, victim: Replica, seconds: float) -> None:
        if victim.network is not None:
            victim.network.cut()
            await asyncio.sleep(seconds)
            victim.network.heal()

    async def _hurt_worker(self, victim: Replica, what: str, seconds: float) -> bool:
        leading = what.endswith("leads")
        pid = next((pid for pid, leads in await victim.workers() if leads is leading), None)
        if pid is None:
            return False
        with suppress(ProcessLookupError):
            if not what.startswith("stop"):
                os.kill(pid, signal.SIGKILL)
                return True
            os.kill(pid, signal.SIGSTOP)
            victim.has_stopped_worker = True
            await asyncio.sleep(seconds)
            os.kill(pid, signal.SIGCONT)
        victim.has_stopped_worker = False
        return True

    def _judge(self, replica: Replica) -> None:
        code = replica.process.code
        text = replica.process.log.read_text()
        if code in replica.expected or (code == 1 and any(each in text for each in _LEADERSHIP)):
            return
        self.unexpected.append(f"{replica.name} ends with {code}:\n{text[-2000:]}")
