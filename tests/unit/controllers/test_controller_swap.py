"""Reload: one revision takes over from another."""

import asyncio
import contextvars
import gc
import weakref
from collections.abc import Hashable
from typing import Any

import pytest

from plugin_operator.controllers import ControllerStopped, EnqueueMapped, RateLimiterSpec, Watch, matches
from plugin_operator.controllers.metrics import STUCK_RECONCILES, controller_metrics
from plugin_operator.kube import NamespacedName
from plugin_operator.testing.fake_informers import FakeInformer
from plugin_operator.workqueue import LOW_PRIORITY
from tests.unit.controllers.conftest import ControllerHarness


async def test_after_the_swap_everything_cached_is_reconciled_by_the_new_revision(harness: ControllerHarness) -> None:
    for name in "abc":
        harness.informer.set(name)
    await harness.run()
    harness.take_log()
    drain = await harness.install(harness.recorder("r2"), revision="r2")
    assert sorted(harness.take_log()) == [("r2", "a"), ("r2", "b"), ("r2", "c")]
    assert await drain.wait(0)
    assert harness.factory.in_use == {"cms": 1}
    assert len(harness.informer.handlers) == 1


async def test_what_a_reload_requeues_does_not_delay_a_live_change(harness: ControllerHarness) -> None:
    await harness.run(harness.gated())
    for number in range(5):
        harness.informer.set(f"k{number}")
    await harness.clock.settle()
    harness.gates["k0"].set()
    for number in range(1, 5):
        harness.gates[f"k{number}"] = harness.gates["k0"]
    await harness.clock.settle()
    harness.take_log()
    harness.gates["k0"].clear()
    await harness.install(harness.gated("r2"), revision="r2")
    harness.informer.set("live")
    await harness.clock.settle()
    harness.gates["k0"].set()
    await harness.clock.settle()
    assert [name for _, name in harness.take_log()][:2] == ["k0", "live"]


async def test_a_key_in_flight_stays_locked_and_runs_once_under_the_new_revision(harness: ControllerHarness) -> None:
    await harness.run(harness.gated())
    key = harness.informer.set("a")
    await harness.clock.settle()
    drain = await harness.install(harness.recorder("r2"), spec=harness.spec(max_concurrent_reconciles=4), revision="r2")
    harness.informer.set("a")
    harness.informer.set("b")
    await harness.clock.advance(60)
    assert harness.take_log() == [("r1", "a"), ("r2", "b")]
    assert drain.in_flight == [key]
    waiting = asyncio.ensure_future(drain.wait(5))
    await harness.clock.settle()
    harness.gates["a"].set()
    await harness.clock.settle()
    assert await waiting
    assert harness.take_log() == [("r2", "a")]
    assert drain.in_flight == []


async def test_the_drain_gives_up_at_its_deadline(harness: ControllerHarness) -> None:
    await harness.run(harness.gated())
    harness.informer.set("a")
    await harness.clock.settle()
    drain = await harness.install(harness.recorder("r2"), revision="r2")
    waiting = asyncio.ensure_future(drain.wait(5))
    await harness.clock.advance(4.9)
    assert not waiting.done()
    await harness.clock.advance(0.2)
    assert await waiting is False


async def test_old_reconciles_count_against_the_limit_until_they_are_cancelled(harness: ControllerHarness) -> None:
    await harness.run(harness.gated(stubborn=True))
    key = harness.informer.set("a")
    await harness.clock.settle()
    drain = await harness.install(harness.recorder("r2"), revision="r2")
    harness.informer.set("b")
    await harness.clock.advance(10)
    assert harness.take_log() == [("r1", "a")]
    drain.cancel()
    await harness.clock.settle()
    assert harness.take_log() == [("r1", "a cancelled"), ("r2", "b")]
    assert drain.in_flight == [key]
    assert not await drain.wait(0)
    stuck = harness.controller.status().in_flight
    assert [(each.request, each.revision, each.is_stuck) for each in stuck] == [(key, "r1", True)]
    assert harness.metrics.family(STUCK_RECONCILES).get("cm") == 1
    harness.gates["a"].set()
    await harness.clock.settle()
    assert harness.metrics.family(STUCK_RECONCILES).get("cm") == 0


async def test_a_stuck_key_runs_once_under_the_new_revision_when_the_old_reconcile_ends_at_last(
    harness: ControllerHarness,
) -> None:
    await harness.run(harness.gated(stubborn=True))
    harness.informer.set("a")
    await harness.clock.settle()
    harness.informer.remove("a")
    drain = await harness.install(harness.recorder("r2"), revision="r2")
    drain.cancel()
    drain.cancel()
    await harness.clock.advance(100)
    harness.take_log()
    harness.gates["a"].set()
    await harness.clock.advance(100)
    assert harness.take_log() == [("r2", "a")]
    assert await drain.wait(0)
    assert controller_metrics(harness.metrics, "cm").active_workers == 0


async def test_an_obedient_reconcile_that_is_cancelled_runs_again_at_once(harness: ControllerHarness) -> None:
    await harness.run(harness.gated())
    harness.informer.set("a")
    await harness.clock.settle()
    harness.informer.remove("a")
    drain = await harness.install(harness.recorder("r2"), revision="r2")
    harness.take_log()
    drain.cancel()
    await harness.clock.settle()
    assert harness.take_log() == [("r1", "a cancelled"), ("r2", "a")]
    assert harness.failures == []


async def test_stuck_reconciles_are_replaced_only_so_often(harness: ControllerHarness) -> None:
    harness.controller._max_stuck = 2
    revision = 0
    for revision in range(1, 5):
        drain = await harness.run(harness.gated(f"r{revision}", stubborn=True), revision=f"r{revision}")
        harness.informer.set(f"k{revision}")
        await harness.clock.settle()
        drain.cancel()
        await harness.clock.settle()
    in_flight = harness.controller.status().in_flight
    assert len(in_flight) <= 2 + 1
    last = await harness.install(harness.recorder("last"), revision="last")
    last.cancel()
    await harness.clock.advance(60)
    assert all(revision != "last" for revision, _ in harness.log)
    for gate in harness.gates.values():
        gate.set()
    await harness.clock.advance(60)
    assert {name for revision, name in harness.take_log() if revision == "last"} >= {"k1", "k2", "k3"}


async def test_failed_keys_are_due_at_once_even_if_their_object_is_gone(harness: ControllerHarness) -> None:
    async def broken(_: NamespacedName) -> None:
        raise ValueError("bug in r1")

    await harness.run(broken, harness.spec(rate_limiter=RateLimiterSpec(base_seconds=500)))
    harness.informer.set("a")
    harness.informer.remove("a")
    await harness.clock.settle()
    await harness.install(harness.recorder("r2"), revision="r2")
    assert harness.take_log() == [("r2", "a")]


async def test_a_failure_after_the_swap_is_blamed_on_the_revision_that_ran(harness: ControllerHarness) -> None:
    async def fail_late(request: NamespacedName) -> None:
        await harness.gates.setdefault(request.name, asyncio.Event()).wait()
        raise ValueError("late")

    await harness.run(fail_late)
    harness.informer.set("a")
    await harness.clock.settle()
    await harness.install(harness.recorder("r2"), revision="r2")
    harness.gates["a"].set()
    await harness.clock.advance(1)
    assert [failure.revision for failure in harness.failures] == ["r1"]


async def test_a_new_informer_is_warm_before_the_swap_and_the_old_revision_goes_on_meanwhile(
    harness: ControllerHarness,
) -> None:
    await harness.run()
    harness.factory.synced = False
    spec = harness.spec(Watch(("others",)))
    installing = asyncio.ensure_future(harness.controller.install(spec, harness.recorder("r2"), "r2"))
    await harness.clock.advance(1)
    harness.informer.set("a")
    await harness.clock.settle()
    assert harness.take_log() == [("r1", "a")]
    harness.factory["others"].set("b")
    harness.factory["others"].sync()
    await harness.clock.advance(1)
    await installing
    assert harness.take_log() == [("r2", "b")]


async def test_an_informer_that_waits_does_not_hold_up_the_swap_but_the_reconciles(harness: ControllerHarness) -> None:
    harness.factory.synced = False
    harness.controller.start_workers()
    harness.informer.wait("the kind is not served")
    await harness.install(harness.recorder())
    harness.informer.set("a")
    await harness.clock.advance(60)
    status = harness.controller.status()
    assert not status.has_synced
    informer = status.informers[0]
    assert (informer.state, informer.reason, informer.is_waiting) == ("WAITING", "the kind is not served", True)
    assert harness.log == []
    harness.informer.sync()
    await harness.clock.settle()
    assert harness.take_log() == [("r1", "a")]


async def test_a_slow_list_does_not_hold_up_the_swap_for_ever(harness: ControllerHarness) -> None:
    harness.factory.synced = False
    installing = asyncio.ensure_future(harness.run())
    await harness.clock.advance(29)
    assert not installing.done()
    await harness.clock.advance(2)
    await installing
    assert harness.controller.revision == "r1"


async def test_cancelling_an_install_that_warms_changes_nothing(harness: ControllerHarness) -> None:
    await harness.run()
    harness.factory.synced = False
    spec = harness.spec(Watch(("cms",)), Watch(("others",)))
    installing = asyncio.ensure_future(harness.controller.install(spec, harness.recorder("r2"), "r2"))
    await harness.clock.advance(1)
    assert set(harness.controller.informers) == {"cms", "others"}
    installing.cancel()
    await harness.clock.settle()
    assert harness.factory.in_use == {"cms": 1}
    harness.informer.set("a")
    await harness.clock.settle()
    assert harness.take_log() == [("r1", "a")]


async def test_a_dropped_informer_lingers_for_deletions_and_is_then_given_back(harness: ControllerHarness) -> None:
    harness.informer.set("a")
    await harness.run()
    await harness.install(harness.recorder("r2"), harness.spec(Watch(("others",))), "r2")
    harness.take_log()
    harness.informer.set("b")
    harness.informer.remove("a")
    await harness.clock.settle()
    assert harness.take_log() == [("r2", "a")]
    await harness.clock.advance(11)
    assert harness.factory.in_use == {"others": 1}
    assert harness.informer.handlers == []


async def test_returning_to_a_lingering_informer_neither_loses_it_nor_what_happened(harness: ControllerHarness) -> None:
    await harness.run()
    await harness.install(harness.recorder("r2"), harness.spec(Watch(("others",))), "r2")
    harness.informer.set("a")
    await harness.clock.advance(5)
    await harness.install(harness.recorder("r3"), revision="r3")
    assert harness.take_log() == [("r3", "a")]
    await harness.clock.advance(60)
    assert harness.factory.in_use == {"cms": 1}
    harness.informer.set("b")
    await harness.clock.settle()
    assert harness.take_log() == [("r3", "b")]


async def test_new_predicates_and_mappings_judge_what_is_cached(harness: ControllerHarness) -> None:
    harness.informer.set("a", data={"wanted": "yes"})
    harness.informer.set("b", data={})
    harness.factory["pods"].set("p")
    await harness.run()
    harness.take_log()
    wanted = matches(lambda obj: "wanted" in obj["data"])
    mapped = EnqueueMapped(lambda obj: [("default", "from-" + obj["metadata"]["name"])])
    spec = harness.spec(Watch(("cms",), predicates=(wanted,)), Watch(("pods",), mapped))
    await harness.install(harness.recorder("r2"), spec, "r2")
    assert sorted(harness.take_log()) == [("r2", "a"), ("r2", "from-p")]


async def test_concurrency_can_change_with_a_swap(harness: ControllerHarness) -> None:
    await harness.run(harness.gated(), harness.spec(max_concurrent_reconciles=4))
    for number in range(6):
        harness.informer.set(f"k{number}")
    await harness.clock.settle()
    await harness.install(harness.gated("r2"), harness.spec(max_concurrent_reconciles=2), "r2")
    assert len(harness.take_log()) == 4
    for number in range(3):
        harness.gates[f"k{number}"].set()
        await harness.clock.settle()
    assert harness.take_log() == [("r2", "k4")]
    assert controller_metrics(harness.metrics, "cm").max_concurrent == 2


async def test_what_a_reconcile_leaves_in_its_context_does_not_outlive_its_revision(harness: ControllerHarness) -> None:
    variable: contextvars.ContextVar[Any] = contextvars.ContextVar("left")

    class Left:
        pass

    async def leaver(_: NamespacedName) -> None:
        variable.set(Left())
        left.append(weakref.ref(variable.get()))

    left: list[Any] = []
    harness.informer.set("a")
    await harness.run(leaver)
    await harness.install(harness.recorder("r2"), revision="r2")
    del leaver
    gc.collect()
    assert left
    assert left[0]() is None


async def test_a_retired_reconciler_is_freed_after_failures_and_cancellations(harness: ControllerHarness) -> None:
    class Reconciler:
        async def __call__(self, request: NamespacedName) -> None:
            if request.name == "failing":
                raise ValueError("boom")
            await asyncio.Event().wait()

    reconciler = Reconciler()
    gone = weakref.ref(reconciler)
    harness.informer.set("failing")
    harness.informer.set("hanging")
    await harness.run(reconciler)
    del reconciler
    drain = await harness.install(harness.recorder("r2"), revision="r2")
    drain.cancel()
    await harness.clock.advance(11)
    harness.failures.clear()
    harness.logged.clear()
    gc.collect()
    assert gone() is None


async def test_stop_lets_reconciles_end_then_cancels_and_names_those_that_do_not_obey(
    harness: ControllerHarness,
) -> None:
    await harness.run(harness.gated(stubborn=True), harness.spec(max_concurrent_reconciles=2))
    harness.informer.set("quick")
    stuck = harness.informer.set("stuck")
    await harness.clock.settle()
    stopping = asyncio.ensure_future(harness.controller.stop(5))
    harness.informer.set("late")
    await harness.clock.advance(1)
    harness.gates["quick"].set()
    await harness.clock.advance(3)
    assert not stopping.done()
    await harness.clock.advance(20)
    assert await stopping == [stuck]
    assert harness.factory.in_use == {}
    assert ("r1", "late") not in harness.log
    assert b'controller="cm"' not in harness.metrics.render("")[1]
    with pytest.raises(ControllerStopped):
        await harness.controller.install(harness.spec(), harness.recorder(), "r2")


async def test_stop_while_warming_gives_everything_back(harness: ControllerHarness) -> None:
    harness.factory.synced = False
    installing = asyncio.ensure_future(harness.controller.install(harness.spec(), harness.recorder(), "r1"))
    await harness.clock.advance(1)
    assert await harness.controller.stop(1) == []
    assert harness.factory.in_use == {}
    await harness.clock.advance(1)
    with pytest.raises(ControllerStopped):
        await installing


async def test_a_resync_reconciles_everything_again_at_low_priority(harness: ControllerHarness) -> None:
    harness.informer.set("a")
    await harness.run(spec=harness.spec(resync_seconds=60))
    harness.take_log()
    seen = []
    add = harness.controller._queue.add

    def noting_priority(request: NamespacedName, priority: int) -> None:
        seen.append(priority)
        add(request, priority)

    for source in harness.controller._sources:
        source._enqueue = noting_priority
    await harness.clock.advance(59)
    assert harness.take_log() == []
    await harness.clock.advance(2)
    assert harness.take_log() == [("r1", "a")]
    await harness.clock.advance(60)
    assert harness.take_log() == [("r1", "a")]
    assert seen == [LOW_PRIORITY, LOW_PRIORITY]


async def test_two_installs_at_once_happen_one_after_the_other(harness: ControllerHarness) -> None:
    harness.controller.start_workers()
    harness.factory.synced = False
    harness.informer.set("a")
    first = asyncio.ensure_future(harness.controller.install(harness.spec(), harness.recorder("r1"), "r1"))
    second = asyncio.ensure_future(harness.controller.install(harness.spec(), harness.recorder("r2"), "r2"))
    await harness.clock.advance(1)
    harness.informer.sync()
    await harness.clock.advance(1)
    await asyncio.gather(first, second)
    assert harness.controller.revision == "r2"
    assert harness.factory.in_use == {"cms": 1}
    assert harness.take_log()[-1] == ("r2", "a")


@pytest.mark.parametrize("stubborn", [False, True])
async def test_a_cancelled_key_that_nothing_else_brings_back_is_still_run_again(
    harness: ControllerHarness, stubborn: bool
) -> None:
    await harness.run(harness.gated(stubborn=stubborn))
    harness.informer.set("a")
    await harness.clock.settle()
    drain = await harness.install(harness.recorder("r2"), harness.spec(Watch(("others",))), "r2")
    harness.take_log()
    drain.cancel()
    await harness.clock.settle()
    harness.gates["a"].set()
    await harness.clock.settle()
    assert harness.take_log() == [("r1", "a cancelled"), ("r2", "a")]


async def test_an_informer_that_cannot_be_acquired_refuses_the_revision_and_leaves_the_old_one(
    harness: ControllerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    await harness.run()
    acquire = harness.factory.acquire

    def refuse(key: Hashable) -> FakeInformer:
        if key == "bad":
            raise ValueError("unreadable selector")
        return acquire(key)

    monkeypatch.setattr(harness.factory, "acquire", refuse)
    with pytest.raises(ValueError, match="unreadable selector"):
        await harness.controller.install(harness.spec(Watch(("good", "bad"))), harness.recorder("r2"), "r2")
    await harness.clock.settle()
    assert harness.factory.in_use == {"cms": 1}
    harness.informer.set("a")
    await harness.clock.settle()
    assert harness.take_log() == [("r1", "a")]


async def test_a_lingering_informer_that_ends_while_others_warm_is_taken_again(harness: ControllerHarness) -> None:
    await harness.run()
    await harness.install(harness.recorder("r2"), spec=harness.spec(Watch(("secrets",))), revision="r2")
    harness.factory.synced = False
    both = harness.spec(Watch(("cms",)), Watch(("slow",)))
    installing = asyncio.ensure_future(harness.controller.install(both, harness.recorder("r3"), "r3"))
    await harness.clock.advance(11)
    harness.factory["slow"].sync()
    await harness.clock.advance(1)
    await installing
    harness.take_log()
    harness.informer.set("a")
    await harness.clock.settle()
    assert harness.take_log() == [("r3", "a")]


async def test_revisions_that_never_sync_leave_nothing_behind_when_replaced(harness: ControllerHarness) -> None:
    harness.factory.synced = False
    for number in range(20):
        key = f"missing-{number}"
        harness.factory[key].wait("no such kind")
        await harness.install(harness.recorder(), spec=harness.spec(Watch((key,))), revision=f"r{number}")
    await harness.clock.settle()
    waiting = [task for task in asyncio.all_tasks() if "wait-synced" in task.get_name()]
    assert len(waiting) == 1
