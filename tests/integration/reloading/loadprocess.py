"""An embedded API server that changes its own objects without a pause; a process of its own, told what to do on stdin.

Writes go straight into the server's storage, so that the rate does not hang on how fast this machine speaks HTTP;
everything that watches is served over HTTP. One block of keys is changed for a while and then left alone at its last
value, so that a change that is lost stays visible.
"""

import asyncio
import json
import sys
import time
from typing import Any
from uuid import uuid4

from kube_apiserver import ApiServer, ApiServerConfig

KEYS = 120
BLOCK = 20
BLOCK_SECONDS = 0.25


class Load:
    """Changes objects at a steady rate; what a busy machine delays is made up for at once."""

    def __init__(self, server: ApiServer, rate: float) -> None:
        self._server = server
        self._rate = rate
        self._objects = [self._object(number) for number in range(KEYS)]
        self._running = asyncio.Event()
        self._changes = 0
        self._at_go = 0
        self._went = 0.0
        for obj in self._objects:
            self._put(obj)

    @staticmethod
    def _object(number: int) -> dict[str, Any]:
        labels = {"load": "yes", "half": "odd" if number % 2 else "even"}
        metadata = {"name": f"k{number:03}", "namespace": "default", "uid": str(uuid4()), "labels": labels}
        return {"metadata": metadata | {"creationTimestamp": "2026-01-01T00:00:00Z"}, "data": {}}

    def _put(self, obj: dict[str, Any]) -> None:
        self._changes += 1
        obj["data"] = {"n": str(self._changes), "t": repr(time.monotonic())}
        self._server.cluster.store.put("configmaps", obj, "v1", "ConfigMap")

    def go(self) -> None:
        self._went, self._at_go = time.monotonic(), self._changes
        self._running.set()

    def hold(self) -> dict[str, Any]:
        self._running.clear()
        self._catch_up()
        seconds = time.monotonic() - self._went
        latest = {obj["metadata"]["name"]: int(obj["data"]["n"]) for obj in self._objects}
        return {"latest": latest, "rate": (self._changes - self._at_go) / seconds}

    async def run(self) -> None:
        while True:
            await self._running.wait()
            self._catch_up()
            await asyncio.sleep(0.004)

    def _catch_up(self) -> None:
        due = int((time.monotonic() - self._went) * self._rate) - (self._changes - self._at_go)
        for _ in range(due):
            block = int(time.monotonic() / BLOCK_SECONDS) * BLOCK
            self._put(self._objects[(block + self._changes % BLOCK) % KEYS])


def say(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


async def main() -> None:
    server = ApiServer(ApiServerConfig(tls=False))
    endpoint = await server.start()
    load = Load(server, float(sys.argv[1]))
    running = asyncio.create_task(load.run())
    say({"url": endpoint.url})
    while line := await asyncio.to_thread(sys.stdin.readline):
        if line.strip() == "go":
            load.go()
        else:
            say(load.hold())
    running.cancel()
    await asyncio.wait([running])
    await server.stop()


if __name__ == "__main__":
    asyncio.run(main())
