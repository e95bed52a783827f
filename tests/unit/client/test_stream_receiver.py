"""The receiver of a stream: its pieces come in order and as they arrive, and its end is proper or an error."""

import gzip
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_operator.client.http.direct import stream_receiver
from plugin_operator.client.http.direct.receiver import MAX_HEAD_BYTES, MalformedAnswerError
from plugin_operator.client.http.direct.stream_receiver import StreamReceiver
from plugin_operator.client.http.limits import MAX_ERROR_BYTES
from plugin_operator.client.http.receiving_budget import ReceivingBudget

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def received(*pieces: bytes, ended: bool = False) -> StreamReceiver:
    receiver = StreamReceiver(ReceivingBudget())
    for piece in pieces:
        receiver.feed(piece)
    if ended:
        receiver.end()
    return receiver


def rest_of(receiver: StreamReceiver) -> bytes:
    return b"".join(iter(receiver.take, b""))


def feed_on(receiver: StreamReceiver, data: bytes) -> None:
    """Feed the same bytes until they are twice what a head may have."""
    for _ in range(2 * MAX_HEAD_BYTES // len(data)):
        receiver.feed(data)


STREAMS = {
    "chunks": CHUNKED + b"2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n",
    "a length": OK + b"Content-Length: 5\r\n\r\nhello",
    "informational responses": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\n"
    + OK
    + b"Content-Length: 5\r\n\r\nhello",
    "bytes after the end": OK + b"Content-Length: 5\r\n\r\nhello" + OK + b"Content-Length: 3\r\n\r\nbad",
}


@pytest.mark.parametrize("data", STREAMS.values(), ids=STREAMS)
@given(cuts=st.lists(st.integers(1, 110), max_size=6))
def test_a_stream_is_the_same_in_any_pieces(data: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted({min(each, len(data)) for each in cuts}), len(data)]
    receiver = received()
    taken = b""
    for start, end in itertools.pairwise(edges):
        receiver.feed(data[start:end])
        if receiver.is_answered:
            taken += receiver.take()

    assert (taken, receiver.is_complete, receiver.buffered) == (b"hello", True, 0)


def test_bytes_are_taken_before_the_stream_is_complete() -> None:
    receiver = received(CHUNKED)
    assert (receiver.is_answered, receiver.answer().body, receiver.take()) == (True, b"", b"")
    receiver.feed(b"5\r\nhel")
    assert (receiver.take(), receiver.is_complete) == (b"hel", False)
    receiver.feed(b"lo\r\n2\r\n, \r\n")
    assert (receiver.buffered, receiver.take(), receiver.buffered) == (4, b"lo, ", 0)


@pytest.mark.parametrize(
    ("head", "is_proper"), [(OK + b"\r\n", True), (OK + b"Content-Length: 9\r\n\r\n", False), (CHUNKED, False)]
)
def test_the_end_of_the_connection_is_proper_only_without_a_length(head: bytes, is_proper: bool) -> None:
    receiver = received(head)
    assert receiver.end() == is_proper


def test_an_error_is_answered_with_its_whole_body_and_no_more_than_the_limit() -> None:
    receiver = received(b"HTTP/1.1 500 Oh\r\nContent-Length: 6\r\n\r\nwh")
    assert not receiver.is_answered
    receiver.feed(b"y not")
    assert (receiver.is_answered, receiver.answer().body) == (True, b"why no")

    endless = received(b"HTTP/1.1 500 Oh\r\n\r\n", b"x" * (2 * MAX_ERROR_BYTES))
    assert (endless.is_answered, len(endless.answer().body)) == (True, MAX_ERROR_BYTES)


def test_the_bytes_of_an_error_are_counted_while_it_is_received() -> None:
    budget = ReceivingBudget()
    receiver = StreamReceiver(budget)
    receiver.feed(b"HTTP/1.1 500 Oh\r\n\r\nwhy")
    assert budget.received == 3
    receiver.discard()
    assert budget.received == 0


def test_the_packed_body_of_an_error_is_cut_at_the_limit() -> None:
    bomb = gzip.compress(b"x" * 2**22)
    receiver = received(b"HTTP/1.1 500 Oh\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb), bomb)
    assert receiver.answer().body == b"x" * MAX_ERROR_BYTES


@given(size=st.integers(0, 5000), step=st.integers(1, 50), most=st.integers(1, 500))
def test_a_packed_stream_is_unpacked_in_bounded_pieces(size: int, step: int, most: int) -> None:
    plain = bytes(each % 251 for each in range(size))
    packed = gzip.compress(plain)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream_receiver, "_MOST_UNPACKED_BYTES", most)
        receiver = received(OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed))
        receiver.answer()
        pieces = []
        for start in range(0, len(packed), step):
            receiver.feed(packed[start : start + step])
            pieces.append(receiver.take())
        pieces += iter(receiver.take, b"")
    assert b"".join(pieces) == plain
    assert max(map(len, pieces)) <= most


@pytest.mark.parametrize("body", [b"plain", gzip.compress(b"hello" * 100)[:-9]], ids=["is not packed", "is cut short"])
def test_a_packed_stream_that_cannot_be_unpacked_is_an_error(body: bytes) -> None:
    receiver = received(OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body), body)
    receiver.answer()
    with pytest.raises(MalformedAnswerError, match=r"cannot be decompressed|truncated"):
        rest_of(receiver)


def test_an_encoding_that_was_not_asked_for_is_an_error() -> None:
    with pytest.raises(MalformedAnswerError, match="'br', which was not asked for"):
        received(OK + b"Content-Encoding: br\r\n\r\n").answer()


FLOODS = {
    "headers": (OK, b"X-Odd: y\r\n"),
    "informational responses": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "trailers": (CHUNKED + b"0\r\n", b"X-Odd: y\r\n"),
}


@pytest.mark.parametrize("name", FLOODS)
def test_headers_and_trailers_are_bounded(name: str) -> None:
    head, flood = FLOODS[name]
    receiver = received(head)
    with pytest.raises(MalformedAnswerError, match="headers of the response are larger"):
        feed_on(receiver, flood)


def test_a_stream_of_the_smallest_chunks_has_no_bound() -> None:
    receiver = received(CHUNKED)
    for _ in range(20):
        receiver.feed(b"1\r\nx\r\n" * (MAX_HEAD_BYTES // 20))
        assert len(receiver.take()) == MAX_HEAD_BYTES // 20
