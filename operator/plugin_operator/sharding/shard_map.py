"""The shard map: which member owns which shard. The coordinator writes it, all members read it.

A shard is a slice of the hashes, named by its number, or a piece of work that exists once, such as ``LEAD``.
"""

from collections.abc import Iterable, Mapping
from typing import Self

import msgspec

from plugin_operator.kube.shards import HASHES, HashRange, ShardRanges

#: The shard of all work that exists once: ``single`` controllers, ``every`` and ``cron``, CRDs, Events about plugins.
LEAD = "lead"

#: More slices would make the map large; fewer than 64 balance badly.
MAX_SLICES = 256


class Shard(msgspec.Struct, frozen=True, omit_defaults=True):
    """State of one shard in the map.

    Attributes:
        owner: name of the member that may work on the shard; empty if no member may.
        epoch: number of the ownership; each new owner has a higher one.
        target: name of the member that gets the shard once its owner has drained it; empty while no move is planned.
    """

    owner: str = ""
    epoch: int = 0
    target: str = ""

    @property
    def is_draining(self) -> bool:
        """Whether the owner takes no new keys and must acknowledge when the last one is done."""
        return bool(self.target)

    def moving_to(self, target: str) -> "Shard":
        """Return the shard with a planned move, or with another target of it."""
        return Shard(self.owner, self.epoch, target)

    def owned_by(self, owner: str) -> "Shard":
        """Return the shard with another owner, at the next epoch; with no owner if ``owner`` is empty."""
        return Shard(owner, self.epoch + 1)


class ShardMap(msgspec.Struct, frozen=True, kw_only=True):
    """Owners of all shards. Immutable: never change ``shards``.

    Attributes:
        origin: names the series of maps that began with one founding. A map that is lost starts another series.
        object_uid: uid of the object that holds the map; empty in the first map, which is written before it is known.
        version: number in the series; each change adds one.
        slices: number of slices of the hashes: a power of two.
        is_settled: False until all members of former series have stopped; no shard has an owner before.
        shards: shards by name.
    """

    origin: str
    object_uid: str
    version: int
    slices: int
    is_settled: bool
    shards: Mapping[str, Shard]

    @classmethod
    def found(
        cls, origin: str, slices: int = MAX_SLICES, *, object_uid: str = "", version: int = 1, is_settled: bool = False
    ) -> Self:
        """Return the first map of a series: no shard has an owner.

        Args:
            origin: a name that no series had before.
            slices: number of slices of the hashes.
            object_uid: uid of the object, if it exists.
            version: the number to begin with.
            is_settled: True only if no member of a former series can be working.

        Raises:
            ValueError: ``slices`` is no power of two up to 256.
        """
        if not is_power_of_two(slices):
            raise ValueError(f"slices must be a power of two up to {MAX_SLICES}, not {slices}")
        names = [*map(str, range(slices)), LEAD]
        shards = dict.fromkeys(names, Shard())
        return cls(
            origin=origin,
            object_uid=object_uid,
            version=version,
            slices=slices,
            is_settled=is_settled,
            shards=shards,
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return the map from its JSON.

        Raises:
            ValueError: it is no map, lacks a shard, or has one that no version of this program writes.
        """
        try:
            found = msgspec.json.decode(data, type=cls)
        except RecursionError as error:
            raise ValueError("not a shard map: nested too deeply") from error
        is_whole = all(name in found.shards for name in (*map(str, range(found.slices)), LEAD))
        if not is_power_of_two(found.slices) or not is_whole or any(map(_is_wrong, found.shards.values())):
            raise ValueError("not a shard map: a shard is missing, or an owner has no epoch")
        return found

    def encode(self) -> bytes:
        """Return the map as JSON."""
        return msgspec.json.encode(self)

    def changed(self, shards: Mapping[str, Shard], *, object_uid: str = "", version: int) -> "ShardMap":
        """Return the settled map with some shards changed, at another version, for the same or the given object."""
        return ShardMap(
            origin=self.origin,
            object_uid=object_uid or self.object_uid,
            version=version,
            slices=self.slices,
            is_settled=True,
            shards={**self.shards, **shards},
        )

    def shards_of(self, owner: str) -> dict[str, Shard]:
        """Return the shards of one owner by name, draining ones included."""
        return {name: shard for name, shard in self.shards.items() if shard.owner == owner}

    def shard_of(self, value: int) -> str:
        """Return the name of the shard of a hash."""
        return str(slice_of(value, self.slices))

    def ranges_of(self, names: Iterable[str]) -> ShardRanges:
        """Return the hashes of the slices among some shards."""
        return slice_ranges((name for name in names if name.isdecimal()), self.slices)


def slice_of(value: int, slices: int) -> int:
    """Return the number of the slice that holds a hash."""
    return value * slices // HASHES


def slice_ranges(names: Iterable[str], slices: int) -> ShardRanges:
    """Return the hashes of some slices, joined."""
    size = HASHES // slices
    return ShardRanges(HashRange(int(name) * size, (int(name) + 1) * size) for name in names)


def is_power_of_two(slices: int) -> bool:
    """Report whether the hashes can be cut into so many equal slices."""
    return 0 < slices <= MAX_SLICES and not slices & (slices - 1)


def _is_wrong(shard: Shard) -> bool:
    return shard.epoch < 0 or (bool(shard.owner) and shard.epoch == 0) or (shard.is_draining and not shard.owner)
