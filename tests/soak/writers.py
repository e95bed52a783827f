"""Those who change the objects of a soak, over an API server that may be gone at any moment."""

import asyncio
import base64
import random
from typing import Any

import aiohttp

from plugin_operator.testing.eventually import eventually
from tests.soak.objects import PATHS, Api
from tests.soak.plugins import WIDGET, is_busy
from tests.soak.settings import WRITERS

_SHARES = {"v1/ConfigMap": 0.4, "v1/Secret": 0.3, WIDGET: 0.3}
_LOST_CONTACT = (aiohttp.ClientError, TimeoutError, OSError)
_PAUSE_SECONDS = 0.04
_BUSY_SHARE = 0.25
Key = tuple[str, str]


class Writers:
    """Change, delete and create objects one after the other; each object has one writer.

    Every fourth time, an object that takes long to reconcile is touched several times in a row, so that changes come
    while it is being reconciled.

    Attributes:
        acknowledged: the last step the server has accepted, None if it is deleted; what was cut off is not in it.
        refused: how often the server has answered with one of ``refusals``, which leave open what has happened.
    """

    def __init__(self, api: Api, objects: int, seed: int, refusals: frozenset[int] = frozenset()) -> None:
        self._api = api
        self._refusals = refusals
        self._keys = [
            (kind, f"object-{number}") for kind, share in _SHARES.items() for number in range(int(objects * share))
        ]
        self._seed = seed
        self._at_work = asyncio.Event()
        self._idle = 0
        self._steps = 0
        self.acknowledged: dict[Key, str | None] = {}
        self.count = 0
        self.refused = 0

    async def create_all(self) -> None:
        """Create every object."""

        async def share(first: int) -> None:
            for key in self._keys[first::16]:
                await self._create(key)

        await asyncio.gather(*map(share, range(16)))

    async def run(self, number: int) -> None:
        """Be writer ``number`` until cancelled."""
        choose = random.Random(f"{self._seed}/{number}")
        keys = self._keys[number::WRITERS]
        busy = [key for key in keys if is_busy(key[1])] or keys[:1]
        while True:
            if not self._at_work.is_set():
                self._idle += 1
                await self._at_work.wait()
                self._idle -= 1
            if choose.random() < _BUSY_SHARE:
                key = choose.choice(busy)
                for _ in range(choose.randint(1, 4)):
                    await self._touch(key, choose)
            else:
                await self._touch(choose.choice(keys), choose)
            await asyncio.sleep(choose.uniform(0, 2 * _PAUSE_SECONDS))

    async def _touch(self, key: Key, choose: random.Random) -> None:
        act = choose.choices((self._change, self._delete), (9, 1))[0]
        if self.acknowledged.get(key, "") is None:
            act = self._create
        try:
            await act(key)
        except _LOST_CONTACT:
            self.acknowledged.pop(key, None)  # it may or may not have happened

    def resume(self) -> None:
        """Let them work."""
        self._at_work.set()

    async def rest(self) -> None:
        """Return once none of them is in the middle of anything."""
        self._at_work.clear()
        await eventually(lambda: self._idle == WRITERS, timeout_seconds=120)

    async def _create(self, key: Key) -> None:
        kind, name = key
        version, _, bare = kind.rpartition("/")
        step, content = self._next(kind)
        body = {"apiVersion": version, "kind": bare, "metadata": {"name": name}, **content}
        status, _ = await self._api.call("POST", PATHS[kind], body)
        self._note(key, step if status == 201 else "", status)

    async def _change(self, key: Key) -> None:
        kind, name = key
        step, content = self._next(kind)
        status, _ = await self._api.call("PATCH", f"{PATHS[kind]}/{name}", content)
        self._note(key, None if status == 404 else step, status)

    async def _delete(self, key: Key) -> None:
        kind, name = key
        status, _ = await self._api.call("DELETE", f"{PATHS[kind]}/{name}")
        self._note(key, None, status)

    def _next(self, kind: str) -> tuple[str, dict[str, Any]]:
        self._steps += 1
        step = str(self._steps)
        if kind == "v1/Secret":
            step = base64.b64encode(step.encode()).decode()
        return step, {"spec" if kind == WIDGET else "data": {"step": step}}

    def _note(self, key: Key, step: str | None, status: int) -> None:
        if status in {200, 201, 404}:
            self.count += status != 404
            self.acknowledged[key] = step
        elif status == 409:
            self.acknowledged.pop(key, None)  # an earlier creation that was cut off did happen
        elif status in self._refusals:
            self.refused += 1
            self.acknowledged.pop(key, None)
        else:
            raise RuntimeError(f"{key}: the API server answers a writer with {status}")
