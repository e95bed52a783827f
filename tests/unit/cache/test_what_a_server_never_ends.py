"""Servers that keep a stream or a list going without end, step by step on a virtual clock."""

import json
from collections.abc import Awaitable, Callable

import pytest

from plugin_operator.cache import InformerFactory, State
from plugin_operator.cache.reflector.liveness import Liveness
from plugin_operator.client import ApiRequest, Paging, Response
from plugin_operator.client import paging as paging_module
from plugin_operator.errors import AnswerTooLargeError, ApiConnectionError, api_error
from plugin_operator.testing.virtual_clock import VirtualClock
from tests.unit.cache.script import KEY, Script, bookmark, event, page

STREAMS = api_error(422, "Invalid", "streaming lists are not known")


def drops(clock: VirtualClock, data: bytes, seconds: float = 30.0) -> Callable[[], Awaitable[bytes]]:
    async def later() -> bytes:
        await clock.sleep(seconds)
        return data

    return later


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"x", id="a line without an end"),
        pytest.param(b"\n", id="empty lines"),
        pytest.param(b" \r\n ", id="lines of spaces"),
    ],
)
async def test_a_watch_that_drips_bytes_and_no_event_is_dropped(
    script: Script, clock: VirtualClock, factory: InformerFactory, data: bytes
) -> None:
    script.answers = [[event("ADDED", "4"), bookmark("5", end=True), *[drops(clock, data)] * 1000]]
    informer = factory.acquire(KEY)
    await clock.settle()
    assert informer.state is State.WATCHING
    heard = informer.last_activity
    await clock.advance(119)
    assert informer.last_activity == heard, "bytes that complete no event are no sign of life"
    script.answers = [page("6", "a"), []]
    await clock.advance(60)
    assert (informer.state, script.open) == (State.WATCHING, 1)
    assert len(script.asked) == 3, "the stream was dropped, the server compared, and a new stream opened"


async def test_a_watch_that_repeats_what_cannot_be_read_is_dropped(
    script: Script, clock: VirtualClock, factory: InformerFactory
) -> None:
    poison = b'{"type":"ADDED","object":{"metadata":{"name":7}}}\n'
    script.answers = [[event("ADDED", "4"), bookmark("5", end=True), poison]]
    informer = factory.acquire(KEY)
    script.answers += [page("6", "a"), [*[drops(clock, poison)] * 1000]]
    await clock.advance(1)
    heard = informer.last_activity
    await clock.advance(119)
    assert (informer.state, informer.last_activity) == (State.WATCHING, heard)
    script.answers = [page("6", "a"), []]
    await clock.advance(60)
    assert len(script.asked) == 5


async def test_a_large_event_that_takes_a_minute_is_read(
    script: Script, clock: VirtualClock, factory: InformerFactory
) -> None:
    whole = json.dumps(event("ADDED", "6", "large")).encode() + b"\n"
    pieces = [drops(clock, whole[at : at + 40]) for at in range(0, len(whole), 40)]
    assert len(pieces) in {3, 4}
    script.answers = [[bookmark("5", end=True), *pieces, drops(clock, b"{", 500), drops(clock, b"{", 80)]]
    informer = factory.acquire(KEY)
    await clock.advance(30 * len(pieces))
    assert informer.lister.keys() == [("ns", "large")]
    await clock.advance(590)
    assert (informer.state, len(script.asked)) == (State.WATCHING, 1), "silence is the socket's matter, not the line's"


async def test_a_streaming_list_that_drips_gives_way_to_pages(
    script: Script, clock: VirtualClock, factory: InformerFactory
) -> None:
    script.answers = [[*[drops(clock, b"x", 5)] * 1000]]
    informer = factory.acquire(KEY)
    await clock.advance(90)
    script.answers = [page("5", "a"), []]
    await clock.advance(20)
    assert (informer.state, informer.lister.keys()) == (State.WATCHING, [("ns", "a")])


async def test_a_streaming_list_that_is_never_complete_gives_way_to_pages(
    script: Script, clock: VirtualClock, factory: InformerFactory
) -> None:
    def one(number: int) -> Callable[[], Awaitable[bytes]]:
        return drops(clock, json.dumps(event("ADDED", str(number), f"n{number}")).encode() + b"\n", 15)

    script.answers = [[one(number) for number in range(1, 1000)]]
    informer = factory.acquire(KEY)
    await clock.advance(1790)
    assert informer.state is State.STREAMING_LIST
    script.answers = [page("5", "a"), []]
    await clock.advance(40)
    assert (informer.state, informer.lister.keys()) == (State.WATCHING, [("ns", "a")])


async def test_pages_that_lead_to_ever_new_pages_are_given_up_and_tried_again(
    script: Script, clock: VirtualClock, factory: InformerFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging_module, "MAX_PAGES", 20)
    script.answers = [STREAMS, *[page("5", "a", token=f"t{number}") for number in range(20)]]
    informer = factory.acquire(KEY)
    await clock.settle()
    assert len(script.asked) == 21
    assert (informer.state, informer.has_synced) == (State.BACKING_OFF, False)
    assert "the list has more than 20 pages" in informer.reason
    script.answers = [page("6", "a"), []]
    await clock.advance(2)
    assert (informer.state, informer.lister.keys()) == (State.WATCHING, [("ns", "a")])


async def test_pages_that_come_slowly_for_ever_are_given_up(
    script: Script, clock: VirtualClock, factory: InformerFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering, tokens = script.send, iter(range(10_000))

    async def slow(request: ApiRequest) -> Response:
        await clock.sleep(50)
        script.answers = [page("5", "a", token=f"t{next(tokens)}")]
        return await answering(request)

    script.answers = [STREAMS]
    monkeypatch.setattr(script, "send", slow)
    informer = factory.acquire(KEY)
    await clock.advance(1700)
    assert (informer.state, informer.reason) == (State.PAGED_LIST, str(STREAMS))
    assert clock.monotonic() - informer.last_activity <= 50, "a page is a sign of life"
    await clock.advance(151)
    assert "not complete after 1800 s" in informer.reason


@pytest.mark.parametrize(
    ("tokens", "read"), [("tt", 2), ("stust", 4)], ids=["the same page again", "round in a circle"]
)
def test_pages_that_lead_back_are_given_up(tokens: str, read: int) -> None:
    pages = Paging("widgets")
    for token in tokens[: read - 1]:
        assert pages.turn(token, 0)
    with pytest.raises(ApiConnectionError, match="widgets: the server returned the same continue token twice"):
        pages.turn(tokens[read - 1], 0)


def test_a_continue_token_of_a_megabyte_is_refused() -> None:
    with pytest.raises(ApiConnectionError, match="continue token has 1000000 bytes"):
        Paging("widgets").turn("t" * 10**6, 0)


def test_pages_shrink_for_large_objects_and_grow_again_for_small_ones() -> None:
    """A few objects of 1.5 MB among 100,000 must not make the others come one by one."""
    pages, limits = Paging("widgets"), []
    for number in range(8):
        limits.append(dict(pages.query)["limit"])
        if number < 2:
            pages.shrink(AnswerTooLargeError("too large"))
        else:
            assert pages.turn(f"t{number}", 9 * 2**20 if number == 2 else 10_000)
    assert limits == ["500", "100", "20", "10", "20", "40", "80", "160"]
    for number in range(10, 13):
        pages.turn(f"t{number}", 10_000)
    assert dict(pages.query) == {"limit": "500", "continue": "t12"}


def test_a_page_of_one_object_and_a_list_in_one_piece_cannot_shrink() -> None:
    refused, pages = AnswerTooLargeError("too large"), Paging("widgets", 3)
    pages.shrink(refused)
    for each in (pages, Paging("widgets", None)):
        with pytest.raises(AnswerTooLargeError) as caught:
            each.shrink(refused)
        assert caught.value is refused


async def test_an_event_loop_that_was_blocked_reads_nothing_as_late(clock: VirtualClock) -> None:
    liveness = Liveness(clock, 90)
    await clock.advance(10_000)
    liveness.heard_part()
    await clock.advance(80)
    liveness.heard_part()
    liveness.heard()
    await clock.advance(80)
    liveness.heard_part()
    await clock.advance(91)
    with pytest.raises(ApiConnectionError, match="no complete event for 90 s"):
        liveness.heard_part()


async def test_pages_that_always_expire_before_a_list_too_large_for_one_piece_give_way_to_a_stream(
    script: Script, clock: VirtualClock, factory: InformerFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """100,000 objects over a slow link: the snapshot is dropped before the last page, and all at once are too many."""

    async def send(request: ApiRequest) -> Response:
        asked = dict(request.query)
        if "continue" in asked:
            raise api_error(410, "Expired")
        if "limit" not in asked:
            raise AnswerTooLargeError("the server's answer is larger than 134217728 bytes")
        return Response(200, {}, json.dumps(page("5", "a", token="t")).encode())

    monkeypatch.setattr(script, "send", send)
    script.answers = [[event("ADDED", "5", "gone"), ApiConnectionError("cut")]]
    informer = factory.acquire(KEY)
    await clock.advance(590)
    assert (informer.has_synced, len(script.asked)) == (False, 1)
    assert "larger than 134217728 bytes" in informer.reason
    script.answers = [[event("ADDED", "7", "b"), bookmark("8", end=True)]]
    await clock.advance(60)
    assert (informer.state, informer.lister.keys()) == (State.WATCHING, [("ns", "b")])
