"""Reload: one revision takes over from another."""

import asyncio
import contextvars
import gc
import weakref

import pytest

from plugin_operator.controllers import ControllerStopped, EnqueueMapped, RateLimiterSpec, Watch, matches
from plugin_operator.workqueue import LOW_PRIORITY


async def test_after_the_swap_everything_cached_is_reconciled_by_the_new_revision(bench):
    for name in "abc":
        bench.informer.set(name)
    await bench.run()
    bench.take_log()
    drain = await bench.install(bench.recorder("r2"), revision="r2")
    assert sorted(bench.take_log()) == [("r2", "a"), ("r2", "b"), ("r2", "c")]
    assert await drain.wait(0)
    assert bench.factory.in_use == {"cms": 1}
    assert len(bench.informer.handlers) == 1


async def test_what_a_reload_requeues_does_not_delay_a_live_change(bench):
    await bench.run(bench.gated())
    for number in range(5):
        bench.informer.set(f"k{number}")
    await bench.clock.settle()
    bench.gates["k0"].set()
    for number in range(1, 5):
        bench.gates[f"k{number}"] = bench.gates["k0"]
    await bench.clock.settle()
    bench.take_log()
    bench.gates["k0"].clear()
    await bench.install(bench.gated("r2"), revision="r2")
    bench.informer.set("live")
    await bench.clock.settle()
    bench.gates["k0"].set()
    await bench.clock.settle()
    assert [name for _, name in bench.take_log()][:2] == ["k0", "live"]


async def test_a_key_in_flight_stays_locked_and_runs_once_under_the_new_revision(bench):
    await bench.run(bench.gated())
    key = bench.informer.set("a")
    await bench.clock.settle()
    drain = await bench.install(bench.recorder("r2"), spec=bench.spec(max_concurrent_reconciles=4), revision="r2")
    bench.informer.set("a")
    bench.informer.set("b")
    await bench.clock.advance(60)
    assert bench.take_log() == [("r1", "a"), ("r2", "b")]
    assert drain.in_flight == [key]
    waiting = asyncio.ensure_future(drain.wait(5))
    await bench.clock.settle()
    bench.gates["a"].set()
    await bench.clock.settle()
    assert await waiting
    assert bench.take_log() == [("r2", "a")]
    assert drain.in_flight == []


async def test_the_drain_gives_up_at_its_deadline(bench):
    await bench.run(bench.gated())
    bench.informer.set("a")
    await bench.clock.settle()
    drain = await bench.install(bench.recorder("r2"), revision="r2")
    waiting = asyncio.ensure_future(drain.wait(5))
    await bench.clock.advance(4.9)
    assert not waiting.done()
    await bench.clock.advance(0.2)
    assert await waiting is False


async def test_old_reconciles_count_against_the_limit_until_they_are_cancelled(bench):
    await bench.run(bench.gated(stubborn=True))
    key = bench.informer.set("a")
    await bench.clock.settle()
    drain = await bench.install(bench.recorder("r2"), revision="r2")
    bench.informer.set("b")
    await bench.clock.advance(10)
    assert bench.take_log() == [("r1", "a")]
    drain.cancel()
    await bench.clock.settle()
    assert bench.take_log() == [("r1", "a cancelled"), ("r2", "b")]
    assert drain.in_flight == [key]
    assert not await drain.wait(0)
    stuck = bench.controller.status().in_flight
    assert [(each.request, each.revision, each.is_stuck) for each in stuck] == [(key, "r1", True)]
    assert bench.metrics.stuck_reconciles.get("cm") == 1
    bench.gates["a"].set()
    await bench.clock.settle()
    assert bench.metrics.stuck_reconciles.get("cm") == 0


async def test_a_stuck_key_runs_once_under_the_new_revision_when_the_old_reconcile_ends_at_last(bench):
    await bench.run(bench.gated(stubborn=True))
    bench.informer.set("a")
    await bench.clock.settle()
    bench.informer.remove("a")
    drain = await bench.install(bench.recorder("r2"), revision="r2")
    drain.cancel()
    drain.cancel()
    await bench.clock.advance(100)
    bench.take_log()
    bench.gates["a"].set()
    await bench.clock.advance(100)
    assert bench.take_log() == [("r2", "a")]
    assert await drain.wait(0)
    assert bench.metrics.controller("cm").active_workers == 0


async def test_an_obedient_reconcile_that_is_cancelled_runs_again_at_once(bench):
    await bench.run(bench.gated())
    bench.informer.set("a")
    await bench.clock.settle()
    bench.informer.remove("a")
    drain = await bench.install(bench.recorder("r2"), revision="r2")
    bench.take_log()
    drain.cancel()
    await bench.clock.settle()
    assert bench.take_log() == [("r1", "a cancelled"), ("r2", "a")]
    assert bench.failures == []


async def test_stuck_reconciles_are_replaced_only_so_often(bench):
    bench.controller._max_stuck = 2
    revision = 0
    for revision in range(1, 5):
        drain = await bench.run(bench.gated(f"r{revision}", stubborn=True), revision=f"r{revision}")
        bench.informer.set(f"k{revision}")
        await bench.clock.settle()
        drain.cancel()
        await bench.clock.settle()
    in_flight = bench.controller.status().in_flight
    assert len(in_flight) <= 2 + 1
    last = await bench.install(bench.recorder("last"), revision="last")
    last.cancel()
    await bench.clock.advance(60)
    assert all(revision != "last" for revision, _ in bench.log)
    for gate in bench.gates.values():
        gate.set()
    await bench.clock.advance(60)
    assert {name for revision, name in bench.take_log() if revision == "last"} >= {"k1", "k2", "k3"}


async def test_failed_keys_are_due_at_once_even_if_their_object_is_gone(bench):
    async def broken(_):
        raise ValueError("bug in r1")

    await bench.run(broken, bench.spec(rate_limiter=RateLimiterSpec(base_seconds=500)))
    bench.informer.set("a")
    bench.informer.remove("a")
    await bench.clock.settle()
    await bench.install(bench.recorder("r2"), revision="r2")
    assert bench.take_log() == [("r2", "a")]


async def test_a_failure_after_the_swap_is_blamed_on_the_revision_that_ran(bench):
    async def fail_late(request):
        await bench.gates.setdefault(request.name, asyncio.Event()).wait()
        raise ValueError("late")

    await bench.run(fail_late)
    bench.informer.set("a")
    await bench.clock.settle()
    await bench.install(bench.recorder("r2"), revision="r2")
    bench.gates["a"].set()
    await bench.clock.advance(1)
    assert [failure.revision for failure in bench.failures] == ["r1"]


async def test_a_new_informer_is_warm_before_the_swap_and_the_old_revision_goes_on_meanwhile(bench):
    await bench.run()
    bench.factory.synced = False
    spec = bench.spec(Watch(("others",)))
    installing = asyncio.ensure_future(bench.controller.install(spec, bench.recorder("r2"), "r2"))
    await bench.clock.advance(1)
    bench.informer.set("a")
    await bench.clock.settle()
    assert bench.take_log() == [("r1", "a")]
    bench.factory["others"].set("b")
    bench.factory["others"].sync()
    await bench.clock.advance(1)
    await installing
    assert bench.take_log() == [("r2", "b")]


async def test_an_informer_that_waits_does_not_hold_up_the_swap_but_the_reconciles(bench):
    bench.factory.synced = False
    bench.controller.start_workers()
    bench.informer.wait("the kind is not served")
    await bench.install(bench.recorder())
    bench.informer.set("a")
    await bench.clock.advance(60)
    status = bench.controller.status()
    assert not status.has_synced
    assert (status.informers[0].state, status.informers[0].reason) == ("WAITING", "the kind is not served")
    assert bench.log == []
    bench.informer.sync()
    await bench.clock.settle()
    assert bench.take_log() == [("r1", "a")]


async def test_a_slow_list_does_not_hold_up_the_swap_for_ever(bench):
    bench.factory.synced = False
    installing = asyncio.ensure_future(bench.run())
    await bench.clock.advance(29)
    assert not installing.done()
    await bench.clock.advance(2)
    await installing
    assert bench.controller.revision == "r1"


async def test_cancelling_an_install_that_warms_changes_nothing(bench):
    await bench.run()
    bench.factory.synced = False
    spec = bench.spec(Watch(("cms",)), Watch(("others",)))
    installing = asyncio.ensure_future(bench.controller.install(spec, bench.recorder("r2"), "r2"))
    await bench.clock.advance(1)
    assert set(bench.controller.informers) == {"cms", "others"}
    installing.cancel()
    await bench.clock.settle()
    assert bench.factory.in_use == {"cms": 1}
    bench.informer.set("a")
    await bench.clock.settle()
    assert bench.take_log() == [("r1", "a")]


async def test_a_dropped_informer_lingers_for_deletions_and_is_then_given_back(bench):
    bench.informer.set("a")
    await bench.run()
    await bench.install(bench.recorder("r2"), bench.spec(Watch(("others",))), "r2")
    bench.take_log()
    bench.informer.set("b")
    bench.informer.remove("a")
    await bench.clock.settle()
    assert bench.take_log() == [("r2", "a")]
    await bench.clock.advance(11)
    assert bench.factory.in_use == {"others": 1}
    assert bench.informer.handlers == []


async def test_returning_to_a_lingering_informer_neither_loses_it_nor_what_happened(bench):
    await bench.run()
    await bench.install(bench.recorder("r2"), bench.spec(Watch(("others",))), "r2")
    bench.informer.set("a")
    await bench.clock.advance(5)
    await bench.install(bench.recorder("r3"), revision="r3")
    assert bench.take_log() == [("r3", "a")]
    await bench.clock.advance(60)
    assert bench.factory.in_use == {"cms": 1}
    bench.informer.set("b")
    await bench.clock.settle()
    assert bench.take_log() == [("r3", "b")]


async def test_new_predicates_and_mappings_judge_what_is_cached(bench):
    bench.informer.set("a", data={"wanted": "yes"})
    bench.informer.set("b", data={})
    bench.factory["pods"].set("p")
    await bench.run()
    bench.take_log()
    wanted = matches(lambda obj: "wanted" in obj["data"])
    mapped = EnqueueMapped(lambda obj: [("default", "from-" + obj["metadata"]["name"])])
    spec = bench.spec(Watch(("cms",), predicates=(wanted,)), Watch(("pods",), mapped))
    await bench.install(bench.recorder("r2"), spec, "r2")
    assert sorted(bench.take_log()) == [("r2", "a"), ("r2", "from-p")]


async def test_concurrency_can_change_with_a_swap(bench):
    await bench.run(bench.gated(), bench.spec(max_concurrent_reconciles=4))
    for number in range(6):
        bench.informer.set(f"k{number}")
    await bench.clock.settle()
    await bench.install(bench.gated("r2"), bench.spec(max_concurrent_reconciles=2), "r2")
    assert len(bench.take_log()) == 4
    for number in range(3):
        bench.gates[f"k{number}"].set()
        await bench.clock.settle()
    assert bench.take_log() == [("r2", "k4")]
    assert bench.metrics.controller("cm").max_concurrent == 2


async def test_what_a_reconcile_leaves_in_its_context_does_not_outlive_its_revision(bench):
    variable = contextvars.ContextVar("left")

    class Left:
        pass

    async def leaver(_):
        variable.set(Left())
        left.append(weakref.ref(variable.get()))

    left = []
    bench.informer.set("a")
    await bench.run(leaver)
    await bench.install(bench.recorder("r2"), revision="r2")
    del leaver
    gc.collect()
    assert left
    assert left[0]() is None


async def test_a_retired_reconciler_is_freed_after_failures_and_cancellations(bench):
    class Reconciler:
        async def __call__(self, request):
            if request.name == "failing":
                raise ValueError("boom")
            await asyncio.Event().wait()

    reconciler = Reconciler()
    gone = weakref.ref(reconciler)
    bench.informer.set("failing")
    bench.informer.set("hanging")
    await bench.run(reconciler)
    del reconciler
    drain = await bench.install(bench.recorder("r2"), revision="r2")
    drain.cancel()
    await bench.clock.advance(11)
    bench.failures.clear()
    bench.logged.clear()
    gc.collect()
    assert gone() is None


async def test_stop_lets_reconciles_end_then_cancels_and_names_those_that_do_not_obey(bench):
    await bench.run(bench.gated(stubborn=True), bench.spec(max_concurrent_reconciles=2))
    bench.informer.set("quick")
    stuck = bench.informer.set("stuck")
    await bench.clock.settle()
    stopping = asyncio.ensure_future(bench.controller.stop(5))
    bench.informer.set("late")
    await bench.clock.advance(1)
    bench.gates["quick"].set()
    await bench.clock.advance(3)
    assert not stopping.done()
    await bench.clock.advance(20)
    assert await stopping == [stuck]
    assert bench.factory.in_use == {}
    assert ("r1", "late") not in bench.log
    assert b'controller="cm"' not in bench.metrics.render("")[1]
    with pytest.raises(ControllerStopped):
        await bench.controller.install(bench.spec(), bench.recorder(), "r2")


async def test_stop_while_warming_gives_everything_back(bench):
    bench.factory.synced = False
    installing = asyncio.ensure_future(bench.controller.install(bench.spec(), bench.recorder(), "r1"))
    await bench.clock.advance(1)
    assert await bench.controller.stop(1) == []
    assert bench.factory.in_use == {}
    await bench.clock.advance(1)
    with pytest.raises(ControllerStopped):
        await installing


async def test_a_resync_reconciles_everything_again_at_low_priority(bench):
    bench.informer.set("a")
    await bench.run(spec=bench.spec(resync_seconds=60))
    bench.take_log()
    seen = []
    add = bench.controller._queue.add
    for source in bench.controller._sources:
        source._enqueue = lambda request, priority: (seen.append(priority), add(request, priority))
    await bench.clock.advance(59)
    assert bench.take_log() == []
    await bench.clock.advance(2)
    assert bench.take_log() == [("r1", "a")]
    await bench.clock.advance(60)
    assert bench.take_log() == [("r1", "a")]
    assert seen == [LOW_PRIORITY, LOW_PRIORITY]


async def test_two_installs_at_once_happen_one_after_the_other(bench):
    bench.controller.start_workers()
    bench.factory.synced = False
    bench.informer.set("a")
    first = asyncio.ensure_future(bench.controller.install(bench.spec(), bench.recorder("r1"), "r1"))
    second = asyncio.ensure_future(bench.controller.install(bench.spec(), bench.recorder("r2"), "r2"))
    await bench.clock.advance(1)
    bench.informer.sync()
    await bench.clock.advance(1)
    await asyncio.gather(first, second)
    assert bench.controller.revision == "r2"
    assert bench.factory.in_use == {"cms": 1}
    assert bench.take_log()[-1] == ("r2", "a")


@pytest.mark.parametrize("stubborn", [False, True])
async def test_a_cancelled_key_that_nothing_else_brings_back_is_still_run_again(bench, stubborn):
    await bench.run(bench.gated(stubborn=stubborn))
    bench.informer.set("a")
    await bench.clock.settle()
    drain = await bench.install(bench.recorder("r2"), bench.spec(Watch(("others",))), "r2")
    bench.take_log()
    drain.cancel()
    await bench.clock.settle()
    bench.gates["a"].set()
    await bench.clock.settle()
    assert bench.take_log() == [("r1", "a cancelled"), ("r2", "a")]


async def test_an_informer_that_cannot_be_acquired_refuses_the_revision_and_leaves_the_old_one(bench):
    await bench.run()
    acquire = bench.factory.acquire

    def refuse(key):
        if key == "bad":
            raise ValueError("unreadable selector")
        return acquire(key)

    bench.factory.acquire = refuse
    with pytest.raises(ValueError, match="unreadable selector"):
        await bench.controller.install(bench.spec(Watch(("good", "bad"))), bench.recorder("r2"), "r2")
    await bench.clock.settle()
    assert bench.factory.in_use == {"cms": 1}
    bench.informer.set("a")
    await bench.clock.settle()
    assert bench.take_log() == [("r1", "a")]


async def test_a_lingering_informer_that_ends_while_others_warm_is_taken_again(bench):
    await bench.run()
    await bench.install(bench.recorder("r2"), spec=bench.spec(Watch(("secrets",))), revision="r2")
    bench.factory.synced = False
    both = bench.spec(Watch(("cms",)), Watch(("slow",)))
    installing = asyncio.ensure_future(bench.controller.install(both, bench.recorder("r3"), "r3"))
    await bench.clock.advance(11)
    bench.factory["slow"].sync()
    await bench.clock.advance(1)
    await installing
    bench.take_log()
    bench.informer.set("a")
    await bench.clock.settle()
    assert bench.take_log() == [("r3", "a")]


async def test_revisions_that_never_sync_leave_nothing_behind_when_replaced(bench):
    bench.factory.synced = False
    for number in range(20):
        key = f"missing-{number}"
        bench.factory[key].wait("no such kind")
        await bench.install(bench.recorder(), spec=bench.spec(Watch((key,))), revision=f"r{number}")
    await bench.clock.settle()
    waiting = [task for task in asyncio.all_tasks() if "wait-synced" in task.get_name()]
    assert len(waiting) == 1
