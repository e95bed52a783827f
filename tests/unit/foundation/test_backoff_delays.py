import pytest

from plugin_operator.connection_backoff import Backoff
from plugin_operator.testing.virtual_clock import VirtualClock


def test_delays_double_to_the_cap() -> None:
    backoff = Backoff(VirtualClock(), base_seconds=1, cap_seconds=10, jitter=0)
    assert [backoff.next_seconds() for _ in range(6)] == [1, 2, 4, 8, 10, 10]


def test_jitter_stretches_and_never_shortens() -> None:
    clock = VirtualClock()
    least = Backoff(clock, base_seconds=1, jitter=0.5, random_share=lambda: 0.0)
    most = Backoff(clock, base_seconds=1, jitter=0.5, random_share=lambda: 1.0)
    assert (least.next_seconds(), most.next_seconds()) == (1, 1.5)


def test_success_starts_over() -> None:
    backoff = Backoff(VirtualClock(), base_seconds=1, jitter=0)
    backoff.next_seconds()
    backoff.next_seconds()
    backoff.reset()
    assert backoff.next_seconds() == 1


async def test_a_long_quiet_time_starts_over() -> None:
    clock = VirtualClock()
    backoff = Backoff(clock, base_seconds=1, jitter=0, reset_after_seconds=120)
    backoff.next_seconds()
    await clock.advance(119)
    assert backoff.next_seconds() == 2
    await clock.advance(121)
    assert backoff.next_seconds() == 1


@pytest.mark.parametrize("tries", [10_000])
def test_no_number_of_failures_overflows(tries: int) -> None:
    backoff = Backoff(VirtualClock(), jitter=0)
    assert max(backoff.next_seconds() for _ in range(tries)) == 30
