"""Credentials that are read again as they age: the last good ones serve while they are valid, and one line says so."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from plugin_operator.client import Access, TlsSettings
from plugin_operator.client.credentials.cached_access import REREAD_SECONDS, CachedAccess
from plugin_operator.client.credentials.tokens import expiry_of
from plugin_operator.errors import ConfigError
from plugin_operator.testing.virtual_clock import VirtualClock


class Source:
    """Gives what ``answers`` says, and notes how often it was asked."""

    description = "the source"

    def __init__(self) -> None:
        self.is_slow = False
        self.asked: list[bool] = []
        self.answer: Access | Exception = Access("http://a", "Bearer 1")
        self.wait: Callable[[], Awaitable[object]] | None = None

    async def read(self, *, renew: bool) -> Access:
        self.asked.append(renew)
        if self.wait is not None:
            await self.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
async def kept(source: Source, clock: VirtualClock) -> AsyncIterator[CachedAccess]:
    access = CachedAccess(source, clock=clock)
    yield access
    await access.close()


async def test_it_is_read_within_a_minute_and_not_for_each_request(
    kept: CachedAccess, source: Source, clock: VirtualClock
) -> None:
    first = await kept.current()
    for _ in range(100):
        assert await kept.current() is first
    assert source.asked == [False]
    source.answer = Access("http://a", "Bearer 2")
    await clock.advance(REREAD_SECONDS)
    assert REREAD_SECONDS <= 60
    assert (await kept.current()).authorization == "Bearer 2"


async def test_equal_content_keeps_the_same_value(kept: CachedAccess, source: Source, clock: VirtualClock) -> None:
    first = await kept.current()
    source.answer = Access("http://a", "Bearer 1")
    await clock.advance(REREAD_SECONDS)
    assert await kept.current() is first


async def test_the_last_good_serves_while_reading_fails_with_one_warning_and_one_line_at_the_end(
    kept: CachedAccess, source: Source, clock: VirtualClock
) -> None:
    first = await kept.current()
    source.answer = ConfigError("the token file is empty")
    with structlog.testing.capture_logs() as lines:
        for _ in range(60):
            await clock.advance(5)
            assert await kept.current() is first
        assert [line["event"] for line in lines] == ["Credentials not read, the last ones are used"]
        assert lines[0]["reason"] == "the token file is empty"
        assert lines[0]["source"] == "the source"
        source.answer = Access("http://a", "Bearer 2")
        await clock.advance(5)
        assert (await kept.current()).authorization == "Bearer 2"
        assert [line["event"] for line in lines[1:]] == ["Credentials read again"]


async def test_without_a_good_one_each_request_fails_and_the_source_is_asked_once_a_second(
    kept: CachedAccess, source: Source, clock: VirtualClock
) -> None:
    source.answer = ConfigError("no")
    for _ in range(50):
        with pytest.raises(ConfigError, match="the source gives no usable credentials: no"):
            await kept.current()
    assert len(source.asked) == 1
    source.answer = Access("http://a")
    await clock.advance(1)
    assert (await kept.current()).host == "http://a"


async def test_expired_credentials_serve_no_more(kept: CachedAccess, source: Source, clock: VirtualClock) -> None:
    source.answer = Access("http://a", "Bearer 1", expires_at=clock.now() + timedelta(seconds=40))
    first = await kept.current()
    source.answer = ConfigError("the command fails")
    await clock.advance(35)
    assert await kept.current() is first
    await clock.advance(10)
    with pytest.raises(ConfigError, match=r"have expired, and: the command fails"):
        await kept.current()


async def test_credentials_that_expire_soon_are_read_again_when_they_do(
    kept: CachedAccess, source: Source, clock: VirtualClock
) -> None:
    source.answer = Access("http://a", "Bearer 1", expires_at=clock.now() + timedelta(seconds=3))
    await kept.current()
    source.answer = Access("http://a", "Bearer 2")
    await clock.advance(3)
    assert (await kept.current()).authorization == "Bearer 2"


async def test_a_command_that_hands_out_expired_credentials_is_not_run_for_each_request(
    kept: CachedAccess, source: Source, clock: VirtualClock
) -> None:
    source.answer = Access("http://a", "Bearer 1", expires_at=clock.now() - timedelta(seconds=3))
    for _ in range(50):
        await kept.current()
    assert len(source.asked) == 1


async def test_no_request_waits_for_a_command_that_runs_ahead_of_need(
    kept: CachedAccess, source: Source, clock: VirtualClock
) -> None:
    first = await kept.current()
    ended = asyncio.Event()
    source.is_slow, source.wait = True, ended.wait
    source.answer = Access("http://a", "Bearer 2")
    await clock.advance(REREAD_SECONDS)
    for _ in range(10):
        assert await kept.current() is first
        await asyncio.sleep(0)
    assert len(source.asked) == 2
    ended.set()
    await clock.settle()
    assert (await kept.current()).authorization == "Bearer 2"


async def test_requests_wait_for_a_command_once_the_credentials_have_expired(
    kept: CachedAccess, source: Source, clock: VirtualClock
) -> None:
    source.answer = Access("http://a", "Bearer 1", expires_at=clock.now() + timedelta(seconds=40))
    await kept.current()
    ended = asyncio.Event()
    source.is_slow, source.wait = True, ended.wait
    source.answer = Access("http://a", "Bearer 2")
    await clock.advance(40)
    waiting = [asyncio.ensure_future(kept.current()) for _ in range(5)]
    await clock.settle()
    assert not any(each.done() for each in waiting)
    ended.set()
    assert {each.authorization for each in await asyncio.gather(*waiting)} == {"Bearer 2"}
    assert len(source.asked) == 2


async def test_a_refused_credential_is_renewed_once_for_all_who_were_refused(
    kept: CachedAccess, source: Source, clock: VirtualClock
) -> None:
    first = await kept.current()
    source.answer = Access("http://a", "Bearer 2")
    renewed = await asyncio.gather(*(kept.renew(first) for _ in range(20)))
    assert {each.authorization for each in renewed} == {"Bearer 2"}
    assert source.asked == [False, True]
    # A server that refuses everything does not have the command run for each request.
    for _ in range(20):
        assert await kept.renew(renewed[0]) is renewed[0]
    assert source.asked == [False, True]
    await clock.advance(1)
    await kept.renew(renewed[0])
    assert source.asked == [False, True, True]


async def test_a_renewal_that_fails_says_so_and_keeps_the_last_one(
    kept: CachedAccess, source: Source, clock: VirtualClock
) -> None:
    first = await kept.current()
    source.answer = ConfigError("no")
    with pytest.raises(ConfigError, match="no"):
        await kept.renew(first)
    assert await kept.current() is first


async def test_tls_material_that_makes_no_sense_never_replaces_what_does(
    kept: CachedAccess, source: Source, clock: VirtualClock
) -> None:
    source.answer = first = Access("https://a")
    assert await kept.current() is first
    source.answer = Access("https://a", tls=TlsSettings(ca_pem=b"half of a certific"))
    await clock.advance(REREAD_SECONDS)
    assert await kept.current() is first


async def test_what_a_library_raises_about_an_odd_file_is_a_failure_to_read(
    kept: CachedAccess, source: Source, clock: VirtualClock
) -> None:
    first = await kept.current()
    source.answer = RecursionError("deep")
    await clock.advance(REREAD_SECONDS)
    assert await kept.current() is first


async def test_closing_ends_a_command_that_runs_ahead_of_need(
    kept: CachedAccess, source: Source, clock: VirtualClock
) -> None:
    await kept.current()
    source.is_slow, source.wait = True, asyncio.Event().wait
    await clock.advance(REREAD_SECONDS)
    await kept.current()
    await clock.settle()
    before = len(asyncio.all_tasks())
    await kept.close()
    assert len(asyncio.all_tasks()) == before - 1
    source.wait = None
    await kept.current()


def jwt(claims: object) -> str:
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"e30.{part}.sig"


def test_a_token_tells_when_it_expires() -> None:
    found = expiry_of(jwt({"exp": 1_700_000_000, "sub": "x"}))
    assert found is not None
    assert found.isoformat() == "2023-11-14T22:13:20+00:00"
    odd_ones: tuple[Any, ...] = ({}, {"exp": None}, {"exp": "x"}, {"exp": 1e300}, {"exp": -1e300}, [], "x")
    for odd in odd_ones:
        assert expiry_of(jwt(odd)) is None


@given(st.text() | st.builds("{}.{}.{}".format, st.text(), st.text(), st.text()))
def test_any_text_may_be_a_token(text: str) -> None:
    expiry_of(text)
