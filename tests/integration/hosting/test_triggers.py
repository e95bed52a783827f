"""Plugins that are due without an event: schedules, sources and ``ctx.enqueue``, over reloads and on standbys."""

import asyncio
import itertools
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from plugin_operator import Request
from plugin_operator.errors import ForbiddenError, NotEnqueued, NotFoundError
from plugin_operator.hosting.triggers.revision_triggers import SOURCE_REQUESTS
from plugin_operator.hosting.triggers.schedule_record import PREFIX
from plugin_operator.hosting.triggers.schedule_report import SCHEDULE_RUNS
from plugin_operator.plugin import Source
from plugin_operator.testing import eventually
from tests.host_harness import NAMESPACE, HostHarness

LEASE = "coordination.k8s.io/v1/Lease"


def timed(version: str, schedules: str, more: str = "") -> str:
    """Return a plugin without a kind that writes its version and the request into the journal."""
    return (
        "from plugin_operator import Source, controller, cron, every\n"
        f"@controller(name='one', schedules=[{schedules}]{more})\n"
        "async def one(ctx, request):\n"
        f"    ctx.recorder.event({{}}, 'Normal', {version!r}, str(request))\n"
    )


def sending(version: str, *, on_standby: str = "drop", start: str = "pass", body: str = "pass") -> str:
    """Return a plugin with a source ``hooks`` and no kind."""
    return (
        "from plugin_operator import Source, controller\nimport asyncio\n"
        f"hooks = Source('hooks', on_standby={on_standby!r})\n"
        "@controller(name='one', sources=[hooks])\nclass One:\n"
        f"    async def start(self, ctx):\n        {start}\n"
        "    async def reconcile(self, ctx, request):\n"
        f"        ctx.recorder.event({{}}, 'Normal', {version!r}, str(request))\n        {body}\n"
    )


def source_of(harness: HostHarness) -> Source:
    """Return the handle that the code of the active revision has."""
    runtime = harness.host._supervisors["one"].runtime
    assert runtime is not None
    (source,) = runtime.revision.declarations[0].sources
    return source


def runs(harness: HostHarness, version: str) -> list[str]:
    return harness.journal.messages("one", version)


def counted(harness: HostHarness, result: str) -> float:
    return harness.metrics.family(SOURCE_REQUESTS).get("one", "hooks", result)


async def annotations(harness: HostHarness) -> dict[str, str]:
    try:
        lease = await harness.client.get(LEASE, "test-schedules", harness.schedules.namespace)
    except NotFoundError:
        return {}
    found: dict[str, str] = lease["metadata"].get("annotations") or {}
    return found


async def test_an_interval_without_a_kind_runs_at_once_and_over_a_reload_keeps_its_time(harness: HostHarness) -> None:
    harness.write("one.py", timed("V1", "every(3600)"))
    await harness.ran("V1", "one")
    assert "every 3600 s" in (await annotations(harness))[PREFIX + "one"]
    harness.write("one.py", timed("V2", "every(3600.0)"))
    await eventually(lambda: harness.status().reloads == 2)
    harness.write("one.py", timed("V3", "every(1800)"))
    await harness.ran("V3", "one")
    assert (runs(harness, "V1"), runs(harness, "V2"), runs(harness, "V3")) == (["one"], [], ["one"])
    assert list(await annotations(harness)) == [PREFIX + "one"]
    assert "every 3600 s" not in (await annotations(harness))[PREFIX + "one"]


async def test_a_schedule_of_a_kind_makes_every_object_due_past_its_predicates(harness: HostHarness) -> None:
    for name in "ab":
        await harness.create(name)
    harness.write("one.py", timed("V1", "every(1)", ", for_='v1/ConfigMap', predicates=[lambda obj: False]"))
    namespace = harness.schedules.namespace
    await eventually(lambda: {f"{namespace}/a", f"{namespace}/b"} <= set(runs(harness, "V1")))
    assert await annotations(harness) == {}


@pytest.mark.parametrize(("missed", "results"), [("once", ("run", 1)), ("skip", ("missed", 1))])
async def test_a_night_that_passed_while_the_operator_was_away(
    harness: HostHarness, missed: str, results: tuple[str, int]
) -> None:
    text = "cron 0 3 * * * Europe/Berlin"
    await harness.schedules.claim("one", text, [text], datetime.now(UTC) - timedelta(days=3))
    harness.write("one.py", timed("V1", f"cron('0 3 * * *', tz='Europe/Berlin', missed={missed!r})"))
    result, count = results
    await eventually(lambda: harness.metrics.family(SCHEDULE_RUNS).get("one", result) == count)
    await harness.state("Active")
    (schedule,) = harness.status().controllers[0].schedules
    assert schedule.due is not None
    assert schedule.last is not None
    assert schedule.due > datetime.now(UTC)
    assert schedule.last > datetime.now(UTC) - timedelta(days=1, hours=1)
    await eventually(lambda: runs(harness, "V1") == ["one"] * (missed == "once"))


async def test_an_unloaded_plugin_takes_its_times_along(harness: HostHarness) -> None:
    harness.write("keep.py", timed("K", "every(600)").replace("'one'", "'keep'"))
    path = harness.write("one.py", timed("V1", "every(3600)"))
    await harness.ran("V1", "one")
    await harness.ran("K", "keep", name="keep")
    path.unlink()
    await eventually(lambda: not harness.knows())

    async def is_gone() -> bool:
        return list(await annotations(harness)) == [PREFIX + "keep"]

    await eventually(is_gone)


async def test_a_schedule_whose_time_may_not_be_written_waits_and_says_so(
    harness: HostHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbidden = ForbiddenError(403, "Forbidden", "no leases for you")
    is_forbidden = True
    claim = harness.schedules.claim

    async def refuse(*args: Any) -> bool:
        if is_forbidden:
            raise forbidden
        taken: bool = await claim(*args)
        return taken

    monkeypatch.setattr(harness.schedules, "claim", refuse)
    harness.write("one.py", timed("V1", "every(3600)"))
    await eventually(lambda: harness.journal.reasons("one") == ["ScheduleRecordFailed"])
    await eventually(lambda: "schedules of one do not run: " in harness.host.status()[0].reason)
    assert "no leases for you" in harness.status().controllers[0].schedules[0].problem
    is_forbidden = False
    await harness.ran("V1", "one")
    await eventually(lambda: harness.host.status()[0].reason == "")


async def test_a_source_sends_from_start_from_tasks_and_from_threads(harness: HostHarness) -> None:
    harness.write(
        "one.py", sending("V1", start="hooks.send(); asyncio.create_task(asyncio.to_thread(hooks.send, 'n/t'))")
    )
    await harness.ran("V1", "one")
    await harness.ran("V1", "n/t")
    source = source_of(harness)
    threads = [threading.Thread(target=source.send, args=(("n", "x"),)) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    await harness.ran("V1", "n/x")
    await eventually(lambda: harness.status().controllers[0].queue_depth == 0)
    assert runs(harness, "V1").count("n/x") == 1, "sent before the event loop had a turn, they are one"
    assert counted(harness, "enqueued") == 10


async def test_a_reconcile_may_send_to_its_own_controller(harness: HostHarness) -> None:
    harness.write("one.py", sending("V1", start="hooks.send('n/1')", body="request.name == '1' and hooks.send('n/2')"))
    await harness.ran("V1", "n/2")


async def test_what_is_sent_to_a_source_that_has_a_controller_with_a_kind_names_an_object(harness: HostHarness) -> None:
    harness.write("one.py", sending("V1").replace("name='one'", "name='one', for_='v1/ConfigMap'"))
    await harness.state("Active")
    with pytest.raises(TypeError, match="say which object"):
        source_of(harness).send()
    assert source_of(harness).send({"metadata": {"name": "a", "namespace": "n"}})
    await harness.ran("V1", "n/a")


async def test_the_source_of_an_old_revision_sends_to_the_new_one_until_the_plugin_is_gone(
    harness: HostHarness,
) -> None:
    harness.write("keep.py", timed("K", "every(3600)").replace("'one'", "'keep'"))  # an empty directory is an accident
    path = harness.write("one.py", sending("V1"))
    await harness.state("Active")
    old = source_of(harness)
    harness.write("one.py", sending("V2"))
    await eventually(lambda: harness.status().reloads == 2)
    assert old.send("n/x")
    await harness.ran("V2", "n/x")
    assert runs(harness, "V1") == []
    harness.write("one.py", timed("V3", "every(3600)"))
    await eventually(lambda: harness.status().reloads == 3)
    assert not old.send("n/y"), "the new revision has no such source"
    assert counted(harness, "gone") == 1
    path.unlink()
    await eventually(lambda: not harness.knows())
    assert not old.send("n/z")
    assert counted(harness, "gone") == 0, "the series of an unloaded plugin end"


async def test_what_the_start_of_a_rejected_revision_sends_is_dropped(harness: HostHarness) -> None:
    harness.write("one.py", sending("V1"))
    await harness.state("Active")
    harness.write("one.py", sending("V2", start="hooks.send('n/x'); raise ValueError('no')"))
    await harness.state("Rejected")
    assert source_of(harness).send("n/y")
    await harness.ran("V1", "n/y")
    assert runs(harness, "V1") == ["n/y"]
    assert counted(harness, "gone") >= 1


async def test_what_the_start_of_a_revision_sends_waits_for_the_swap(harness: HostHarness) -> None:
    harness.write("one.py", sending("V1"))
    await harness.state("Active")
    start = "hooks.send('n/x'); await asyncio.sleep(0.2)"
    harness.write("one.py", sending("V2", start=start))
    await harness.ran("V2", "n/x")
    assert runs(harness, "V1") == []


@pytest.mark.parametrize("on_standby", ["drop", "raise"])
async def test_a_standby_takes_nothing_and_runs_nothing_until_it_leads(
    make_harness: Callable[..., HostHarness], on_standby: str
) -> None:
    harness = make_harness()
    harness.write("one.py", sending("V1", on_standby=on_standby, start="hooks.send('n/start')"))
    harness.write("two.py", timed("T", "every(3600)").replace("'one'", "'two'"))
    await harness.host.start()
    await harness.state("Active")
    await harness.state("Active", "two")
    if on_standby == "raise":
        with pytest.raises(NotEnqueued, match="does not lead"):
            source_of(harness).send("n/x")
    else:
        assert source_of(harness).send("n/x") is False
    assert counted(harness, "standby") == 1
    assert await annotations(harness) == {}
    assert harness.journal.lines == []
    harness.host.lead()
    await harness.ran("V1", "n/start")
    await harness.ran("T", "two", name="two")
    assert runs(harness, "V1") == ["n/start"]


async def test_a_send_while_the_plugin_is_imported_is_dropped_and_counted(harness: HostHarness) -> None:
    harness.write("one.py", sending("V1") + "assert hooks.send('n/x') is False\n")
    await harness.state("Active")
    assert counted(harness, "unconnected") == 1


async def test_a_context_enqueues_now_or_later_and_each_request_once(harness: HostHarness) -> None:
    body = "request.name == '1' and [ctx.enqueue('n/2', after=0.3), ctx.enqueue('n/2', after=60), ctx.enqueue('n/3')]"
    harness.write("one.py", sending("V1", start="ctx.enqueue(); ctx.enqueue('n/1')", body=body))
    await harness.ran("V1", "n/2")
    assert sorted(runs(harness, "V1")) == ["n/1", "n/2", "n/3", "one"]
    assert harness.status().controllers[0].delayed == 0


async def test_a_plain_function_enqueues_from_its_thread(harness: HostHarness) -> None:
    plain = sending("V1", start="hooks.send('n/1')").replace("async def reconcile", "def reconcile")
    harness.write("one.py", plain.replace("        pass\n", "        request.name == '1' and ctx.enqueue('n/2')\n"))
    await harness.ran("V1", "n/2")


async def test_a_controller_without_a_kind_has_no_lister_of_its_own(harness: HostHarness) -> None:
    harness.write("one.py", timed("V1", "every(3600)") + "    ctx.lister\n")
    await eventually(lambda: harness.status().controllers)
    await eventually(lambda: harness.status().controllers[0].failing)
    (failing,) = harness.status().controllers[0].failing.values()
    assert "has no for_, so ctx.lister has no kind" in failing.error


async def test_a_rollback_takes_schedules_and_sources_up_where_they_were(harness: HostHarness) -> None:
    harness.write(
        "one.py",
        sending("V1")
        .replace("sources=", "schedules=[every(3600)], sources=")
        .replace("import Source", "import every, Source"),
    )
    await harness.ran("V1", "one")
    bad = sending("V2", start="[hooks.send(f'n/{n}') for n in range(20)]", body="raise ValueError('bad')")
    harness.write("one.py", bad)
    await harness.state("Quarantined")
    assert runs(harness, "V1").count("one") == 1, "its hour is not over"
    await eventually(lambda: harness.status().controllers[0].schedules[0].due is not None)
    due = harness.status().controllers[0].schedules[0].due
    assert due is not None
    assert due > datetime.now(UTC) + timedelta(minutes=50)
    assert source_of(harness).send("n/back")
    await harness.ran("V1", "n/back")


async def test_a_source_that_the_revision_before_did_not_have_works_after_the_reload(harness: HostHarness) -> None:
    harness.write("one.py", timed("V1", "every(3600)"))
    await harness.ran("V1", "one")
    harness.write("one.py", sending("V2"))
    await eventually(lambda: harness.status().reloads == 2)
    await asyncio.to_thread(source_of(harness).send, "n/x")
    await harness.ran("V2", "n/x")


async def test_a_run_never_overlaps_itself_and_what_came_meanwhile_follows(harness: HostHarness) -> None:
    body = "await asyncio.sleep(0.2); ctx.recorder.event({}, 'Normal', 'over', str(request))"
    harness.write("one.py", sending("V1", body=body).replace("sources=", "max_concurrent_reconciles=5, sources="))
    await harness.state("Active")
    source_of(harness).send()
    await harness.ran("V1", "one")
    for _ in range(5):
        source_of(harness).send()
        await asyncio.sleep(0.02)
    await eventually(lambda: harness.journal.reasons("one") == ["V1", "over"] * 2)


async def test_a_controller_without_a_kind_may_watch_others(harness: HostHarness) -> None:
    await harness.create("a")
    mapped = f"map=lambda obj: [('', obj['metadata']['name'])], namespaces=[{NAMESPACE!r}]"
    watches = f", watches=[watch('v1/ConfigMap', {mapped})], reads=['v1/Secret']"
    harness.write("one.py", timed("V1", "cron('0 3 1 1 *')", watches).replace("import Source", "import watch, Source"))
    await harness.ran("V1", "a")
    await harness.create("b")
    await harness.ran("V1", "b")
    assert sorted(runs(harness, "V1")) == ["a", "b"]
    assert (await harness.state("Active")).controllers[0].has_synced


async def test_no_request_that_a_thread_sends_during_reloads_is_lost(harness: HostHarness) -> None:
    harness.write("one.py", sending("V0"))
    await harness.host.start()
    harness.host.lead()
    await harness.state("Active")
    is_over, wanted, refused = threading.Event(), list[str](), list[str]()

    def keep_sending(source: Source, lane: int) -> None:
        for number in itertools.count():
            if is_over.wait(0.001):
                return
            request = Request("default", f"{lane}-{number}")
            (wanted if source.send(request) else refused).append(str(request))

    def is_swapped(version: int) -> bool:
        return harness.status().reloads == version + 1

    senders = []
    for version in range(1, 7):  # each revision leaves a thread behind that still sends
        senders.append(asyncio.create_task(asyncio.to_thread(keep_sending, source_of(harness), version)))
        harness.write("one.py", sending(f"V{version}"))
        await eventually(partial(is_swapped, version), timeout_seconds=30)
    is_over.set()
    await asyncio.gather(*senders)

    def reconciled() -> set[str]:
        return {message for version in range(7) for message in runs(harness, f"V{version}")}

    await eventually(lambda: set(wanted) <= reconciled(), timeout_seconds=20)
    assert wanted
    assert refused == []
