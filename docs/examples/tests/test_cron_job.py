"""What ``cron_job.py`` does, on a cluster of its own in virtual time."""

from datetime import UTC, datetime
from typing import Any

import pytest

from plugin_operator.testing import Scenario, scenario

PLUGIN, KIND = "../plugins/cron_job.py", "example.com/v1/CronJob"
NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
MINUTE = 60


def cron_job(**spec: Any) -> dict[str, Any]:
    container = {"name": "a", "image": "busybox:1"}
    job = {"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [container]}}}}
    template = {"metadata": {"labels": {"app": "report"}}, **job}
    return {
        "apiVersion": "example.com/v1",
        "kind": "CronJob",
        "metadata": {"name": "report", "namespace": "default"},
        "spec": {"schedule": "*/5 * * * *", "jobTemplate": template, **spec},
    }


async def times(s: Scenario) -> list[str]:
    """Return the minutes at which the Jobs were to run that there are."""
    found = await s.list("batch/v1/Job", "default")
    return sorted(each["metadata"]["annotations"]["example.com/scheduled-at"][11:16] for each in found)


async def status(s: Scenario) -> dict[str, Any]:
    found: dict[str, Any] = (await s.get(KIND, "report"))["status"]
    return found


async def finish(s: Scenario, result: str = "Complete") -> None:
    """Let all Jobs end, as the Job controller of a cluster says it."""
    for job in await s.list("batch/v1/Job", "default"):
        if not job.get("status", {}).get("conditions"):
            time = s.now.strftime("%Y-%m-%dT%H:%M:%SZ")
            ended = {"startTime": job["metadata"]["creationTimestamp"], "conditions": conditions(result, time)}
            if result == "Complete":
                ended |= {"completionTime": time, "succeeded": 1}
            await s.client.patch_status("batch/v1/Job", job["metadata"]["name"], ended, "default")
    await s.settle()


def conditions(result: str, time: str) -> list[dict[str, str]]:
    before = {"Complete": "SuccessCriteriaMet", "Failed": "FailureTarget"}[result]
    return [{"type": each, "status": "True", "lastTransitionTime": time} for each in (before, result)]


async def test_each_time_of_the_schedule_has_one_job_with_the_labels_of_the_template() -> None:
    async with scenario(PLUGIN, objects=[cron_job()], start=NOON) as s:
        assert await times(s) == []
        await s.advance(5 * MINUTE)
        (job,) = await s.list("batch/v1/Job", "default")
        assert job["metadata"]["name"] == f"report-{int(NOON.timestamp()) + 300}"
        assert job["metadata"]["labels"].items() >= {"app": "report"}.items()
        assert job["metadata"]["ownerReferences"][0]["kind"] == "CronJob"
        found = await status(s)
        assert [each["name"] for each in found["active"]] == [job["metadata"]["name"]]
        assert found["lastScheduleTime"] == "2026-01-15T12:05:00Z"
        await finish(s)
        assert "active" not in await status(s) or (await status(s))["active"] == []
        await s.advance(5 * MINUTE)
        assert await times(s) == ["12:05", "12:10"]


async def test_nothing_runs_while_it_is_suspended_and_the_last_missed_time_runs_afterwards() -> None:
    async with scenario(PLUGIN, objects=[cron_job(suspend=True)], start=NOON) as s:
        await s.advance(17 * MINUTE)
        assert await times(s) == []
        assert (await status(s))["conditions"][0]["reason"] == "Suspended"
        await s.patch(KIND, "report", {"spec": {"suspend": False}})
        assert await times(s) == ["12:15"]


async def test_a_time_that_is_missed_by_more_than_the_deadline_does_not_run() -> None:
    suspended = cron_job(suspend=True, startingDeadlineSeconds=60)
    async with scenario(PLUGIN, objects=[suspended], start=NOON) as s:
        await s.advance(17 * MINUTE)
        await s.patch(KIND, "report", {"spec": {"suspend": False}})
        assert await times(s) == []
        assert {event.reason for event in s.events} == {"MissedSchedule"}
        await s.advance(3 * MINUTE)
        assert await times(s) == ["12:20"]


@pytest.mark.parametrize(
    ("policy", "expected"), [("Allow", ["12:05", "12:10"]), ("Forbid", ["12:05"]), ("Replace", ["12:10"])]
)
async def test_the_policy_says_what_happens_while_a_job_is_active(policy: str, expected: list[str]) -> None:
    async with scenario(PLUGIN, objects=[cron_job(concurrencyPolicy=policy)], start=NOON) as s:
        await s.advance(11 * MINUTE)
        assert await times(s) == expected
        assert len((await status(s))["active"]) == len(expected)


async def test_a_forbidden_run_starts_when_the_active_one_has_ended() -> None:
    async with scenario(PLUGIN, objects=[cron_job(concurrencyPolicy="Forbid")], start=NOON) as s:
        await s.advance(11 * MINUTE)
        await finish(s)
        assert await times(s) == ["12:05", "12:10"]


async def test_only_the_last_jobs_of_each_outcome_are_kept() -> None:
    limits = {"successfulJobsHistoryLimit": 2, "failedJobsHistoryLimit": 0}
    async with scenario(PLUGIN, objects=[cron_job(**limits)], start=NOON) as s:
        for _ in range(4):
            await s.advance(5 * MINUTE)
            await finish(s)
        assert await times(s) == ["12:15", "12:20"]
        await s.advance(5 * MINUTE)
        await finish(s, "Failed")
        assert await times(s) == ["12:15", "12:20"]
        assert (await status(s))["lastScheduleTime"] == "2026-01-15T12:25:00Z"


async def test_a_deleted_job_does_not_run_again() -> None:
    async with scenario(PLUGIN, objects=[cron_job()], start=NOON) as s:
        await s.advance(5 * MINUTE)
        (job,) = await s.list("batch/v1/Job", "default")
        await s.delete("batch/v1/Job", job["metadata"]["name"])
        assert await times(s) == []


async def test_a_schedule_without_a_time_is_reported_and_not_tried_again() -> None:
    async with scenario(PLUGIN, objects=[cron_job(schedule="0 0 30 2 *")], start=NOON) as s:
        await s.advance(60 * MINUTE)
        assert len([each for each in s.requests if each.error]) == 1
        condition = (await status(s))["conditions"][0]
        assert (condition["status"], condition["reason"]) == ("False", "InvalidSchedule")
        await s.patch(KIND, "report", {"spec": {"schedule": "0 * * * *"}})
        await s.advance(60 * MINUTE)
        assert await times(s) == ["13:00", "14:00"]


async def test_the_jobs_go_with_their_cron_job() -> None:
    async with scenario(PLUGIN, objects=[cron_job()], start=NOON) as s:
        await s.advance(5 * MINUTE)
        await s.delete(KIND, "report")
        await s.advance(MINUTE)
        assert await times(s) == []
