"""Gates that stay closed: which child waits longest, until its gate opens or its owner is gone."""

import pytest

from plugin_operator.kube import GroupVersionKind, NamespacedName
from plugin_operator.plugin.children.gates.closed_gates import ClosedGates
from plugin_operator.plugin.context.children import ChildName
from plugin_operator.testing import VirtualClock

SECRET = GroupVersionKind("", "v1", "Secret")
ONE, TWO = NamespacedName("default", "one"), NamespacedName("default", "two")


def child(name: str) -> ChildName:
    return ChildName(SECRET, NamespacedName("default", name))


@pytest.fixture
def owners() -> set[NamespacedName]:
    return {ONE, TWO}


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def gates(clock: VirtualClock, owners: set[NamespacedName]) -> ClosedGates:
    return ClosedGates(clock, owners.__contains__, lambda _owner, _seconds: None)


async def test_a_gate_counts_from_the_tenth_minute_on_with_its_last_reason(
    gates: ClosedGates, clock: VirtualClock
) -> None:
    gates.note(ONE, [(child("a"), "first")])
    await clock.advance(599)
    assert gates.long_closed == ""
    gates.note(ONE, [(child("a"), "last"), (child("b"), "new")])
    await clock.advance(1)
    assert gates.long_closed == "v1/Secret default/a, a child of default/one, waits for 10 minutes: last"


async def test_a_gate_that_opens_begins_anew(gates: ClosedGates, clock: VirtualClock) -> None:
    gates.note(ONE, [(child("a"), "closed")])
    await clock.advance(600)
    gates.note(ONE, [])
    assert gates.long_closed == ""
    gates.note(ONE, [(child("a"), "closed")])
    assert gates.long_closed == ""


async def test_the_longest_is_named_and_the_others_are_counted(
    gates: ClosedGates, clock: VirtualClock, owners: set[NamespacedName]
) -> None:
    gates.note(ONE, [(child("a"), "closed")])
    await clock.advance(60)
    gates.note(TWO, [(child("b"), "closed"), (child("c"), "closed")])
    await clock.advance(660)
    assert gates.long_closed.startswith("v1/Secret default/a, a child of default/one, waits for 12 minutes")
    assert gates.long_closed.endswith("; 2 more children wait")
    owners.remove(ONE)
    assert gates.long_closed.startswith("v1/Secret default/b, a child of default/two, waits for 11 minutes")


async def test_a_gate_on_what_nothing_makes_counts_from_the_first_minute_on(
    gates: ClosedGates, clock: VirtualClock
) -> None:
    assert gates.note(ONE, [(child("a"), "absent"), (child("b"), "closed")], {child("a")}) == [child("a")]
    await clock.advance(59)
    assert gates.note(ONE, [(child("a"), "absent")], {child("a")}) == []
    assert gates.long_closed == ""
    await clock.advance(1)
    assert gates.long_closed == "v1/Secret default/a, a child of default/one, waits for 1 minute: absent"
    gates.note(ONE, [(child("a"), "exists by now")])
    assert gates.long_closed == ""
    assert gates.note(ONE, [(child("a"), "absent")], {child("a")}) == [child("a")]


async def test_an_owner_looks_again_more_seldom_the_longer_a_gate_is_closed(clock: VirtualClock) -> None:
    delays: list[float] = []
    gates = ClosedGates(clock, lambda _owner: True, lambda _owner, seconds: delays.append(seconds))
    for seconds in (0, 20, 180, 10_000):
        await clock.advance(seconds)
        gates.note(ONE, [(child("a"), "closed")], unheard={child("a")})
    gates.note(ONE, [(child("a"), "closed"), (child("b"), "new")], unheard={child("a"), child("b")})
    gates.note(ONE, [(child("a"), "closed")])
    assert delays == [10, 10, 50, 300, 10]
