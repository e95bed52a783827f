"""The times of schedules in the cluster: at most one process runs a moment, and nothing else of the Lease is lost."""

import asyncio
import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plugin_operator.errors import (
    AlreadyExistsError,
    ApiConnectionError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    PluginOperatorError,
)
from plugin_operator.hosting.triggers.schedule_record import PREFIX, ScheduleRecord
from plugin_operator.testing import VirtualClock

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Leases:
    """An API server with one Lease, which can fail before or after it does what is asked."""

    def __init__(self) -> None:
        self.lease: dict[str, Any] | None = None
        self.version = 0
        self.writes = 0
        self.fail: list[BaseException | None] = []
        self.fail_after: list[BaseException] = []

    def _failing(self) -> None:
        if self.fail and (error := self.fail.pop(0)) is not None:
            raise error

    async def get(self, kind: Any, name: str, namespace: str | None = None) -> Any:
        await asyncio.sleep(0)
        self._failing()
        if self.lease is None:
            raise NotFoundError(404, "NotFound")
        return copy.deepcopy(self.lease)

    async def create(self, obj: Any) -> Any:
        await asyncio.sleep(0)
        self._failing()
        if self.lease is not None:
            raise AlreadyExistsError(409, "AlreadyExists")
        return self._store(obj)

    async def update(self, obj: Any) -> Any:
        await asyncio.sleep(0)
        self._failing()
        if self.lease is None:
            raise NotFoundError(404, "NotFound")
        if obj["metadata"]["resourceVersion"] != self.lease["metadata"]["resourceVersion"]:
            raise ConflictError(409, "Conflict")
        return self._store(obj)

    def _store(self, obj: Any) -> Any:
        self.version += 1
        self.writes += 1
        self.lease = copy.deepcopy(obj)
        self.lease["metadata"]["resourceVersion"] = str(self.version)
        if self.fail_after:
            raise self.fail_after.pop(0)
        return copy.deepcopy(self.lease)

    @property
    def annotations(self) -> dict[str, str]:
        assert self.lease is not None
        found: dict[str, str] = self.lease["metadata"].get("annotations", {})
        return found


def record(leases: Leases, now: datetime = NOON) -> ScheduleRecord:
    return ScheduleRecord(leases, "system", "plugin-operator-schedules", clock=VirtualClock(now))


async def test_of_two_processes_one_gets_a_moment() -> None:
    leases = Leases()
    one, two = record(leases), record(leases)
    for number in range(5):
        due = NOON + number * timedelta(minutes=1)
        taken = await asyncio.gather(*(each.claim("c", "every 60 s", ["every 60 s"], due) for each in (one, two)))
        assert sorted(taken) == [False, True]


async def test_a_claim_whose_answer_was_lost_is_ones_own() -> None:
    leases = Leases()
    mine, other = record(leases), record(leases)
    leases.fail_after = [ApiConnectionError("reset")]
    with pytest.raises(ApiConnectionError):
        await mine.claim("c", "a", ["a"], NOON)
    assert await other.claim("c", "a", ["a"], NOON) is False
    assert await mine.claim("c", "a", ["a"], NOON) is True
    assert leases.writes == 1


async def test_a_new_cron_schedule_counts_from_when_it_was_first_seen() -> None:
    leases = Leases()
    assert await record(leases).begin("c", "a", ["a"], NOON) == NOON
    assert await record(leases).begin("c", "a", ["a"], NOON + HOUR) == NOON
    assert leases.writes == 1


async def test_an_interval_that_never_ran_is_not_written_before_it_runs() -> None:
    leases = Leases()
    assert await record(leases).begin("c", "a", ["a"], None) is None
    assert leases.writes == 0


async def test_a_replaced_schedule_is_dropped_with_the_next_write() -> None:
    leases = Leases()
    mine = record(leases)
    await mine.claim("c", "a", ["a"], NOON)
    await mine.begin("c", "b", ["b"], NOON)
    assert '"a"' not in leases.annotations[PREFIX + "c"]


async def test_what_others_have_written_into_the_lease_stays() -> None:
    leases = Leases()
    mine = record(leases)
    await mine.claim("c", "a", ["a"], NOON)
    assert leases.lease is not None
    leases.lease["metadata"]["annotations"]["team"] = "blue"
    leases.lease["metadata"]["labels"] = {"app": "x"}
    leases.lease["metadata"]["resourceVersion"] = "77"
    leases.version = 77
    await mine.claim("c", "a", ["a"], NOON + HOUR)
    assert leases.annotations["team"] == "blue"
    assert leases.lease["metadata"]["labels"] == {"app": "x"}


@pytest.mark.parametrize("value", ["", "{", "[]", "3", '{"a": 1}', '{"a": "yesterday"}', "[" * 3000])
async def test_an_annotation_that_somebody_has_spoilt_counts_as_none(value: str) -> None:
    leases = Leases()
    await record(leases).claim("c", "a", ["a"], NOON - HOUR)
    leases.annotations[PREFIX + "c"] = value
    assert await record(leases).begin("c", "a", ["a"], NOON) == NOON


async def test_a_lease_that_somebody_deletes_is_made_anew() -> None:
    leases = Leases()
    mine = record(leases)
    await mine.claim("c", "a", ["a"], NOON)
    leases.lease = None
    assert await mine.claim("c", "a", ["a"], NOON + HOUR) is True
    assert leases.lease is not None


async def test_a_time_beyond_the_next_hour_was_written_by_a_wrong_clock() -> None:
    leases = Leases()
    await record(leases, NOON + 90 * HOUR).claim("c", "a", ["a"], NOON + 90 * HOUR)
    mine = record(leases)
    assert await mine.begin("c", "a", ["a"], NOON) == NOON
    assert await mine.claim("c", "a", ["a"], NOON + HOUR) is True


async def test_a_plugin_that_is_unloaded_takes_its_entries_along() -> None:
    leases = Leases()
    mine = record(leases)
    await mine.claim("c", "a", ["a"], NOON)
    await mine.claim("d", "a", ["a"], NOON)
    await mine.forget(lambda: ["c"])
    assert list(leases.annotations) == [PREFIX + "d"]


async def test_entries_of_plugins_that_went_unseen_go_after_more_than_a_year() -> None:
    leases = Leases()
    await record(leases).claim("old", "a", ["a"], NOON)
    later = record(leases, NOON + timedelta(days=399))
    await later.claim("new", "a", ["a"], NOON + timedelta(days=399))
    assert PREFIX + "old" in leases.annotations
    latest = record(leases, NOON + timedelta(days=401))
    await latest.claim("new", "a", ["a"], NOON + timedelta(days=401))
    assert list(leases.annotations) == [PREFIX + "new"]


async def test_a_server_that_serves_no_leases_is_no_server_without_this_one() -> None:
    leases = Leases()
    leases.fail = [NotFoundError(404, "")]
    with pytest.raises(PluginOperatorError, match="leases are not served"):
        await record(leases).begin("c", "a", ["a"], NOON)


async def test_a_refusal_is_the_callers() -> None:
    leases = Leases()
    leases.fail = [None, ForbiddenError(403, "Forbidden")]
    mine = record(leases)
    with pytest.raises(ForbiddenError):
        await mine.claim("c", "a", ["a"], NOON)
    assert await mine.claim("c", "a", ["a"], NOON) is True


async def test_an_answer_without_a_version_is_no_base_for_a_write() -> None:
    leases = Leases()
    leases.lease = {"metadata": {"name": "plugin-operator-schedules"}}
    with pytest.raises(ApiConnectionError, match="no versioned object"):
        await record(leases).claim("c", "a", ["a"], NOON)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
async def test_an_edited_time_without_a_local_time_is_as_none(moment: str) -> None:
    leases = Leases()
    await record(leases).claim("c", "a", ["a"], NOON)
    assert leases.lease is not None
    leases.lease["metadata"]["annotations"][PREFIX + "c"] = f'{{"a": "{moment} x"}}'
    assert await record(leases).begin("c", "a", ["a"], NOON + HOUR) == NOON + HOUR
