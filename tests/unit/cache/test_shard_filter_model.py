"""The filter of a cache of shards against a model: a server's history, and ranges that come and go at any moment."""

import random
from typing import NamedTuple

import pytest

from plugin_operator.cache.objects import CachedObject
from plugin_operator.cache.shards.objects import ShardedObject
from plugin_operator.cache.shards.shard_filter import ShardFilter
from plugin_operator.cache.store import Store
from plugin_operator.kube.shards import HASHES, HashRange, ShardRanges

_SLICES = 4
SLICES = [
    ShardRanges([HashRange(number * HASHES // _SLICES, (number + 1) * HASHES // _SLICES)]) for number in range(_SLICES)
]


class Change(NamedTuple):
    """One event of the server."""

    is_deleted: bool
    name: str
    shard: int
    version: int

    def object(self) -> ShardedObject:
        """Return a new object, as a reader makes one of each event."""
        return ShardedObject(b'{"metadata":{}}', "ns", self.name, str(self.version), shard=self.shard)


class Server:
    """Objects and their history; a name gets another hash when it is made again, or, if it may move, at any change."""

    def __init__(self, chance: random.Random, *, moves: bool) -> None:
        self.chance = chance
        self.moves = moves
        self.history: list[Change] = []
        self.alive: dict[str, Change] = {}

    def step(self) -> None:
        name = self.chance.choice("abcd")
        known = self.alive.get(name)
        is_deleted = known is not None and self.chance.random() < 0.4
        stays = known is not None and (is_deleted or not self.moves or self.chance.random() < 0.5)
        shard = known.shard if stays and known is not None else self.chance.randrange(HASHES)
        change = Change(is_deleted, name, shard, len(self.history) + 1)
        self.history.append(change)
        if is_deleted:
            del self.alive[name]
        else:
            self.alive[name] = change


class Heard:
    """The sink of the store: no event may contradict those before it."""

    def __init__(self) -> None:
        self.versions: dict[str, int] = {}

    def added(self, new: CachedObject) -> None:
        assert new.name not in self.versions
        self.versions[new.name] = int(new.resource_version)

    def updated(self, old: CachedObject, new: CachedObject) -> None:
        assert int(new.resource_version) > self.versions[new.name]
        self.versions[new.name] = int(new.resource_version)

    def deleted(self, old: CachedObject) -> None:
        del self.versions[old.name]


class Client:
    """What the reflector does with the filter."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.heard = Heard()
        self.store = Store(self.heard)
        self.filter = ShardFilter(self.store, moves=server.moves, on_held=lambda: None)
        self.position = 0

    def want(self, ranges: ShardRanges) -> None:
        self.filter.want(ranges)
        self.heard.versions = {each.name: int(each.resource_version) for each in self.store}

    def list_whole(self) -> None:
        self.filter.begin_whole()
        self.filter.begin_list()
        for each in self.server.alive.values():
            self.filter.upsert(each.object())
        self.filter.end_list()
        self.position = len(self.server.history)

    def extend(self) -> None:
        is_first = not self.filter.held
        part = self.filter.begin_part()
        part.begin_list()
        for number, each in enumerate(list(self.server.alive.values())):
            part.upsert(each.object())
            if number == 1 and self.server.chance.random() < 0.2:
                part.begin_list()  # the pages expired, and the list begins again
                for _ in range(3):
                    self.server.step()
                for again in self.server.alive.values():
                    part.upsert(again.object())
                break
            if self.server.chance.random() < 0.1:
                self.want(self.filter.wanted - self.server.chance.choice(SLICES))
        part.end_list()
        if is_first:
            self.position = len(self.server.history)
        self.filter.end_part(None if is_first else len(self.server.history))

    def watch(self, events: int) -> None:
        for change in self.server.history[self.position : self.position + events]:
            if change.is_deleted:
                self.filter.remove(change.object())
            else:
                self.filter.upsert(change.object())
            self.position += 1


@pytest.mark.parametrize("moves", [False, True], ids=["by uid", "by owner"])
def test_a_cache_of_shards_has_what_the_server_has_of_them(moves: bool) -> None:
    for seed in range(200):
        chance = random.Random(seed)
        server = Server(chance, moves=moves)
        client = Client(server)
        client.want(SLICES[0])
        client.list_whole()
        for _ in range(60):
            match chance.randrange(12):
                case 0:
                    client.want(client.filter.wanted | chance.choice(SLICES))
                case 1:
                    client.want(client.filter.wanted - chance.choice(SLICES))
                case 2 if chance.random() < 0.3:
                    client.list_whole()
                case 2 | 3 if client.filter.gained:
                    client.extend()
                case 4 | 5 | 6:
                    client.watch(chance.randrange(4))
                case _:
                    server.step()
        if client.filter.gained:
            client.extend()
        client.watch(len(server.history))
        expected = {each.name: each.version for each in server.alive.values() if each.shard in client.filter.held}
        assert {each.name: int(each.resource_version) for each in client.store} == expected, seed
        assert client.heard.versions == expected, seed
