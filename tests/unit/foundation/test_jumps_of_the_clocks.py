"""Clocks that jump, by hours and by years: NTP sets the wall clock, a machine sleeps and wakes."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import structlog

from plugin_operator.client import Access
from plugin_operator.client.credentials.cached_access import CachedAccess
from plugin_operator.client.http.status_errors import MAX_WAIT_SECONDS, retry_after_seconds
from plugin_operator.connection_backoff import Backoff
from plugin_operator.hosting.rollout.reload_limiter import TokenBucket, pause_after_look
from plugin_operator.hosting.scan.files import read_file
from plugin_operator.hosting.scan.scanner import Scanner
from plugin_operator.serving.pacing import PacedPage
from plugin_operator.testing.virtual_clock import VirtualClock
from plugin_operator.workqueue import ExponentialBackoff, WorkQueue

PLUGIN = "from plugin_operator import controller\n@controller(for_='v1/Pod')\nasync def one(ctx, request): ...\n"
HOUR, YEARS = 3600.0, 10 * 365 * 86_400.0
JUMPS = pytest.mark.parametrize(
    "seconds", [HOUR, -HOUR, YEARS, -YEARS], ids=["an hour ahead", "an hour back", "years ahead", "years back"]
)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
async def queue(clock: VirtualClock) -> AsyncIterator[WorkQueue[str]]:
    made: WorkQueue[str] = WorkQueue("q", clock=clock, rate_limiter=ExponentialBackoff())
    yield made
    made.shut_down()


async def test_a_wall_clock_that_is_set_moves_no_timer(clock: VirtualClock) -> None:
    fired: list[float] = []
    before = clock.monotonic()
    clock.call_later(60, lambda: fired.append(clock.monotonic() - before))
    clock.jump(YEARS)
    clock.jump(-2 * YEARS)
    await clock.advance(59)
    assert not fired
    await clock.advance(1)
    assert fired == [60]


async def test_a_machine_that_sleeps_moves_both_clocks_and_no_timer(clock: VirtualClock) -> None:
    fired: list[float] = []
    before, wall = clock.monotonic(), clock.now()
    clock.call_later(60, lambda: fired.append(clock.monotonic() - before))
    await clock.advance(10)
    clock.suspend(HOUR)
    assert (clock.monotonic() - before, clock.now() - wall) == (HOUR + 10, timedelta(seconds=HOUR + 10))
    await clock.advance(49)
    assert not fired
    await clock.advance(1)
    assert fired == [HOUR + 60]


@JUMPS
async def test_requeue_after_counts_no_jump_of_the_wall_clock(
    queue: WorkQueue[str], clock: VirtualClock, seconds: float
) -> None:
    queue.add_after("key", 60, 0)
    clock.jump(seconds)
    await clock.advance(59.9)
    assert queue.try_get() is None
    await clock.advance(0.2)
    assert queue.try_get() == "key"


async def test_delays_that_ended_during_a_sleep_are_over_with_the_first_timer(
    queue: WorkQueue[str], clock: VirtualClock
) -> None:
    for number in range(50):
        queue.add_after(f"late {number}", 600 + number, 0)
    queue.add_after("soon", 60, 0)
    clock.suspend(YEARS)
    await clock.advance(60)
    assert {queue.try_get() for _ in range(51)} == {"soon", *(f"late {number}" for number in range(50))}


@JUMPS
def test_backoff_counts_no_jump_of_the_wall_clock(clock: VirtualClock, seconds: float) -> None:
    backoff = Backoff(clock, base_seconds=1, cap_seconds=8, jitter=0)
    waits = []
    for _ in range(6):
        waits.append(backoff.next_seconds())
        clock.jump(seconds)
    assert waits == [1, 2, 4, 8, 8, 8]


def test_backoff_starts_over_after_a_sleep(clock: VirtualClock) -> None:
    backoff = Backoff(clock, base_seconds=1, cap_seconds=8, jitter=0)
    assert [backoff.next_seconds() for _ in range(4)] == [1, 2, 4, 8]
    clock.suspend(HOUR)
    assert [backoff.next_seconds() for _ in range(2)] == [1, 2]


def test_a_sleep_of_years_is_a_burst_of_reloads_and_not_more(clock: VirtualClock) -> None:
    pace = TokenBucket(clock, burst=3, interval_seconds=10)
    clock.suspend(YEARS)
    assert [pace.wait_seconds() for _ in range(4)] == [0, 0, 0, 10]


def test_a_process_that_was_stopped_during_a_look_reloads_again_soon() -> None:
    assert [pause_after_look(seconds) for seconds in (0.0, 1.0, HOUR, YEARS)] == [0.005, 2.0, 30.0, 30.0]


async def test_a_process_that_was_stopped_during_a_rendering_answers_again_soon(clock: VirtualClock) -> None:
    page: PacedPage[str] = PacedPage(monotonic=clock.monotonic, sleep=clock.sleep)

    def render() -> str:
        clock.suspend(HOUR)
        return "page"

    assert await page.get("text", render) == "page"
    began = clock.monotonic()
    waiting = page.get("text", lambda: "again")
    answered: list[str] = []

    async def ask() -> None:
        answered.append(await waiting)

    asking = asyncio.ensure_future(ask())
    await clock.advance(10)
    await asking
    assert (answered, clock.monotonic() - began) == (["again"], 10)


@JUMPS
def test_a_date_to_retry_after_is_bounded_whatever_the_clock_says(clock: VirtualClock, seconds: float) -> None:
    date = clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT")
    clock.jump(seconds)
    assert retry_after_seconds(date, clock.now()) == (0 if seconds > 0 else MAX_WAIT_SECONDS)


class Tokens:
    """Gives tokens that are valid for an hour of the server's clock, which never jumps."""

    description = "the source"
    is_slow = True

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._zero = clock.now() - timedelta(seconds=clock.monotonic())
        self.reads = 0

    async def read(self, *, renew: bool) -> Access:
        del renew
        self.reads += 1
        return Access("http://a", f"Bearer {self.reads}", expires_at=self.server_time + timedelta(seconds=HOUR))

    @property
    def server_time(self) -> datetime:
        return self._zero + timedelta(seconds=self._clock.monotonic())


@JUMPS
async def test_credentials_serve_through_every_jump_and_are_not_asked_for_all_the_time(
    clock: VirtualClock, seconds: float
) -> None:
    tokens = Tokens(clock)
    kept = CachedAccess(tokens, clock=clock)
    await kept.current()
    with structlog.testing.capture_logs() as lines:
        clock.jump(seconds)
        for _ in range(600):
            assert (await kept.current()).host == "http://a"
            await clock.advance(1)
    assert tokens.reads <= 30, "a command takes a second of processor time, or a person who logs in"
    is_warned = [line["event"] for line in lines] == [
        "Credentials have expired when they are read: is the clock of this machine right?"
    ]
    assert is_warned is (seconds >= HOUR)
    clock.jump(-seconds)
    await clock.advance(60)
    before = tokens.reads
    access = await kept.current()
    await clock.settle()
    assert access.expires_at is not None
    assert tokens.reads - before <= 1
    await kept.close()


async def test_a_server_that_takes_no_token_has_no_command_run_all_the_time(clock: VirtualClock) -> None:
    tokens = Tokens(clock)
    kept = CachedAccess(tokens, clock=clock)
    access = await kept.current()
    for _ in range(600):
        access = await kept.renew(access)
        await clock.advance(1)
    assert 30 <= tokens.reads <= 50
    await clock.advance(61)
    before = tokens.reads
    await kept.renew(access)
    await clock.advance(1)
    await kept.renew(await kept.current())
    assert tokens.reads - before == 2, "after a quiet minute the first pause is short again"
    await kept.close()


@pytest.mark.parametrize("seconds", [HOUR, YEARS], ids=["an hour", "years"])
def test_files_from_the_future_settle_and_are_not_read_again_all_the_time(
    tmp_path: Path, clock: VirtualClock, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after the wall clock was set back: every file that was written before is from the future."""
    folder, now = tmp_path / "plugins", time.time()
    folder.mkdir()
    path = folder / "one.py"
    path.write_text(
        "from plugin_operator import controller\n@controller(for_='v1/Pod')\nasync def one(ctx, request): ...\n"
    )
    monkeypatch.setattr(time, "time", lambda: now - seconds)
    assert read_file(str(path), is_atomic=False, wall=now - seconds).is_cold
    assert not read_file(str(path), is_atomic=False, wall=now).is_cold
    os.utime(path, (now + seconds, now + seconds))
    scanner = Scanner(folder, clock=clock)
    scanner.scan()
    clock.suspend(1)
    assert scanner.scan().sources["one"].is_settled
    assert scanner.scan() is scanner.scan()
