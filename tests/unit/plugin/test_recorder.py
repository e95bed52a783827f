"""Kubernetes Events: aggregated, bounded, never in the way."""

import asyncio
import contextvars
from collections.abc import AsyncIterator
from typing import Any, NoReturn, cast

import pytest
from structlog.testing import capture_logs

from plugin_operator.errors import ApiConnectionError, ForbiddenError, NoMatchError, NotFoundError
from plugin_operator.plugin import EventRecorder, RevisionTasks
from plugin_operator.testing.virtual_clock import VirtualClock

POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "ns", "uid": "u1"}}


class FakeClient:
    def __init__(self) -> None:
        self.created: list[Any] = []
        self.patched: list[Any] = []
        self.errors: list[Any] = []

    async def create(self, obj: dict[str, Any]) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.created.append(obj)

    async def patch(self, kind: str, name: str, patch: dict[str, Any], namespace: str | None = None) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.patched.append((name, namespace, patch))


class RecorderHarness:
    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.client = FakeClient()
        self.recorder = EventRecorder(self.client, instance="pod-1", clock=self.clock)
        self.bound = self.recorder.bind("web-controller")


@pytest.fixture
async def harness() -> AsyncIterator[RecorderHarness]:
    made = RecorderHarness()
    await made.recorder.start()
    yield made
    stopping = asyncio.ensure_future(made.recorder.stop(1))
    await made.clock.advance(30)
    await stopping


async def test_an_event_is_written_as_kubectl_describe_expects_it(harness: RecorderHarness) -> None:
    harness.bound.event(POD, "Warning", "Failed", "no image")
    await harness.clock.settle()
    (event,) = harness.client.created
    assert event["involvedObject"] == {
        "apiVersion": "v1",
        "kind": "Pod",
        "name": "web",
        "namespace": "ns",
        "uid": "u1",
    }
    assert (event["type"], event["reason"], event["message"]) == ("Warning", "Failed", "no image")
    assert event["source"] == {"component": "web-controller", "host": "pod-1"}
    assert event["metadata"]["namespace"] == "ns"
    assert event["metadata"]["name"].startswith("web.")


async def test_the_same_event_again_is_counted_instead_of_repeated(harness: RecorderHarness) -> None:
    for _ in range(5):
        harness.bound.event(POD, "Normal", "Seen", "again")
        await harness.clock.settle()
    assert len(harness.client.created) == 1
    assert [patch["count"] for _, _, patch in harness.client.patched] == [2, 3, 4, 5]


async def test_many_that_differ_only_in_words_are_combined(harness: RecorderHarness) -> None:
    for number in range(15):
        harness.bound.event(POD, "Normal", "Seen", f"number {number}")
        await harness.clock.settle()
    assert len(harness.client.created) == 11
    assert harness.client.patched[-1][2]["message"] == "(combined from similar events): number 14"


async def test_an_object_has_an_allowance_and_others_are_not_harmed(harness: RecorderHarness) -> None:
    for number in range(100):
        harness.bound.event(POD, "Normal", f"Reason{number}", "x")
    other = {**POD, "metadata": {"name": "other", "namespace": "ns"}}
    harness.bound.event(other, "Normal", "Seen", "x")
    await harness.clock.settle()
    assert len(harness.client.created) == 26
    assert harness.recorder.dropped == 75


async def test_an_event_of_a_cluster_scoped_object_goes_to_default(harness: RecorderHarness) -> None:
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}}
    harness.bound.event(node, "Normal", "Seen", "x")
    await harness.clock.settle()
    assert harness.client.created[0]["metadata"]["namespace"] == "default"
    assert "namespace" not in harness.client.created[0]["involvedObject"]


async def test_what_is_no_object_is_logged_and_not_raised(harness: RecorderHarness) -> None:
    harness.bound.event({"kind": "Pod"}, "Normal", "Seen", "x")
    harness.bound.event(cast("Any", None), "Normal", "Seen", "x")
    await harness.clock.settle()
    assert harness.client.created == []


async def test_texts_that_cannot_be_encoded_or_shown_are_recorded_as_far_as_they_can(harness: RecorderHarness) -> None:
    class Odd:
        def __str__(self) -> NoReturn:
            raise SystemExit(0)

    harness.bound.event(POD, "Warning", "Failed", "a \ud800 b")
    harness.bound.event(POD, "Warning", "Failed", Odd())  # type: ignore[arg-type]
    await harness.clock.settle()
    assert [event["message"] for event in harness.client.created] == [
        "a \\ud800 b",
        "<Odd: its __str__ raised SystemExit>",
    ]


async def test_an_event_that_cannot_be_recorded_is_logged_with_whose_it_is(harness: RecorderHarness) -> None:
    def record() -> None:
        RevisionTasks("one", "1-abc").mark()
        harness.bound.event(cast("Any", None), "Warning", "Failed", "no object")

    with capture_logs() as lines:
        contextvars.copy_context().run(record)
    expected = {"plugin": "one", "revision": "1-abc", "controller": "web-controller", "reason": "Failed"}
    assert expected.items() <= lines[0].items()


async def test_an_unreachable_server_is_tried_again_and_a_refusal_is_not(harness: RecorderHarness) -> None:
    harness.client.errors = [ApiConnectionError("away")]
    harness.bound.event(POD, "Normal", "Seen", "x")
    await harness.clock.advance(5)
    assert len(harness.client.created) == 1
    harness.client.errors = [ForbiddenError(403)]
    harness.bound.event(POD, "Normal", "Other", "x")
    await harness.clock.advance(5)
    assert len(harness.client.created) == 1
    assert harness.recorder.dropped == 1


async def test_an_event_is_sent_again_when_the_server_does_not_serve_events_for_a_moment(
    harness: RecorderHarness,
) -> None:
    harness.client.errors = [NoMatchError("the API server serves no v1/Event")]
    harness.bound.event(POD, "Normal", "Seen", "at last")
    await harness.clock.advance(5)
    assert [event["message"] for event in harness.client.created] == ["at last"]


async def test_an_event_that_has_expired_on_the_server_is_told_anew(harness: RecorderHarness) -> None:
    harness.bound.event(POD, "Normal", "Seen", "x")
    await harness.clock.settle()
    harness.client.errors = [NotFoundError(404)]
    harness.bound.event(POD, "Normal", "Seen", "x")
    await harness.clock.settle()
    assert [each["count"] for each in harness.client.created] == [1, 2]


async def test_a_thread_may_record_events(harness: RecorderHarness) -> None:
    await asyncio.to_thread(harness.bound.event, POD, "Normal", "Seen", "x")
    await harness.clock.settle()
    assert len(harness.client.created) == 1


async def test_stop_writes_what_is_waiting() -> None:
    made = RecorderHarness()
    await made.recorder.start()
    for number in range(10):
        made.bound.event(POD, "Normal", f"R{number}", "x")
    await made.recorder.stop(5)
    assert len(made.client.created) == 10


async def test_the_buffer_is_bounded(harness: RecorderHarness) -> None:
    for number in range(3000):
        obj = {**POD, "metadata": {"name": f"p{number}", "namespace": "ns"}}
        harness.bound.event(obj, "Normal", "Seen", "x")
    assert harness.recorder.dropped == 2000


async def test_events_about_one_plugin_use_up_no_others_allowance(harness: RecorderHarness) -> None:
    for number in range(100):
        harness.recorder.bind("plugin-operator", "noisy").event(POD, "Warning", f"Reason{number}", "no")
    harness.recorder.bind("plugin-operator", "quiet").event(POD, "Warning", "PluginRejected", "quiet is refused")
    await harness.clock.settle()
    assert harness.client.created[-1]["message"] == "quiet is refused"
    assert harness.recorder.dropped == 75
