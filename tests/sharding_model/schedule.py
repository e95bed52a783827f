"""One random schedule: members and coordinators in trouble, and people who edit objects. Never do two members act."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from random import Random

from plugin_operator.sharding import LEAD, Coordinator, Member, Shard, ShardMap
from plugin_operator.sharding.balance import Candidate, Planner, plan
from plugin_operator.sharding.coordinator import FOUNDING
from plugin_operator.sharding.lease_writer import LeaseState, LeaseWriter, lease_of
from plugin_operator.sharding.member_table import PATIENCE
from plugin_operator.sharding.timing import MAX_DRIFT
from tests.sharding_model.processes import TIMING, CoordinatorProcess, MemberProcess
from tests.sharding_model.world import LATE_SECONDS, World

MEMBERS, SLICES = 3, 2
MOST_PROVOCATIONS = 6
TROUBLE_SECONDS = 50.0
#: A member with another revision gives its shards away after so long at most; less than in the operator.
DIFFERING_SECONDS = 40.0
#: So long after the trouble each shard has an owner. The longest way: wait for a founder that is gone, found a series,
#: wait until all members of former series are over, and let members join; on the slowest clock.
CALM_SECONDS = ((FOUNDING + PATIENCE + 3) * TIMING.lease_seconds + DIFFERING_SECONDS) / (1 - MAX_DRIFT)


class Mixed(AssertionError):
    """Members with different revisions still shared the slices long after the trouble was over."""


class TwoOwners(AssertionError):
    """Two members could act on one shard at the same moment."""


class Unowned(AssertionError):
    """A shard had no owner long after the trouble was over."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The state machines of a model; a planted bug replaces one."""

    member: Callable[..., Member] = Member
    coordinator: Callable[..., Coordinator] = Coordinator
    writer: Callable[[LeaseState], LeaseWriter] = LeaseWriter


class RestlessPlanner:
    """Moves shards at random while there is trouble: safety depends on no plan."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.is_calm = False

    def __call__(self, shards: ShardMap, candidates: Iterable[Candidate], loads: Mapping[str, float]) -> dict[str, str]:
        listed = list(candidates)
        if self.is_calm or not listed:
            return plan(shards, listed, loads)
        names = {each.name for each in listed}
        takers = [each.name for each in listed if each.takes]
        moves = {}
        for name, shard in shards.shards.items():
            if takers and ((shard.target or shard.owner) not in names or self._random.random() < 0.1):
                moves[name] = self._random.choice(takers)
        return moves


class Schedule:
    """A run of the model; its number decides everything.

    Args:
        number: the seed.
        parts: state machines.
        with_calm: whether to wait for the end of trouble, and judge that each shard then has an owner.
    """

    def __init__(self, number: int, parts: Parts, *, with_calm: bool) -> None:
        self._parts = parts
        self._with_calm = with_calm
        self.world = world = World(number)
        self._random = random = world.random
        self._planner: Planner = RestlessPlanner(random)
        self._fragility = random.choice((0.0, 0.0, 0.05, 0.2))
        # With few kinds of trouble at a time, the same one comes twice, and rare orders come sooner.
        variety = random.choice((0.2, 0.4, 1.0))
        self._chosen = [fault for fault in self._faults() if random.random() < variety] or self._faults()
        # Soon after a write of the map, trouble meets those who wait for the answer.
        self._provocation = random.choice((0.0, 0.1, 0.4))
        world.store.watchers.append(self._provoke)
        self._provocations = MOST_PROVOCATIONS
        self._is_calm = False
        if random.random() < 0.8:
            _, stored = world.store.put_map(ShardMap.found(world.new_name(), SLICES))
            first = stored.content if stored is not None else None
            if stored is not None and first is not None:
                world.store.put_map(first.changed({}, object_uid=stored.uid, version=2))
        self.coordinators: list[CoordinatorProcess] = []
        self.members: list[MemberProcess] = []
        self._coordinate()
        for _ in range(MEMBERS):
            self._join()

    def run(self) -> None:
        """Run the schedule.

        Raises:
            TwoOwners: two members could act on a shard.
            Unowned: a shard had no owner long after the trouble.
            Mixed: slices had owners with different revisions long after the trouble.
        """
        random = self._random
        for _ in range(random.randint(2, 9)):
            self.world.after(random.random() * TROUBLE_SECONDS, random.choice(self._chosen))
        self.world.run(TROUBLE_SECONDS)
        if self._with_calm:
            self._calm_down()
            self.world.run(TROUBLE_SECONDS + LATE_SECONDS)
            self.world.run(max(self.world.now, self.world.healed_at) + CALM_SECONDS)
            self._judge_calm()

    # ---- processes

    def _join(self) -> None:
        self.members.append(MemberProcess(self.world, self._parts.member, self._parts.writer, self._judge))
        self.members = [each for each in self.members if not each.is_dead]

    def _coordinate(self) -> None:
        if self._is_calm and any(not each.is_dead for each in self.coordinators):
            return  # one is elected; two may choose other revisions, and give a shard to and fro

        def new_coordinator(**arguments: object) -> Coordinator:
            return self._parts.coordinator(slices=SLICES, planner=self._planner, **arguments)

        self.coordinators = [each for each in self.coordinators if not each.is_dead]
        process = CoordinatorProcess(self.world, new_coordinator, self._fragility, self._succeed)
        process.machine._revision.differing_seconds = self._random.choice((0.0, 10.0, DIFFERING_SECONDS))
        self.coordinators.append(process)

    def _succeed(self) -> None:
        self.world.after(0.2 + 3.0 * self._random.random(), self._coordinate)

    # ---- faults

    def _provoke(self, kind: str, state: object) -> None:
        del state
        if kind == "map" and self._provocations and self._random.random() < self._provocation:
            self._provocations -= 1
            self.world.after(2.0 * self._random.random(), self._random.choice(self._chosen))

    def _faults(self) -> list[Callable[[], None]]:
        return [
            *[self._cut] * 5,
            *[self._stop] * 4,
            *[self._stop_and_cut] * 3,
            self._kill_member,
            self._replace_coordinator,
            self._second_coordinator,
            self._stop_coordinator,
            self._delete_lease,
            self._restore_lease,
            self._touch_lease,
            *[self._edit_lease] * 2,
            self._delete_map,
            self._edit_map,
            self._restore_map,
            self._leave,
            self._edit_plugins,
            self._finish,
        ]

    def _cut(self) -> None:
        self._random.choice([*self.members, *self.members, *self.coordinators]).cut(
            self._random.choice((5.0, 13.0, 16.0, 40.0))
        )

    def _stop(self) -> None:
        self._random.choice(self.members).stop(self._random.choice((3.0, 12.0, 15.0, 30.0)))

    def _stop_and_cut(self) -> None:
        """Stop a member that wakes without a network; it then handles answers that waited."""
        member, seconds = self._random.choice(self.members), 14.0 * self._random.random()
        member.stop(seconds)
        self.world.after(0.7 * self._random.random(), lambda: member.cut(seconds + 14.0))

    def _kill_member(self) -> None:
        self._random.choice(self.members).is_dead = True
        self.world.after(3.0 * self._random.random(), self._join)

    def _replace_coordinator(self) -> None:
        for each in self.coordinators:
            each.is_dead = True
        self._succeed()

    def _second_coordinator(self) -> None:
        self._coordinate()
        extra = self.coordinators[-1]
        self.world.after(20.0 * self._random.random(), lambda: self._end(extra))

    def _end(self, coordinator: CoordinatorProcess) -> None:
        if any(each is not coordinator and not each.is_dead for each in self.coordinators):
            coordinator.is_dead = True

    def _stop_coordinator(self) -> None:
        """Stop a coordinator; another takes its place, and the first one wakes beside it."""
        for each in self.coordinators:
            each.stop(self._random.choice((2.0, 8.0, 16.0)))
            self.world.after(17.0, lambda each=each: self._end(each))  # type: ignore[misc]
        self._coordinate()

    def _lease(self) -> str | None:
        names = sorted(self.world.store.leases)
        return self._random.choice(names) if names else None

    def _delete_lease(self) -> None:
        if name := self._lease():
            self.world.store.delete_lease(name, "")

    def _restore_lease(self) -> None:
        """Delete a Lease and create it again as it was, or restore one that was deleted before."""
        store = self.world.store
        if name := self._lease():
            store.delete_lease(name, "")
        if store.old_leases:
            record = self._random.choice(store.old_leases)
            self.world.after(5.0 * self._random.random(), lambda: store.restore_lease(record))

    def _touch_lease(self) -> None:
        if name := self._lease():
            self.world.store.touch_lease(name)

    def _edit_lease(self) -> None:
        """Put an older record into a Lease, perhaps of a member that cannot correct it."""
        store, random = self.world.store, self._random
        if (name := self._lease()) and (records := store.history.get(name)):
            store.edit_lease(name, random.choice([*records, *records[-2:-1] * 3]))
            for each in self.members:
                if lease_of(each.name)[0] == name and random.random() < 0.7:
                    each.cut(40.0)

    def _delete_map(self) -> None:
        self.world.store.delete_map()

    def _edit_map(self) -> None:
        """Give a shard to another member by hand, or write what is no map."""
        store = self.world.store
        content = store.map.content if store.map is not None else None
        if content is None or self._random.random() < 0.2:
            store.put_map(None)
            return
        names = [each.name or self.world.new_name() for each in self.members]
        name = self._random.choice(sorted(content.shards))
        shard = Shard(self._random.choice(names), content.shards[name].epoch + self._random.randint(0, 1) or 1)
        store.put_map(content.changed({name: shard}, version=content.version))

    def _restore_map(self) -> None:
        """Apply a map that was current once; perhaps as a new object."""
        store = self.world.store
        if not store.old_maps:
            return
        old = self._random.choice([*store.old_maps, store.old_maps[0]])
        if self._random.random() < 0.5:
            store.delete_map()
            for _ in range(self._random.choice((0, min(old.version - 1, 9)))):
                store.put_map(None)  # the generation is that of the old map
        store.put_map(old)

    def _leave(self) -> None:
        member = self._random.choice(self.members)
        member.deliver(member.leave)

    def _edit_plugins(self) -> None:
        """Let one process run another revision; perhaps the others follow, as volumes do that sync at other times."""
        revision = self.world.new_name()
        self._random.choice(self.members).revision = revision
        if self._random.random() < 0.5:
            for each in self.members:
                self.world.after(30.0 * self._random.random(), partial(setattr, each, "revision", revision))

    def _finish(self) -> None:
        member = self._random.choice(self.members)
        member.deliver(member.finish)

    # ---- judgement

    def _judge(self) -> None:
        owned: set[str] = set()
        for process in self.members:
            for shard in process.acts_on():
                if shard in owned:
                    raise TwoOwners(f"shard {shard} at {self.world.now:.2f} s")
                owned.add(shard)

    def _calm_down(self) -> None:
        self._is_calm, self._provocations = True, 0
        self._fragility = self.world.trouble = 0.0
        self._planner.is_calm = True  # type: ignore[attr-defined]
        alive = [each for each in self.coordinators if not each.is_dead]
        for each in alive:
            each.fragility = 0.0
        for each in alive[1:]:
            each.is_dead = True
        if not alive:
            self._coordinate()

    def _judge_calm(self) -> None:
        owned = sorted(shard for process in self.members for shard in process.acts_on())
        revisions = {each.revision for each in self.members if {*each.acts_on()} - {LEAD}}
        stored = self.world.store.map
        if stored is None or stored.intact is None or owned != sorted(stored.intact.shards):
            raise Unowned(f"at the end only {owned} had owners, and the map was {stored}")
        if len(revisions) > 1:
            raise Mixed(f"at the end slices had owners with {revisions}, and the map was {stored}")
