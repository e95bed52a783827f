"""The record of the last run of each schedule, stored in the cluster.

Owns one Lease in the operator's namespace, with an annotation per controller. A Lease is small, designed for frequent
writes, and watched by few clients; its ``spec`` stays empty. Each update has the ``resourceVersion`` on which it
is based. So only one of two processes that both consider themselves leader gets a scheduled time.

An entry is removed when its schedule is replaced or its plugin is unloaded. If that happened while the operator was
down, it is removed after more than a year without a run of that controller id.
"""

import asyncio
import json
import uuid
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar

from plugin_operator.clock import Clock
from plugin_operator.errors import AlreadyExistsError, ApiConnectionError, ConflictError, NotFoundError
from plugin_operator.kube.timestamps import micro_time

#: Largest distance of a recorded time in the future; a later one was written with a wrong clock.
SET_BACK = timedelta(hours=1)

PREFIX = "schedules.plugin-operator/"

#: Earliest plausible time; for times near year 1 there is no local time in some zones.
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)

_KIND = "coordination.k8s.io/v1/Lease"
_ATTEMPTS = 5
_KEPT_UNUSED = timedelta(days=400)

T = TypeVar("T")
Entries = dict[str, dict[str, str]]


class RecordClient(Protocol):
    """The methods of ``client.Client`` that read and write the Lease."""

    async def get(self, kind: Any, name: str, namespace: str | None = None) -> Any:
        """Return the object, or raise NotFoundError."""

    async def create(self, obj: Any) -> Any:
        """Create the object and return it."""

    async def update(self, obj: Any) -> Any:
        """Update the object and return it, or raise ConflictError if its ``resourceVersion`` is outdated."""


class ScheduleRecord:
    """The times of all schedules of one operator, as its leader reads and writes them.

    Args:
        client: client whose writes are fenced by leadership.
        namespace, name: namespace and name of the Lease, which is created on first use.
        clock: detects entries that are too old or in the future.
    """

    def __init__(self, client: RecordClient, namespace: str, name: str, *, clock: Clock) -> None:
        self.namespace = namespace
        self.name = name
        self._client = client
        self._clock = clock
        self._lease: dict[str, Any] | None = None
        self._lock = asyncio.Lock()
        self._known: set[str] = set()
        self._token = uuid.uuid4().hex[:12]

    @property
    def reference(self) -> dict[str, Any]:
        """Reference to the Lease, for Events."""
        metadata = {"name": self.name, "namespace": self.namespace}
        return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata}

    async def begin(
        self, controller: str, text: str, wanted: Collection[str], first: datetime | None
    ) -> datetime | None:
        """Return the time of the last run of a schedule. For a new one, record ``first``, unless it is None.

        Args:
            controller: id of the controller.
            text: text of the schedule.
            wanted: all recorded schedules of the controller; others are removed.
            first: start time of a new schedule.

        Raises:
            PluginOperatorError: the Lease could not be read or written.
        """

        def edit(entries: Entries) -> datetime | None:
            mine = _kept(entries, controller, wanted)
            if (known := self._time_of(mine.get(text, ""))) is None and first is not None:
                mine[text] = self._entry(first)
            return known or first

        return await self._change(edit, controller)

    async def claim(self, controller: str, text: str, wanted: Collection[str], due: datetime) -> bool:
        """Record a run for ``due``; return False if another process has recorded that time or a later one.

        An earlier attempt of this process whose response was lost counts as a success.

        Raises:
            PluginOperatorError: the Lease could not be written, so the schedule must not run.
        """

        def edit(entries: Entries) -> bool:
            mine = _kept(entries, controller, wanted)
            known = self._time_of(mine.get(text, ""))
            if known is not None and known >= due:
                return mine[text] == self._entry(due)
            mine[text] = self._entry(due)
            return True

        return await self._change(edit, controller)

    async def forget(self, controllers: Callable[[], Iterable[str]]) -> None:
        """Remove the entries of controllers; ``controllers`` is called right before the write.

        Raises:
            PluginOperatorError: the Lease could not be written.
        """

        def edit(entries: Entries) -> None:
            for each in controllers():
                self._known.discard(each)
                entries.pop(each, None)

        await self._change(edit)

    async def _change(self, edit: Callable[[Entries], T], controller: str = "") -> T:
        async with self._lock:
            if controller:
                self._known.add(controller)
            for _ in range(_ATTEMPTS):
                try:
                    return await self._change_once(edit)
                except (ConflictError, AlreadyExistsError, NotFoundError) as error:
                    self._lease, last = None, error
                except BaseException:
                    self._lease = None  # it is unknown whether the write arrived
                    raise
            raise last

    async def _change_once(self, edit: Callable[[Entries], T]) -> T:
        lease = self._lease if self._lease is not None else await self._read()
        annotations = dict((lease["metadata"].get("annotations") or {}) if lease is not None else {})
        entries = _entries(annotations)
        result = edit(entries)
        self._drop_unused(entries)
        others = {key: value for key, value in annotations.items() if not key.startswith(PREFIX)}
        wanted = others | _annotations(entries)
        if wanted != annotations:
            lease = await self._write(lease, wanted)
        self._lease = lease
        return result

    async def _read(self) -> dict[str, Any] | None:
        try:
            return self._checked(await self._client.get(_KIND, self.name, self.namespace))
        except NotFoundError as error:
            if error.reason != "NotFound":
                raise ApiConnectionError(f"leases are not served: {error}") from error
            return None

    async def _write(self, lease: dict[str, Any] | None, annotations: dict[str, str]) -> dict[str, Any]:
        if lease is None:
            fresh = self.reference
            fresh["metadata"]["annotations"] = annotations
            return self._checked(await self._client.create(fresh))
        changed = {**lease, "metadata": {**lease["metadata"], "annotations": annotations}}
        return self._checked(await self._client.update(changed))

    def _checked(self, lease: Any) -> dict[str, Any]:
        """Return ``lease``, or raise if it has no ``resourceVersion``: updates would not detect conflicts."""
        metadata = lease.get("metadata") if isinstance(lease, dict) else None
        if not isinstance(metadata, dict) or not metadata.get("resourceVersion"):
            raise ApiConnectionError(
                f"the API server answered a request for Lease {self.name} with no versioned object"
            )
        return lease  # type: ignore[no-any-return]  # looked at above

    def _entry(self, moment: datetime) -> str:
        return f"{micro_time(moment)} {self._token}"

    def _time_of(self, entry: str) -> datetime | None:
        """Return the time in an entry; None if it is missing or implausible."""
        moment = _moment(entry)
        if moment is None or moment < _EARLIEST or moment - self._clock.now() > SET_BACK:
            return None
        return moment

    def _drop_unused(self, entries: Entries) -> None:
        oldest = self._clock.now() - _KEPT_UNUSED
        for controller in [each for each in entries if each not in self._known]:
            moments = [found for entry in entries[controller].values() if (found := _moment(entry)) is not None]
            if max(moments, default=oldest) <= oldest:
                del entries[controller]


def _kept(entries: Entries, controller: str, wanted: Collection[str]) -> dict[str, str]:
    mine = entries.setdefault(controller, {})
    for text in [each for each in mine if each not in wanted]:
        del mine[text]
    return mine


def _entries(annotations: dict[str, str]) -> Entries:
    """Parse the annotations; invalid entries are ignored."""
    found: Entries = {}
    for key, value in annotations.items():
        if key.startswith(PREFIX):
            try:
                times = json.loads(value)
            except (ValueError, RecursionError):
                times = None
            known = times if isinstance(times, dict) else {}
            found[key.removeprefix(PREFIX)] = {text: each for text, each in known.items() if isinstance(each, str)}
    return found


def _annotations(entries: Entries) -> dict[str, str]:
    return {PREFIX + each: json.dumps(times, sort_keys=True) for each, times in entries.items() if times}


def _moment(entry: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(entry.partition(" ")[0])
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
