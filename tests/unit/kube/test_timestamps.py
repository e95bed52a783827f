"""Times of any zone are written in UTC, in the two forms of the API."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from plugin_operator.kube.timestamps import micro_time, timestamp

INSTANT = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize("hours", [0, 5, -11])
def test_a_moment_of_any_zone_is_written_in_utc(hours: int) -> None:
    moment = INSTANT.astimezone(timezone(timedelta(hours=hours)))

    assert timestamp(moment) == "2026-01-02T03:04:05Z"
    assert micro_time(moment) == "2026-01-02T03:04:05.000006Z"


def test_a_whole_second_has_six_digits_too() -> None:
    assert micro_time(INSTANT.replace(microsecond=0)) == "2026-01-02T03:04:05.000000Z"
