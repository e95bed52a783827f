"""Each local time of a cron expression runs once, whatever the clocks of its zone do."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin_operator.plugin.triggers.cron_times import CronTimes

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour of daylight saving
    "Africa/Casablanca",  # no daylight saving in Ramadan
    "America/St_Johns",
    "Asia/Kathmandu",
]
HALF_AN_HOUR = timedelta(minutes=30)


def changes(name: str) -> list[datetime]:
    """Return when the clocks of a zone change in 2026, to half an hour; the middle of the year if they never do."""
    zone, begin = ZoneInfo(name), datetime(2026, 1, 1, tzinfo=UTC)
    times = [begin + number * HALF_AN_HOUR for number in range(365 * 48)]
    offsets = [each.astimezone(zone).utcoffset() for each in times]
    found = [after for after, old, new in zip(times[1:], offsets, offsets[1:], strict=False) if old != new]
    return found or [datetime(2026, 6, 1, tzinfo=UTC)]


CHANGES = [(name, moment) for name in ZONES for moment in changes(name)]
minutes = st.sampled_from(["*", "0", "30", "*/15", "5,35", "59"])
hours = st.sampled_from(["*", "0", "1", "2", "3", "1-3", "*/2", "23"])
expressions = st.builds(lambda minute, hour: f"{minute} {hour} * * *", minutes, hours)
#: A zone, and a moment near a change of its clocks.
places = st.builds(
    lambda change, seconds: (ZoneInfo(change[0]), change[1] + timedelta(seconds=seconds)),
    st.sampled_from(CHANGES),
    st.integers(-90_000, 20_000),
)


def shown(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def first_moments(expression: str, zone: ZoneInfo, start: datetime, end: datetime) -> list[datetime]:
    """Say the same in another way: go through every minute, and run what the clock shows or has jumped over."""
    wanted: set[datetime] = set()
    local = shown(start, zone) - timedelta(days=1)
    for each in CronSim(expression, local):
        if each > shown(end, zone) + timedelta(days=1):
            break
        wanted.add(each)
    found: list[datetime] = []
    seen: set[datetime] = set()
    moment = (start - timedelta(days=1)).replace(second=0, microsecond=0)
    before = shown(moment - timedelta(minutes=1), zone)
    while moment <= end:
        now = shown(moment, zone)
        passed = {now}
        while now - before > timedelta(minutes=1) and before < now:  # every local minute that was skipped
            before += timedelta(minutes=1)
            passed.add(before)
        due = (passed & wanted) - seen
        seen |= passed
        if due and moment > start:
            found.append(moment)
        before = now
        moment += timedelta(minutes=1)
    return found


@settings(max_examples=60, deadline=None)
@given(expressions, places)
def test_the_moments_of_a_day_are_those_at_which_a_clock_on_the_wall_first_shows_them(
    expression: str, place: tuple[ZoneInfo, datetime]
) -> None:
    zone, start = place
    times, end = CronTimes(expression, zone), start + timedelta(hours=26)
    found, moment = [], times.after(start)
    while moment <= end:
        found.append(moment)
        moment = times.after(moment)
    assert found == first_moments(expression, zone, start, end)


@settings(max_examples=300, deadline=None)
@given(expressions, places)
def test_the_latest_moment_and_the_next_one_have_none_between_them(
    expression: str, place: tuple[ZoneInfo, datetime]
) -> None:
    zone, now = place
    times = CronTimes(expression, zone)
    latest, following = times.latest(now), times.after(now)
    assert latest <= now < following
    assert times.after(latest) == following
    assert times.latest(latest) == latest
    assert times.latest(following) == following


def test_an_hour_that_is_skipped_runs_once_at_the_first_moment_after_it() -> None:
    times = CronTimes("*/30 2 * * *", ZoneInfo("Europe/Berlin"))
    first = times.after(datetime(2026, 3, 28, 12, tzinfo=UTC))
    assert first == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert times.after(first) == datetime(2026, 3, 30, 0, tzinfo=UTC)


def test_an_hour_that_comes_twice_runs_the_first_time() -> None:
    times = CronTimes("30 2 * * *", ZoneInfo("Europe/Berlin"))
    first = times.after(datetime(2026, 10, 24, 12, tzinfo=UTC))
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert times.after(first) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def test_a_day_that_a_country_left_out_runs_when_the_next_one_begins() -> None:
    times = CronTimes("0 12 30 12 *", ZoneInfo("Pacific/Apia"))  # 30 December 2011 was no day in Samoa
    assert times.after(datetime(2011, 12, 1, tzinfo=UTC)) == datetime(2011, 12, 30, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("0 3 * *", "five fields"),
        ("0 0 3 * * *", "five fields"),
        ("61 * * * *", "Bad minute"),
        ("0 0 30 2 *", "Bad day-of-month"),
        ("x", "five fields"),
        ("*/0 * * * *", "Bad minute"),
    ],
)
def test_an_expression_that_means_no_moment_is_refused(expression: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        CronTimes(expression, ZoneInfo("UTC"))
