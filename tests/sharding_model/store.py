"""The store of a cluster: Leases and one map object, with versions, generations and writes that name a version."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from plugin_operator.sharding import MemberRecord, ShardMap, StoredMap
from plugin_operator.sharding.lease_writer import LeaseState, lease_of

#: Called with the kind of an event and its state.
Watcher = Callable[[str, Any], None]


@dataclass(frozen=True, slots=True)
class Lease:
    """One state of a Lease."""

    name: str
    uid: int
    version: int
    record: MemberRecord | None

    @property
    def state(self) -> LeaseState:
        return LeaseState(self.name, str(self.uid), str(self.version))

    @property
    def is_of_member(self) -> bool:
        """Whether it holds the record of its own member, and not that of a Lease that was restored by hand."""
        return self.record is not None and self.record.name == self.state.member


class Store:
    """Judges each write as kube-apiserver does. Answers are tuples: a word, and a state."""

    def __init__(self) -> None:
        self.leases: dict[str, Lease] = {}
        self.map: StoredMap | None = None
        self.old_leases: list[MemberRecord] = []
        self.history: dict[str, list[MemberRecord]] = {}
        self.old_maps: list[ShardMap] = []
        self.watchers: list[Watcher] = []
        self.version = 0
        self.writes = 0

    def _next(self) -> int:
        self.version += 1
        return self.version

    def _report(self, kind: str, state: Any) -> None:
        for watcher in list(self.watchers):
            watcher(kind, state)

    # ---- Leases

    def create_lease(self, name: str, record: MemberRecord | None = None) -> tuple[str, Lease | None]:
        if name in self.leases:
            return "conflict", None
        return self._put_lease(name, self._next(), record)

    def restore_lease(self, record: MemberRecord) -> None:
        """Create a Lease by hand from an old record."""
        self.create_lease(lease_of(record.name)[0], record)

    def update_lease(self, record: MemberRecord, known: LeaseState) -> tuple[str, Lease | None]:
        lease = self.leases.get(known.name)
        if lease is None or lease.state.uid != known.uid:
            return "missing", None
        if lease.state != known:
            return "conflict", None
        return self._put_lease(known.name, lease.uid, record)

    def _put_lease(self, name: str, uid: int, record: MemberRecord | None) -> tuple[str, Lease | None]:
        lease = Lease(name, uid, self._next(), record)
        self.leases[name] = lease
        if record is not None:
            self.history.setdefault(name, []).append(record)
        self.writes += 1
        self._report("lease", lease)
        return "ok", lease

    def read_lease(self, name: str) -> tuple[str, Lease | None]:
        lease = self.leases.get(name)
        return ("ok", lease) if lease is not None else ("missing", None)

    def list_leases(self) -> tuple[str, list[Lease]]:
        return "ok", list(self.leases.values())

    def delete_lease(self, name: str, version: str) -> tuple[str, None]:
        lease = self.leases.get(name)
        if lease is None:
            return "missing", None
        if version and str(lease.version) != version:
            return "conflict", None
        if lease.record is not None:
            self.old_leases.append(lease.record)
        del self.leases[name]
        self._next()
        self.writes += 1
        self._report("lost", lease.state.member)
        return "ok", None

    def touch_lease(self, name: str) -> None:
        """Change metadata of a Lease, as a person does with a label."""
        lease = self.leases[name]
        self._put_lease(name, lease.uid, lease.record)

    def edit_lease(self, name: str, record: MemberRecord) -> None:
        """Put an older record of a Lease into it, as a person does who applies what was saved."""
        self._put_lease(name, self.leases[name].uid, record)

    # ---- the map

    def read_map(self) -> tuple[str, StoredMap | None]:
        return ("ok", self.map) if self.map is not None else ("missing", None)

    def write_map(self, content: ShardMap | None, version: str) -> tuple[str, StoredMap | None]:
        if (self.map.resource_version if self.map is not None else "") != version:
            return "conflict", None
        return self.put_map(content)

    def put_map(self, content: ShardMap | None) -> tuple[str, StoredMap | None]:
        """Replace the map without a look at its version, as a person does."""
        version = str(self._next())
        uid, generation = (self.map.uid, self.map.generation + 1) if self.map is not None else (version, 1)
        self.map = StoredMap(uid, version, generation, content)
        if content is not None:
            self.old_maps.append(content)
        self.writes += 1
        self._report("map", self.map)
        return "ok", self.map

    def delete_map(self) -> None:
        self.map = None
        self._next()
        self._report("no map", None)
