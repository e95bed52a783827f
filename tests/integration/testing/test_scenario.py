"""Scenarios for plugin authors: virtual time, planned failures, and a record of what plugins do."""

import json
import re
import textwrap
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from plugin_operator.errors import ApiConnectionError, PluginRejected
from plugin_operator.testing import Scenario, eventually, scenario
from tests.widgets import definition

pytestmark = pytest.mark.embedded_only("a scenario brings its own server")

MARKS = """
import logging
import re

import structlog

from plugin_operator import Result, controller


@controller(for_="v1/ConfigMap")
async def marks(ctx, request):
    obj = ctx.lister.get(request)
    if obj is None:
        return None
    ctx.log.info("seen", found=True)
    if not obj["metadata"].get("labels"):
        await ctx.client.patch("v1/ConfigMap", request, {"metadata": {"labels": {"marked": "yes"}}})
        ctx.recorder.event(obj, "Normal", "Marked", "it was not")
    return Result(requeue_after=600)
"""


def config_map(name: str, **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default", **metadata}}


def written(folder: Path, text: str, name: str = "marks") -> Path:
    path = folder / f"{name}.py"
    path.write_text(text)
    return path


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    return written(tmp_path, MARKS)


async def test_writes_are_those_of_the_plugin_in_order_and_not_those_of_the_test(marks: Path) -> None:
    async with scenario(marks, objects=[config_map("a")]) as s:
        await s.create(config_map("b"))
        await s.patch("v1/ConfigMap", "b", {"data": {"x": "y"}})
        assert [str(write) for write in s.writes] == [
            "patch v1/ConfigMap default/a",
            "patch v1/ConfigMap default/b",
        ]
        first = s.writes[0]
        assert (first.verb, first.kind, first.namespace, first.name) == ("patch", "v1/ConfigMap", "default", "a")
        assert first.body == {"metadata": {"labels": {"marked": "yes"}}}
        assert first.controller == "marks"
        assert (await s.get("v1/ConfigMap", "a"))["metadata"]["labels"] == {"marked": "yes"}


async def test_a_planned_failure_hits_the_plugin_and_backoff_passes_in_virtual_time(marks: Path) -> None:
    async with scenario(marks, objects=[config_map("a")], fail={"patch": [409, 500]}) as s:
        assert [str(each) for each in s.requests] == [
            "marks default/a: ConflictError: 409 Conflict: a planned failure of the test"
        ]
        assert (s.writes, len(s.failed_writes)) == ([], 1)
        await s.advance(1)
        assert [each.outcome for each in s.requests[:3]] == ["error", "error", "requeue_after"]
        assert [str(write) for write in s.writes] == ["patch v1/ConfigMap default/a"]


async def test_a_failure_planned_in_the_middle_lasts_for_its_times(marks: Path) -> None:
    async with scenario(marks) as s:
        s.fail("patch", ApiConnectionError("no route"), kind="v1/ConfigMap", times=1)
        s.fail("patch", 500, kind="v1/Secret")
        await s.create(config_map("a"))
        assert [each.error for each in s.requests] == ["ApiConnectionError: no route"]
        await s.advance(1)
        assert [write.name for write in s.writes] == ["a"]
        s.fail("patch", 503)
        s.heal()
        await s.create(config_map("b"))
        assert [write.name for write in s.writes] == ["a", "b"]


async def test_a_planned_conflict_of_a_whole_object_is_retried_after_its_wait_for_the_cache(tmp_path: Path) -> None:
    """Nothing else has changed the object, so no cache shows another version: the wait ends by its deadline."""
    updates = """
        from plugin_operator import controller

        @controller(for_="v1/ConfigMap")
        async def updates(ctx, request):
            obj = ctx.lister.get(request)
            if not obj.get("data"):
                await ctx.client.update({**obj, "data": {"a": "b"}})
        """
    path = written(tmp_path, textwrap.dedent(updates), "updates")
    async with scenario(path, objects=[config_map("a")], fail={"update": [409, 409]}) as s:
        assert (len(s.failed_writes), s.writes) == (1, [])
        await s.advance(20)
        assert (len(s.failed_writes), len(s.writes)) == (2, 1)


async def test_requests_and_schedules_come_due_as_time_advances(tmp_path: Path) -> None:
    text = """
from plugin_operator import Result, controller, cron, every

@controller(for_="v1/ConfigMap")
async def later(ctx, request):
    return Result(requeue_after=600)

@controller(schedules=[every(900)])
async def quarterly(ctx, request): ...

@controller(schedules=[cron("0 3 * * *")])
async def nightly(ctx, request): ...

@controller(for_="v1/Secret", resync_seconds=1200)
async def again(ctx, request): ...
"""
    start = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
    secret = {**config_map("s"), "kind": "Secret"}
    async with scenario(written(tmp_path, text, "times"), objects=[config_map("a"), secret], start=start) as s:
        before = len(s.requests)
        assert before == 3
        await s.advance(3599)
        came = [each.controller for each in s.requests[before:]]
        assert {name: came.count(name) for name in came} == {"later": 5, "quarterly": 3, "nightly": 1, "again": 2}
        assert s.now == datetime(2026, 3, 1, 3, 29, 59, tzinfo=UTC)


async def test_a_schedule_that_is_a_moment_away_is_not_missed(tmp_path: Path) -> None:
    text = """
from plugin_operator import controller, every

@controller(schedules=[every(90.1)])
async def often(ctx, request): ...
"""
    async with scenario(written(tmp_path, text, "times")) as s:
        assert len(s.requests) == 1, "it runs at the start"
        await s.advance(90.05)
        assert len(s.requests) == 1
        await s.advance(0.1)
        assert len(s.requests) == 2
        await s.advance(90.1 * 100)
        assert len(s.requests) == 102


async def test_now_is_virtual_for_plugins_conditions_and_the_server(tmp_path: Path) -> None:
    text = """
from datetime import datetime
from plugin_operator import Result, controller

@controller(for_="v1/ConfigMap")
async def expires(ctx, request):
    obj = ctx.lister.get(request)
    if obj is None:
        return None
    age = (ctx.now() - datetime.fromisoformat(obj["metadata"]["creationTimestamp"])).total_seconds()
    if age < 3600:
        return Result(requeue_after=3600 - age)
    await ctx.client.delete("v1/ConfigMap", request)
"""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    async with scenario(written(tmp_path, text, "expires"), objects=[config_map("a")], start=start) as s:
        assert s.requests[0].requeue_after == 3600
        await s.advance(3599)
        assert s.writes == []
        await s.advance(1)
        assert [str(write) for write in s.writes] == ["delete v1/ConfigMap default/a"]
        assert await s.list("v1/ConfigMap") == []


async def test_a_reconcile_that_hangs_is_timed_out_by_virtual_time(tmp_path: Path) -> None:
    text = """
import asyncio
from plugin_operator import controller

@controller(schedules=[], for_="v1/ConfigMap", reconcile_timeout_seconds=50)
async def hangs(ctx, request):
    await asyncio.Event().wait()
"""
    async with scenario(written(tmp_path, text, "hangs")) as s:
        await s.client.create(config_map("a"))
        await eventually(lambda: s.plugins[0].controllers[0].in_flight)
        await s.advance(51, settle=False)
        await eventually(lambda: s.requests)
        assert s.requests[0].error == "ReconcileTimeoutError: reconcile took longer than 50.0 s"


async def test_events_and_logs_are_on_record(tmp_path: Path) -> None:
    text = MARKS.replace("    return Result", "    logging.getLogger('x').warning('std %s', 1)\n    return Result")
    async with scenario(written(tmp_path, text), objects=[config_map("a")]) as s:
        assert [str(event) for event in s.events] == ["Normal Marked v1/ConfigMap default/a: it was not"]
        assert [line["event"] for line in s.logs][:2] == ["seen", "std 1"]
        assert (s.logs[0]["controller"], s.logs[0]["name"], s.logs[0]["level"]) == ("marks", "a", "info")
        assert s.logs[1]["level"] == "warning"


async def test_crds_and_objects_come_from_files_with_several_documents(tmp_path: Path) -> None:
    text = MARKS.replace("v1/ConfigMap", "example.com/v1/Widget")
    widget = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: NAME, namespace: shop, resourceVersion: '8'}\n"
    (tmp_path / "objects.yaml").write_text(widget.replace("NAME", "w1") + "---\n" + widget.replace("NAME", "w2"))
    crd = definition("example.com")
    # As kubectl get -o yaml prints them.
    crd["metadata"] |= {
        "uid": "x",
        "resourceVersion": "7",
        "generation": 1,
        "creationTimestamp": "2026-01-01T00:00:00Z",
    }
    (tmp_path / "crd.json").write_text(json.dumps({**crd, "status": {"storedVersions": ["v1"]}}))
    async with scenario(
        written(tmp_path, text), crds=[tmp_path / "crd.json"], objects=[str(tmp_path / "objects.yaml")]
    ) as s:
        assert sorted(str(write) for write in s.writes) == [
            "patch example.com/v1/Widget shop/w1",
            "patch example.com/v1/Widget shop/w2",
        ]


async def test_secret_data_is_masked_in_what_a_scenario_shows_even_if_the_server_never_got_it(tmp_path: Path) -> None:
    text = """
from plugin_operator import controller

@controller(for_="v1/ConfigMap")
async def leaks(ctx, request):
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "default"},
            "stringData": {"password": "hunter2-hunter2"}}
    ctx.log.info("hunter2-hunter2")
    ctx.recorder.event(ctx.lister.get(request), "Normal", "Leak", "hunter2-hunter2")
    await ctx.client.create(body)
"""
    async with scenario(written(tmp_path, text, "leaks"), objects=[config_map("a")], fail={"create": 500}) as s:
        texts = [repr(s.failed_writes), repr(s.logs), str(s.events[0]), repr(s.events), repr(s.requests)]
        assert "hunter2" not in "".join(texts)
        assert "<Secret default/s: password>" in texts[0]
        assert s.failed_writes[0].body["stringData"] == {"password": "hunter2-hunter2"}  # type: ignore[index, call-overload]


async def test_a_plugin_that_cannot_be_loaded_fails_the_entering(tmp_path: Path) -> None:
    bad = written(tmp_path, "1/0", "bad")
    with pytest.raises(PluginRejected, match=f"^{re.escape(str(bad))}:1: ZeroDivisionError"):
        async with scenario(bad):
            raise AssertionError("must not be reached")


def test_a_path_that_leads_nowhere_names_where_it_was_looked_for() -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.py is neither in .*testing, the folder of the test"):
        scenario("nowhere.py")


def test_failures_that_no_server_answers_are_refused(marks: Path) -> None:
    with pytest.raises(ValueError, match="unknown verb 'post'"):
        scenario(marks, fail={"post": 500})
    with pytest.raises(ValueError, match="200 is not the status of a failure"):
        scenario(marks, fail={"get": 200})


async def test_a_relative_path_starts_at_the_working_directory_if_not_at_the_test(
    marks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(marks.parent)
    async with scenario("marks.py") as s:
        assert isinstance(s, Scenario)


async def test_leaving_does_not_wait_for_a_reconcile_that_hangs(tmp_path: Path) -> None:
    text = """
import asyncio
from plugin_operator import controller

@controller(for_="v1/ConfigMap")
async def hangs(ctx, request):
    await asyncio.Event().wait()
"""
    async with scenario(written(tmp_path, text, "hangs")) as s:
        await s.client.create(config_map("a"))
        await eventually(lambda: s.plugins[0].controllers[0].in_flight)
        began = time.monotonic()
    assert time.monotonic() - began < 5


def test_a_start_without_a_time_zone_is_refused(marks: Path) -> None:
    with pytest.raises(ValueError, match=r"start is .*, which has no time zone: write start="):
        scenario(marks, start=datetime(2026, 1, 1))  # noqa: DTZ001 - on purpose


def test_what_is_no_list_of_objects_says_what_is_wrong(marks: Path) -> None:
    with pytest.raises(TypeError, match="objects and crds take a list"):
        scenario(marks, objects=cast("Any", config_map("a")))
    with pytest.raises(ValueError, match="an object named 'a' has no apiVersion: write"):
        scenario(marks, objects=[{"kind": "ConfigMap", "metadata": {"name": "a"}}])


async def test_a_plugin_that_triggers_itself_is_named_with_the_field_that_it_writes(tmp_path: Path) -> None:
    plugin = """
    from plugin_operator import controller

    @controller(for_="v1/ConfigMap")
    async def counts(ctx, request):
        obj = ctx.lister.get(request)
        count = int((obj.get("data") or {}).get("n", "0"))
        await ctx.client.patch(obj, {"data": {"n": str(count + 1)}})
    """
    found = r"still busy .*; plugin counts: controller counts changes data\.n of v1/ConfigMap default/a at each"
    with pytest.raises(AssertionError, match=found):
        async with scenario(written(tmp_path, textwrap.dedent(plugin), "counts"), objects=[config_map("a")]):
            pass
