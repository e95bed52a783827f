"""The receiver of a response: whatever the pieces in which it arrives, the same answer or the same refusal."""

import gzip
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_operator.client.http import receiving_budget
from plugin_operator.client.http.direct.receiver import MAX_HEAD_BYTES, MalformedAnswerError, Receiver
from plugin_operator.client.http.limits import MAX_ERROR_BYTES
from plugin_operator.client.http.receiving_budget import ReceivingBudget
from plugin_operator.errors import AnswerTooLargeError, ApiConnectionError

OK = b"HTTP/1.1 200 OK\r\n"
LIMIT = 1000


def received(*pieces: bytes, ended: bool = False, limit: int = LIMIT) -> Receiver:
    receiver = Receiver(ReceivingBudget())
    receiver.begin(limit)
    for piece in pieces:
        receiver.feed(piece)
    if ended:
        receiver.end()
    return receiver


def feed_on(receiver: Receiver, data: bytes) -> None:
    """Feed the same bytes until they are twice what a head may have."""
    for _ in range(2 * MAX_HEAD_BYTES // len(data)):
        receiver.feed(data)


WHOLE = [
    pytest.param(OK + b"Content-Length: 5\r\n\r\nhello", b"hello", True, id="a length"),
    pytest.param(
        OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n", b"hello", True, id="chunks"
    ),
    pytest.param(
        OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nStatus: 500\r\n\r\n", b"hello", True, id="a trailer"
    ),
    pytest.param(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        + OK
        + b"Content-Length: 5\r\n\r\nhello",
        b"hello",
        True,
        id="informational responses before",
    ),
    pytest.param(
        OK + b"Connection: close\r\nContent-Length: 5\r\n\r\nhello", b"hello", False, id="the last of its kind"
    ),
    pytest.param(b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", b"hello", False, id="HTTP/1.0"),
    pytest.param(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", b"", True, id="no body by its status"),
    pytest.param(OK + b"Content-Length: 0\r\n\r\n", b"", True, id="empty"),
]


@pytest.mark.parametrize(("data", "body", "may_reuse"), WHOLE)
@given(cuts=st.lists(st.integers(1, 60), max_size=6))
def test_a_response_is_the_same_in_any_pieces(data: bytes, body: bytes, may_reuse: bool, cuts: list[int]) -> None:
    edges = [0, *sorted({min(each, len(data)) for each in cuts}), len(data)]
    receiver = received(*(data[a:b] for a, b in itertools.pairwise(edges) if a < b))

    assert (receiver.is_complete, receiver.may_reuse) == (True, may_reuse)
    answer = receiver.answer()
    assert (answer.status in {200, 304}, answer.body) == (True, body)


def test_without_a_length_the_end_of_the_connection_ends_the_body() -> None:
    receiver = received(OK + b"\r\nhel", b"lo")
    assert not receiver.is_complete
    assert receiver.end()
    assert (receiver.answer().body, receiver.may_reuse) == (b"hello", False)


@pytest.mark.parametrize(
    "data",
    [
        OK,
        OK + b"Content-Length: 5\r\n\r\nhell",
        OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ],
    ids=["headers", "a length", "chunks", "informational"],
)
def test_a_connection_that_ends_too_early_completes_nothing(data: bytes) -> None:
    assert not received(data, ended=True).is_complete


@pytest.mark.parametrize(
    "data",
    [
        b"garbage\r\n\r\n",
        OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        OK + b"Content-Length: -5\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        OK + b"Content Length: 5\r\n\r\nhello",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/3.7 200 OK\r\n\r\n",
    ],
    ids=["garbage", "two lengths", "length and chunks", "negative", "no chunk", "a space", "upgrade", "a version"],
)
def test_what_is_ambiguous_or_no_http_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedAnswerError, match="no valid HTTP response"):
        received(data)


def test_a_second_response_is_not_taken_for_an_answer_and_ends_the_connection() -> None:
    one = OK + b"Content-Length: 5\r\n\r\nhello"
    receiver = received(one + OK + b"Content-Length: 5\r\n\r\nfalse")
    assert (receiver.answer().body, receiver.may_reuse) == (b"hello", False)


@pytest.mark.parametrize("data", [b"a: b\r\n", b"X-Long: " + b"x" * 2000 + b"\r\n"])
def test_headers_without_end_are_refused(data: bytes) -> None:
    receiver = received(OK)
    with pytest.raises(MalformedAnswerError, match="headers of the response are larger"):
        feed_on(receiver, data)


def test_informational_responses_without_end_are_refused() -> None:
    receiver = received()
    with pytest.raises(MalformedAnswerError, match="headers of the response are larger"):
        feed_on(receiver, b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")


def test_chunks_of_one_byte_are_no_waste() -> None:
    receiver = received(OK + b"Transfer-Encoding: chunked\r\n\r\n", limit=10 * MAX_HEAD_BYTES)
    for _ in range(MAX_HEAD_BYTES):
        receiver.feed(b"1\r\nx\r\n")
    receiver.feed(b"0\r\n\r\n")
    assert len(receiver.answer().body) == MAX_HEAD_BYTES


def test_extensions_of_chunks_without_end_are_refused() -> None:
    receiver = received(OK + b"Transfer-Encoding: chunked\r\n\r\n1;")
    with pytest.raises(MalformedAnswerError, match="headers of the response are larger"):
        feed_on(receiver, b"extension")


@pytest.mark.parametrize(
    "data",
    [
        OK + b"Content-Length: 1001\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + b"x" * 1001,
        OK + b"\r\n" + b"x" * 1001,
    ],
    ids=["announced", "chunks", "until the end"],
)
def test_a_body_beyond_the_limit_is_refused_before_its_end(data: bytes) -> None:
    with pytest.raises(AnswerTooLargeError, match="larger than 1000 bytes"):
        received(data)


def test_the_body_of_an_error_is_cut() -> None:
    receiver = received(b"HTTP/1.1 500 No\r\nContent-Length: 9999999\r\n\r\n" + b"x" * (MAX_ERROR_BYTES + 1))
    assert (receiver.is_complete, receiver.may_reuse) == (True, False)
    assert receiver.answer().body == b"x" * MAX_ERROR_BYTES


@pytest.mark.parametrize("plain", [b"", b"hello", b"x" * LIMIT])
def test_a_body_that_a_proxy_compressed_is_unpacked(plain: bytes) -> None:
    body = gzip.compress(plain)
    receiver = received(OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    assert receiver.answer().body == plain


@pytest.mark.parametrize(
    ("encoding", "body", "error", "words"),
    [
        (b"gzip", gzip.compress(b"x" * (LIMIT + 1)), AnswerTooLargeError, "larger than 1000"),
        (b"gzip", gzip.compress(b"hello")[:-4], MalformedAnswerError, "truncated"),
        (b"gzip", b"hello", MalformedAnswerError, "cannot be decompressed"),
        (b"br", b"hello", MalformedAnswerError, "'br', which was not asked for"),
    ],
    ids=["a bomb", "truncated", "no gzip", "unknown"],
)
def test_a_compressed_body_that_cannot_be_used_is_refused(
    encoding: bytes, body: bytes, error: type[Exception], words: str
) -> None:
    data = OK + b"Content-Encoding: %b\r\nContent-Length: %d\r\n\r\n" % (encoding, len(body)) + body
    with pytest.raises(error, match=words):
        received(data).answer()


def test_headers_are_found_in_any_case_and_all_of_one_name() -> None:
    headers = received(OK + b"warning: a\r\nWARNING: b\r\nX: \xe4\r\nContent-Length: 0\r\n\r\n").answer().headers
    assert (headers["Warning"], headers.getall("Warning"), headers.get("absent")) == ("a", ["a", "b"], None)
    assert ("retry-after" in headers, len(headers), set(headers)) == (False, 3, {"Warning", "X", "Content-Length"})


def test_the_budget_counts_what_is_received_and_gets_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving_budget, "MAX_RECEIVING_BYTES", 15)
    budget = ReceivingBudget()
    first, second = Receiver(budget), Receiver(budget)
    for receiver in (first, second):
        receiver.begin(LIMIT)
    first.feed(OK + b"Content-Length: 20\r\n\r\n" + b"x" * 10)
    with pytest.raises(ApiConnectionError, match="more than 15 bytes are being received"):
        second.feed(OK + b"Content-Length: 20\r\n\r\n" + b"x" * 10)
    second.discard()
    assert budget.received == 10
    first.begin(LIMIT)
    assert budget.received == 0
