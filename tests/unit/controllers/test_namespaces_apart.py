"""A namespace whose caches cannot be had keeps its own requests waiting, and no others."""

from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from plugin_operator.controllers import ControllerSpec, Request, Watch, openness
from plugin_operator.controllers.sources.namespaces import NamespaceGate
from tests.unit.controllers.conftest import ControllerHarness


class Key(NamedTuple):
    kind: str
    namespace: str | None


MAPS = (Key("maps", "a"), Key("maps", "b"))
SECRETS = (Key("secrets", "a"), Key("secrets", "b"))


def spec(harness: ControllerHarness, *others: Watch) -> ControllerSpec:
    return harness.spec(Watch(MAPS), *others)


async def start(harness: ControllerHarness, spec: ControllerSpec, *forbidden: Key) -> None:
    harness.factory.synced = False
    for key in spec.informer_keys:
        if key in forbidden:
            harness.factory[key].wait("forbidden")
        else:
            harness.factory[key].sync()
    await harness.run(spec=spec)


async def test_one_forbidden_namespace_waits_and_the_other_is_worked_on(harness: ControllerHarness) -> None:
    await start(harness, spec(harness), MAPS[1])
    harness.factory[MAPS[0]].set("x", "a")
    await harness.clock.settle()
    assert harness.take_log() == [("r1", "x")]
    assert harness.controller.status().waiting_namespaces == ("b",)
    assert not harness.controller.status().has_synced
    harness.factory[MAPS[1]].set("y", "b")
    harness.factory[MAPS[1]].sync()
    await harness.clock.settle()
    assert harness.take_log() == [("r1", "y")]
    assert harness.controller.status().waiting_namespaces == ()
    said = [(line["event"], line["namespaces"]) for line in harness.logged]
    assert said == [
        ("Controller waits in some namespaces", ["b"]),
        ("Controller no longer waits in some namespaces", ["b"]),
    ]


async def test_a_namespace_waits_for_all_its_caches_and_forgets_nothing_meanwhile(harness: ControllerHarness) -> None:
    await start(harness, spec(harness, Watch(SECRETS)), SECRETS[1])
    for key, name in ((MAPS[0], "x"), (MAPS[1], "y"), (MAPS[1], "z")):
        assert key.namespace is not None
        harness.factory[key].set(name, key.namespace)
    await harness.clock.settle()
    assert harness.take_log() == [("r1", "x")]
    harness.factory[MAPS[1]].set("y", "b", data={"n": "2"})
    await harness.clock.settle()
    assert harness.take_log() == []
    harness.factory[SECRETS[1]].sync()
    await harness.clock.settle()
    assert sorted(harness.take_log()) == [("r1", "y"), ("r1", "z")]


async def test_everything_waits_if_no_namespace_is_complete(harness: ControllerHarness) -> None:
    await start(harness, spec(harness, Watch(SECRETS)), MAPS[0], SECRETS[1])
    harness.factory[MAPS[1]].set("y", "b")
    await harness.clock.settle()
    assert harness.take_log() == []
    assert harness.controller.status().waiting_namespaces == ()
    harness.factory[SECRETS[1]].sync()
    await harness.clock.settle()
    assert harness.take_log() == [("r1", "y")]


async def test_everything_waits_for_a_cache_that_belongs_to_no_namespace_of_its_own(harness: ControllerHarness) -> None:
    for other in (Key("nodes", None), Key("secrets", "shared")):
        await start(harness, spec(harness, Watch((other,))), other)
        harness.factory[MAPS[0]].set("x", "a")
        await harness.clock.settle()
        assert harness.take_log() == []
        harness.factory[other].sync()
        await harness.clock.settle()
        assert ("r1", "x") in harness.take_log()


async def test_a_right_that_is_withdrawn_later_stops_nothing(harness: ControllerHarness) -> None:
    await start(harness, spec(harness))
    harness.factory[MAPS[1]].wait("forbidden")
    harness.factory[MAPS[0]].set("x", "a")
    await harness.clock.settle()
    assert harness.take_log() == [("r1", "x")]


async def test_a_reload_while_a_namespace_waits_keeps_it_waiting_and_loses_nothing(harness: ControllerHarness) -> None:
    await start(harness, spec(harness, Watch(SECRETS)), SECRETS[1])
    harness.factory[MAPS[1]].set("y", "b")
    await harness.install(harness.recorder("r2"), spec(harness, Watch(SECRETS)), "r2")
    assert harness.take_log() == []
    await harness.install(harness.recorder("r3"), spec(harness), "r3")
    assert set(harness.take_log()) == {("r3", "y")}


KEYS = st.builds(Key, st.sampled_from(["maps", "secrets"]), st.sampled_from(["a", "b", "c", None]))


@given(primary=st.sets(KEYS, min_size=1), missing=st.sets(KEYS))
def test_what_is_open_has_all_its_caches(primary: set[Key], missing: set[Key]) -> None:
    state = openness(primary, missing)
    namespaces = {key.namespace for key in primary}
    if not missing:
        assert state == (type(state)(True, frozenset()))
    if state.is_open:
        assert state.closed < namespaces
        assert {key.namespace for key in missing} == set(state.closed)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.sampled_from("abc"), st.integers(0, 3)),
            st.frozensets(st.sampled_from("abc"), max_size=3),
        )
    )
)
def test_the_gate_loses_nothing_and_lets_nothing_out_early(steps: list[Any]) -> None:
    out: list[Request] = []
    closed: frozenset[str] = frozenset()
    given_in: set[Request] = set()
    gate = NamespaceGate(lambda request, _priority: out.append(request))
    for step in steps:
        if isinstance(step, frozenset):
            closed = step
            before = len(out)
            gate.close(closed)
            assert not {request.namespace for request in out[before:]} & closed
        else:
            request = Request(step[0], str(step[1]))
            given_in.add(request)
            before = len(out)
            gate.add(request)
            assert (len(out) == before) == (request.namespace in closed)
    gate.close(frozenset())
    assert set(out) == given_in
