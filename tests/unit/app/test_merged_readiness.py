"""The readiness of several workers names the worker, and logs each change."""

from typing import Any, cast

import msgspec
import pytest
from structlog.testing import capture_logs

from plugin_operator.app.workers.readiness import MergedReadiness
from plugin_operator.serving.checks import Probe, report


class Presence(msgspec.Struct):
    problem: str = ""


class Workers:
    """Two workers whose answers the test sets: reason and note of each check, None for no answer."""

    def __init__(self) -> None:
        self.presences = [Presence(), Presence()]
        self.answers: list[tuple[str, str] | None] = [("", ""), ("", "")]

    async def ask(self, what: str, about: str) -> list[Any]:
        assert what == "check"
        return self.answers if about == "caches" else [("", ""), ("", "")]


@pytest.fixture
def workers() -> Workers:
    return Workers()


@pytest.fixture
def ready(workers: Workers) -> Probe:
    (found,) = (each for each in MergedReadiness(cast("Any", workers), list).probes() if each.name == "readyz")
    return found


async def summary(probe: Probe) -> list[str]:
    return [line for line in report("readyz", await probe.run_all()).splitlines() if line.startswith("[-]")]


async def test_all_checks_pass_in_all_workers(ready: Probe) -> None:
    assert await summary(ready) == []


async def test_the_summary_names_the_worker_that_does_not_answer_and_why(workers: Workers, ready: Probe) -> None:
    workers.presences[1].problem = "worker 1 does not answer (pid 7): its event loop has not run for 4 s"
    workers.answers[1] = None

    assert await summary(ready) == [
        "[-]caches failed: worker 1: no answer",
        "[-]workers failed: worker 1 does not answer (pid 7): its event loop has not run for 4 s",
    ]


async def test_the_summary_names_the_worker_of_a_failed_check_and_withholds_the_reason(
    workers: Workers, ready: Probe
) -> None:
    workers.answers[1] = ("not synced: v1/Secret of vault", "")

    assert await summary(ready) == ["[-]caches failed: worker 1: reason withheld"]
    assert (await ready.run("caches")).reason == "worker 1: not synced: v1/Secret of vault"


async def test_a_worker_that_becomes_unready_and_ready_is_logged_once_each(workers: Workers, ready: Probe) -> None:
    unready = ("not synced: v1/Pod of a", "")
    with capture_logs() as lines:
        for answer in (unready, unready, ("", ""), unready, unready, None, ("", ""), ("", "")):
            workers.answers[1] = answer
            await ready.run("caches")

    assert [(each["event"], each["worker"], each["check"]) for each in lines] == [
        ("Worker is not ready", 1, "caches"),
        ("Worker is ready again", 1, "caches"),
    ]
    assert lines[0]["reason"] == "not synced: v1/Pod of a"
