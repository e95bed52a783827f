"""What ``office_hours.py`` does over a week, in virtual time."""

from datetime import UTC, datetime
from typing import Any

from plugin_operator.testing import scenario

THURSDAY_NOON = datetime(2026, 1, 15, 11, tzinfo=UTC)
HOUR = 3600


def deployment(replicas: int) -> dict[str, Any]:
    labels = {"example.com/office-hours": ""}
    spec = {
        "replicas": replicas,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "nginx:1"}]},
        },
    }
    metadata = {"name": "web", "namespace": "default", "labels": labels}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


async def test_replicas_go_at_night_and_come_back_in_the_morning_but_not_on_saturday() -> None:
    async with scenario("../plugins/office_hours.py", objects=[deployment(3)], start=THURSDAY_NOON) as s:

        async def replicas() -> int:
            return int((await s.get("apps/v1/Deployment", "web", "default"))["spec"]["replicas"])

        assert await replicas() == 3
        await s.advance(9 * HOUR)  # Thursday, 21:00 in Berlin
        assert await replicas() == 0
        await s.advance(11 * HOUR)  # Friday, 08:00
        assert await replicas() == 3
        await s.advance(24 * HOUR)  # Saturday, 08:00
        assert await replicas() == 0
        await s.advance(48 * HOUR)  # Monday, 08:00
        assert await replicas() == 3


async def test_what_was_stopped_by_day_stays_stopped() -> None:
    async with scenario("../plugins/office_hours.py", objects=[deployment(0)], start=THURSDAY_NOON) as s:
        await s.advance(24 * HOUR)
        assert s.writes == []
