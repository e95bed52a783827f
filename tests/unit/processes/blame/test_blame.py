"""What becomes of a content that ends workers depends on how new it is, how certain that is, and how often it does."""

import signal
from collections.abc import Sequence

import pytest

from plugin_operator.metrics import Metrics
from plugin_operator.processes.blame.blame import Verdict, WorkerBlame
from plugin_operator.processes.blame.charged_status import charged
from plugin_operator.processes.blame.charges import MOST_HELD, WINDOW_SECONDS, Limits
from plugin_operator.processes.blame.endings import Ending, EndKind
from plugin_operator.processes.blame.marks import START, CodeMarks, Mark, MarkMemory
from plugin_operator.processes.messages import HoldObject, Quarantine, Runs
from plugin_operator.testing.virtual_clock import VirtualClock

LIMITS = Limits(30.0, 5)
EXIT, KILL = Ending.of(3), Ending.of(-signal.SIGKILL)
BLOCK = Ending(EndKind.BLOCKED, -signal.SIGKILL, 10.0)
OLD, NEW = Runs("web", "old", b"old source"), Runs("web", "new", b"new source")


class Judge:
    """Two workers that end on demand."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.memories = [MarkMemory(), MarkMemory()]
        self.metrics = Metrics()
        self.events: list[tuple[str, str, str]] = []
        self.blame = WorkerBlame(
            self.memories, LIMITS, clock=self.clock, metrics=self.metrics, tell=lambda *what: self.events.append(what)
        )

    def ends(self, *marks: Mark, how: Ending = EXIT, worker: int = 0, current: bool = True) -> list[Verdict]:
        """Let a worker end while some code is in flight, the first of it on the event loop."""
        written = CodeMarks(self.memories[worker])
        entries = [written.begin(each) for each in marks]
        if current:
            written.enter(entries[0])
        return self.blame.ended(worker, how)

    def often(self, count: int, *marks: Mark, how: Ending = EXIT, current: bool = True) -> list[Verdict]:
        return [each for _ in range(count) for each in self.ends(*marks, how=how, current=current)]


@pytest.fixture
def judge() -> Judge:
    return Judge()


def of(name: str = "", digest: str = "new", what: str = "reconcile", plugin: str = "web") -> Mark:
    return Mark(plugin, digest, what, "pages", "default" if name else "", name)


def quarantined(found: Sequence[Verdict]) -> Quarantine:
    (verdict,) = found
    assert isinstance(verdict, Quarantine)
    return verdict


async def run_since(judge: Judge, seconds: float) -> None:
    judge.blame.note(OLD)
    judge.blame.note(NEW)
    await judge.clock.advance(seconds)


async def test_a_new_revision_that_ends_a_worker_is_rolled_back_at_once(judge: Judge) -> None:
    await run_since(judge, 5)
    verdict = quarantined(judge.ends(of("one"), worker=1))
    assert (verdict.plugin, verdict.digest, verdict.restored) == ("web", "new", b"old source")
    assert verdict.reason == (
        "this content was rolled back, because it ended worker 1 (exit status 3) in reconcile of default/one by pages: "
        "change the file to try again"
    )
    assert judge.ends(of("one")) == [], "once is enough"


async def test_a_new_revision_that_blocks_is_rolled_back_if_the_block_began_in_its_probation(judge: Judge) -> None:
    await run_since(judge, 35)
    marks = CodeMarks(judge.memories[0])
    marks.enter(marks.begin(of("one")))
    judge.blame.silent(0, is_long=True)
    assert quarantined(judge.blame.ended(0, BLOCK)).restored == b"old source"


async def test_a_silence_that_ended_is_no_witness_of_a_later_block(judge: Judge) -> None:
    await run_since(judge, 5)
    marks = CodeMarks(judge.memories[0])
    marks.enter(marks.begin(of("one")))
    judge.blame.silent(0, is_long=True)
    judge.blame.silent(0, is_long=False)
    assert judge.blame.ended(0, BLOCK) == []


async def test_a_new_revision_is_rolled_back_for_a_third_kill_because_the_first_two_may_come_from_elsewhere(
    judge: Judge,
) -> None:
    await run_since(judge, 5)
    assert judge.often(2, of("one"), how=KILL) == []
    assert quarantined(judge.ends(of("two"), how=KILL)).restored == b"old source"


async def test_kills_while_other_objects_wait_each_time_roll_nothing_back(judge: Judge) -> None:
    await run_since(judge, 5)
    assert judge.ends(of("one"), of("two"), how=KILL, current=False) == []
    assert judge.ends(of("one"), of("three"), how=KILL, current=False) == []
    assert judge.ends(of("four"), how=KILL, current=False) == []
    assert quarantined(judge.ends(of("one"), how=KILL, current=False)).restored == b"old source"


async def test_an_object_that_ends_workers_five_times_after_the_probation_is_held(judge: Judge) -> None:
    await run_since(judge, 60)
    assert judge.often(4, of("one")) == []
    (verdict,) = judge.ends(of("one"))
    assert isinstance(verdict, HoldObject)
    assert (verdict.controller, verdict.namespace, verdict.name) == ("pages", "default", "one")
    assert "not reconciled any more" in verdict.reason
    assert judge.often(4, of("two")) == [], "it counts anew"
    assert judge.blame.offences["web"].held == ("default/one",)


async def test_two_objects_that_end_workers_in_turns_are_both_held(judge: Judge) -> None:
    await run_since(judge, 60)
    found = [each for name in ("a", "b", "a", "b", "a") for each in judge.ends(of(name))]
    assert {each.name for each in found if isinstance(each, HoldObject)} == {"a", "b"}


async def test_a_content_that_ends_workers_for_other_objects_each_time_is_stopped(judge: Judge) -> None:
    await run_since(judge, 60)
    assert [each for number in range(4) for each in judge.ends(of(f"object-{number}"))] == []
    verdict = quarantined(judge.ends(of("object-4")))
    assert verdict.restored == b""
    assert "this content was stopped, because it ended workers too often" in verdict.reason


async def test_code_that_is_about_no_object_stops_its_content(judge: Judge) -> None:
    await run_since(judge, 60)
    handlers = of(what="event handlers")
    assert judge.often(4, handlers) == []
    assert quarantined(judge.ends(handlers)).restored == b""


async def test_a_content_with_too_many_held_objects_is_stopped(judge: Judge) -> None:
    await run_since(judge, 60)
    held = [each for number in range(MOST_HELD) for each in judge.often(5, of(f"object-{number}"))]
    assert len(held) == MOST_HELD
    assert quarantined(judge.often(5, of("another"))).restored == b""


async def test_the_first_revision_of_a_plugin_has_nothing_to_go_back_to(judge: Judge) -> None:
    judge.blame.note(NEW)
    assert judge.often(4, of(what="event handlers")) == []
    assert quarantined(judge.ends(of(what="event handlers"))).restored == b""


async def test_a_start_that_ends_the_worker_that_leads_stops_a_first_revision_that_others_have_loaded(
    judge: Judge,
) -> None:
    judge.blame.note(NEW)
    verdict = quarantined(judge.ends(of(what=START)))
    assert verdict.restored == b""
    assert verdict.reason.startswith("this content does not run, because its load ended worker 0 (exit status 3)")


async def test_a_start_that_ends_a_restarted_worker_later_has_the_limits_of_all_code(judge: Judge) -> None:
    await run_since(judge, 60)
    assert judge.often(4, of(what=START)) == []
    assert "stopped, because it ended workers too often" in quarantined(judge.ends(of(what=START))).reason


async def test_an_edit_of_a_stopped_content_has_nothing_to_go_back_to(judge: Judge) -> None:
    await run_since(judge, 60)
    judge.often(5, of(what="event handlers"))
    assert quarantined(judge.ends(of(digest="next", what=START))).restored == b""


@pytest.mark.parametrize(("before", "restored"), [([OLD], b"old source"), ([], b"")], ids=["edit", "first revision"])
async def test_a_content_that_ends_a_worker_before_it_runs_in_any_is_not_tried_again(
    judge: Judge, before: list[Runs], restored: bytes
) -> None:
    for each in before:
        judge.blame.note(each)
    assert quarantined(judge.ends(of(what="start(ctx)"))).restored == restored


async def test_a_replaced_revision_that_ends_a_worker_with_its_last_reconcile_changes_nothing(judge: Judge) -> None:
    await run_since(judge, 5)
    assert judge.often(10, of("one", digest="old")) == []


async def test_a_restored_content_is_never_taken_for_a_new_one(judge: Judge) -> None:
    await run_since(judge, 5)
    judge.blame.note(quarantined(judge.ends(of("one"))))
    judge.blame.note(OLD)
    assert judge.ends(of("one", digest="old")) == []


async def test_kills_from_elsewhere_under_load_never_stop_a_content(judge: Judge) -> None:
    await run_since(judge, 60)
    found = []
    for number in range(200):
        await judge.clock.advance(30)
        in_flight = [of(f"object-{number}-{other}") for other in range(4)]
        found += judge.ends(*in_flight, how=KILL, current=number % 2 == 0)
    assert found == []


async def test_ends_that_are_long_ago_count_no_more(judge: Judge) -> None:
    await run_since(judge, 60)
    for _ in range(20):
        await judge.clock.advance(WINDOW_SECONDS / 4)
        assert judge.ends(of("one")) == []


async def test_each_end_is_counted_shown_and_told(judge: Judge, capsys: pytest.CaptureFixture[str]) -> None:
    await run_since(judge, 60)
    judge.often(2, of("one"))
    judge.ends(of("one"), how=KILL)
    text = judge.metrics.render("text/plain")[1].decode()
    assert 'plugin_operator_plugin_worker_ends_total{how="exited",plugin="web"} 2.0' in text
    assert 'plugin_operator_plugin_worker_ends_total{how="killed",plugin="web"} 1.0' in text
    assert [reason for _, reason, _ in judge.events] == ["PluginEndedWorker"] * 3
    assert judge.events[0][2].startswith(
        "plugin web ended worker 0 (exit status 3) in reconcile of default/one by pages"
    )
    assert judge.events[2][2].startswith("plugin web may have ended worker 0 (killed by SIGKILL)")
    said = capsys.readouterr().out
    assert said.count("Plugin ended its worker") == 2
    assert said.count("Plugin may have ended its worker") == 1
    plugin = {"name": "web", "digest": "new", "candidate": "", "misbehaving": []}
    (shown,) = charged({"plugins": [plugin]}, judge.blame.offences)["plugins"]
    (charge,) = shown["misbehaving"]
    assert charge["how"] == "ends"
    assert charge["detail"].startswith("3 times, last at ")
    assert charge["detail"].endswith(
        "(killed by SIGKILL) in reconcile of default/one by pages, or other code that ran beside it"
    )


async def test_a_status_of_another_content_is_left_as_it_is(judge: Judge) -> None:
    await run_since(judge, 60)
    judge.ends(of("one"))
    status = {"plugins": [{"name": "web", "digest": "later", "candidate": "", "misbehaving": []}]}
    assert charged(status, judge.blame.offences) == status


async def test_an_unloaded_plugin_is_forgotten(judge: Judge) -> None:
    await run_since(judge, 60)
    judge.often(4, of("one"))
    judge.blame.note(Runs("web", ""))
    assert judge.blame.offences == {}
    assert 'plugin="web"' not in judge.metrics.render("text/plain")[1].decode()
    judge.blame.note(NEW)
    assert judge.often(4, of("one")) == []


async def test_of_several_plugins_that_were_at_work_in_a_killed_worker_none_is_named(
    judge: Judge, capsys: pytest.CaptureFixture[str]
) -> None:
    await run_since(judge, 60)
    judge.ends(of("one"), of("one", plugin="other"), how=KILL, current=False)
    assert judge.blame.offences == {}
    assert judge.events == []
    assert "plugin=" not in judge.metrics.render("text/plain")[1].decode()
    said = capsys.readouterr().out
    assert "Several plugins were at work when their worker ended" in said
    assert "plugins=['other', 'web']" in said


async def test_an_object_that_is_at_work_in_each_killed_worker_is_held_and_then_named(judge: Judge) -> None:
    await run_since(judge, 60)
    found: list[Verdict] = []
    for number in range(5):
        others = of(f"object-{number}", plugin="other")
        found += judge.ends(of("one"), others, how=KILL, current=False)
    assert [each.name for each in found if isinstance(each, HoldObject)] == ["one"]
    assert set(judge.blame.offences) == {"web"}


async def test_a_suspicion_is_shown_for_an_hour_and_a_certainty_until_the_file_changes(judge: Judge) -> None:
    await run_since(judge, 60)
    judge.ends(of("one"), how=KILL)
    judge.ends(of("one", plugin="other"))
    assert set(judge.blame.offences) == {"web", "other"}
    await judge.clock.advance(WINDOW_SECONDS + 1)
    assert set(judge.blame.offences) == {"other"}


async def test_an_end_without_code_of_plugins_is_laid_on_none(judge: Judge) -> None:
    await run_since(judge, 5)
    assert judge.blame.ended(0, EXIT) == []
    assert judge.blame.offences == {}
