"""The plan: which member gets each shard that needs an owner, and which shards move to level the load.

Sticky: a shard moves only if its owner leaves, or if the move makes an overloaded member markedly lighter. A member
that joins or leaves moves at most ``MOST_FACTOR`` of its fair share of the shards. Members get neighbours where that
costs little, because a request names each range of slices.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from itertools import accumulate

import msgspec

from plugin_operator.sharding.shard_map import ShardMap

#: A member owns at most this multiple of its fair share of the slices, rounded up at least.
MOST_FACTOR = 1.2
#: Part of a slice's weight that does not depend on its load: a slice without load may get some.
BASE_PART = 0.25
#: Difference in use of two members, in fair shares, below which no shard moves between them.
TOLERANCE = 0.1
#: Part of the best possible effect that a move must have.
LEAST_EFFECT = 0.25
#: Part of the best effect with which a slice is preferred that makes fewer ranges.
ENOUGH_EFFECT = 0.8


class Candidate(msgspec.Struct, frozen=True):
    """A member that may get shards.

    Attributes:
        name: its name.
        capacity: share of the work relative to other members; above zero.
        takes: whether it may get more shards than it has.
    """

    name: str
    capacity: float = 1.0
    takes: bool = True


Planner = Callable[[ShardMap, Iterable[Candidate], Mapping[str, float]], dict[str, str]]


class _Bin(msgspec.Struct):
    """Shards that a member has, or will have after the moves that are planned."""

    name: str
    share: float
    most: int
    takes: bool
    weight: float = 0.0
    slices: set[int] = msgspec.field(default_factory=set)
    singles: int = 0

    @property
    def use(self) -> float:
        """Weight in fair shares: 1 is exactly the member's part."""
        return self.weight / self.share

    @property
    def has_room(self) -> bool:
        """Whether the member may get another slice."""
        return self.takes and len(self.slices) < self.most

    def put(self, name: str, weights: Mapping[str, float]) -> None:
        """Give the member a shard."""
        self.weight += weights[name]
        if name.isdecimal():
            self.slices.add(int(name))
        else:
            self.singles += 1

    def neighbours(self, number: int) -> int:
        """Return how many slices beside one the member has: each range more makes requests longer."""
        return (number - 1 in self.slices) + (number + 1 in self.slices)


def plan(shards: ShardMap, candidates: Iterable[Candidate], loads: Mapping[str, float]) -> dict[str, str]:
    """Return the new owner, or the new target, of each shard that needs one; empty if all is well.

    Args:
        shards: the map; a draining shard counts for its target.
        candidates: members that work; the plan names only those that take shards.
        loads: observed load by shard, in any unit; shards without one count as average.
    """
    bins = _bins(shards, candidates)
    if not any(each.takes for each in bins.values()):
        return {}
    weights = _weights(shards, loads)
    singles, slices = [], []
    for name, shard in shards.shards.items():
        bin_ = bins.get(shard.target or shard.owner)
        if bin_ is not None:
            bin_.put(name, weights)
        elif name.isdecimal():
            slices.append(name)
        else:
            singles.append(name)
    moves = _placed(singles, slices, [each for each in bins.values() if each.takes], weights)
    return moves | _levelled(shards, list(bins.values()), weights, set(moves))


def imbalance(shards: ShardMap, candidates: Iterable[Candidate], loads: Mapping[str, float]) -> float:
    """Return the use of the busiest member by the observed loads: 1 is a perfect balance."""
    listed = list(candidates)
    total = sum(loads.values()) * 1.0
    capacity = sum(each.capacity for each in listed)
    if not listed or not total:
        return 1.0
    used = dict.fromkeys((each.name for each in listed), 0.0)
    for name, shard in shards.shards.items():
        if shard.owner in used:
            used[shard.owner] += loads.get(name, 0.0)
    return max(used[each.name] / total * capacity / each.capacity for each in listed)


def _bins(shards: ShardMap, candidates: Iterable[Candidate]) -> dict[str, _Bin]:
    listed = [each for each in candidates if each.capacity > 0]
    total = sum(each.capacity for each in listed)
    bins = {}
    for each in listed:
        share = each.capacity / total
        fair = shards.slices * share
        most = max(math.ceil(fair), math.floor(MOST_FACTOR * fair))
        bins[each.name] = _Bin(each.name, share, most, each.takes)
    return bins


def _weights(shards: ShardMap, loads: Mapping[str, float]) -> dict[str, float]:
    """Return the weight of each shard: those of all slices and of the loads of single shards add up to one or more."""
    known = {name: load for name, load in loads.items() if name in shards.shards and load >= 0 and math.isfinite(load)}
    slices = [name for name in shards.shards if name.isdecimal()]
    total = sum(known.values())
    if not total:
        return {name: 1 / shards.slices if name.isdecimal() else 0.0 for name in shards.shards}
    of_slices = [known[name] for name in slices if name in known]
    average = sum(of_slices) / len(of_slices) if of_slices else 0.0
    total += average * (len(slices) - len(of_slices))
    base = BASE_PART / shards.slices
    return {
        name: base + (1 - BASE_PART) * known.get(name, average) / total
        if name.isdecimal()
        else (1 - BASE_PART) * known.get(name, 0.0) / total
        for name in shards.shards
    }


def _placed(singles: list[str], slices: list[str], bins: list[_Bin], weights: Mapping[str, float]) -> dict[str, str]:
    """Return a member for each shard that has none: those used least, and many slices in blocks of neighbours."""
    moves: dict[str, str] = {}
    for name in singles:
        bin_ = min(bins, key=lambda each: (each.singles, each.use, each.name))
        bin_.put(name, weights)
        moves[name] = bin_.name
    if len(slices) > len(bins):
        moves |= _blocks(slices, bins, weights)
    for name in sorted((name for name in slices if name not in moves), key=lambda name: -weights[name]):
        bin_ = _roomiest(bins, name, weights)
        bin_.put(name, weights)
        moves[name] = bin_.name
    return moves


def _blocks(slices: list[str], bins: list[_Bin], weights: Mapping[str, float]) -> dict[str, str]:
    """Return members for slices such that each gets neighbours, in proportion to the room that it has."""
    coming = sum(weights[name] for name in slices)
    total = coming + sum(each.weight for each in bins)
    ordered = sorted(bins, key=lambda each: (sum(each.slices) / len(each.slices) if each.slices else -1.0, each.name))
    shares = sum(each.share for each in bins)
    room = [max(0.0, each.share / shares * total - each.weight) for each in ordered]
    scale = coming / sum(room)
    ends = list(accumulate(each * scale for each in room))
    moves: dict[str, str] = {}
    passed, index = 0.0, 0
    for name in sorted(slices, key=int):
        middle = passed + weights[name] / 2
        passed += weights[name]
        while index < len(ends) - 1 and middle > ends[index]:
            index += 1
        if ordered[index].has_room:
            ordered[index].put(name, weights)
            moves[name] = ordered[index].name
    return moves


def _roomiest(bins: list[_Bin], name: str, weights: Mapping[str, float]) -> _Bin:
    """Return the member that is used least with one more slice; of equals, one that has a neighbour of it."""
    roomy = [each for each in bins if each.has_room] or bins
    return min(
        roomy,
        key=lambda each: (round((each.weight + weights[name]) / each.share, 1), -each.neighbours(int(name)), each.name),
    )


def _levelled(shards: ShardMap, bins: list[_Bin], weights: Mapping[str, float], placed: set[str]) -> dict[str, str]:
    """Return moves of slices from the most used members to the least used ones, while that helps markedly."""
    moves: dict[str, str] = {}
    fixed = placed | {name for name, shard in shards.shards.items() if shard.is_draining}
    for _ in range(max(1, math.floor(MOST_FACTOR * shards.slices / len(bins)))):
        roomy = [each for each in bins if each.has_room]
        if not roomy:
            break
        receiver = min(roomy, key=lambda each: (each.use, each.name))
        for giver in sorted(bins, key=lambda each: (-each.use, each.name)):
            found = _best(giver, receiver, fixed | moves.keys(), weights)
            if found is not None:
                giver.slices.discard(int(found))
                giver.weight -= weights[found]
                receiver.put(found, weights)
                moves[found] = receiver.name
                break
        else:
            break
    return moves


def _best(giver: _Bin, receiver: _Bin, fixed: AbstractSet[str], weights: Mapping[str, float]) -> str | None:
    """Return the slice whose move has the most effect, or nearly so and fewer ranges; None if none has a marked one.

    The effect is how much lighter the busier of two members becomes.
    """
    gap = giver.use - receiver.use
    if gap < TOLERANCE:
        return None
    effects: dict[int, float] = {}
    for number in giver.slices:
        if str(number) not in fixed:
            weight = weights[str(number)]
            relief = weight / giver.share
            effect = min(relief, gap - weight / receiver.share)
            if effect >= LEAST_EFFECT * relief and effect > 0:
                effects[number] = effect
    if not effects:
        return None
    enough = ENOUGH_EFFECT * max(effects.values())
    chosen = min(
        (number for number, effect in effects.items() if effect >= enough),
        key=lambda number: (giver.neighbours(number) - receiver.neighbours(number), -effects[number], number),
    )
    return str(chosen)
