"""What is a request, however its bytes are divided, and what is refused with which status."""

import random

import pytest

from plugin_operator.serving.http.request import Request
from plugin_operator.serving.http.request_parser import RefusedError, RequestParser
from plugin_operator.serving.http.target import path_and_query
from tests.unit.serving.raw_requests import REQUESTS, mutated

Outcome = Request | int


def parse(*pieces: bytes) -> list[Outcome]:
    """Return the requests in the pieces, and the status of the refusal that ended them."""
    parser, received = RequestParser("peer"), bytearray()
    found: list[Outcome] = []
    for piece in pieces:
        received += piece
        while received:
            before = len(received)
            try:
                request = parser.take(received)
            except RefusedError as refused:
                return [*found, refused.status]
            assert len(received) < before
            if request is not None:
                found.append(request)
                if not request.keep_alive:
                    return found
    return found


def pieces_of(raw: bytes, chance: random.Random) -> list[bytes]:
    """Divide bytes at a few places, or after every byte."""
    if chance.random() < 0.3:
        return [raw[at : at + 1] for at in range(len(raw))]
    cuts = sorted(chance.randrange(len(raw) + 1) for _ in range(chance.randint(1, 5)))
    return [raw[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(raw)], strict=True) if begin < end]


@pytest.mark.parametrize("name", REQUESTS)
def test_the_outcome_does_not_depend_on_how_the_bytes_arrive(name: str) -> None:
    raw, chance = REQUESTS[name].raw, random.Random(0)
    whole = parse(raw)
    assert parse(*(raw[at : at + 1] for at in range(len(raw)))) == whole
    assert [parse(*pieces_of(raw, chance)) for _ in range(20)] == [whole] * 20


@pytest.mark.parametrize("seed", range(4))
def test_mutated_requests_are_parsed_the_same_however_they_arrive(seed: int) -> None:
    def requests(*pieces: bytes) -> list[Request | str]:
        return [found if isinstance(found, Request) else "refused" for found in parse(*pieces)]

    chance = random.Random(seed)
    for _ in range(500):
        raw = mutated(chance)
        assert requests(*pieces_of(raw, chance)) == requests(raw), raw


def test_one_request_is_taken_at_a_time() -> None:
    received = bytearray(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n")
    first = RequestParser("").take(received)
    assert first is not None
    assert first.path == "/a"
    assert received == b"GET /b HTTP/1.1\r\nHost: x\r\n\r\n"


def test_a_trailer_cannot_add_a_header() -> None:
    (found,) = parse(
        b"GET /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"1\r\na\r\n0\r\nAuthorization: Bearer stolen\r\n\r\n"
    )
    assert isinstance(found, Request)
    assert "authorization" not in found.headers


def test_a_body_is_dropped_and_what_follows_is_the_next_request() -> None:
    found = parse(
        b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 42\r\n\r\n"
        b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n1234567"
        b"GET /b HTTP/1.1\r\nHost: x\r\n\r\n"
    )
    assert [request.path for request in found if isinstance(request, Request)] == ["/a", "/b"]


def test_repeated_headers_are_joined() -> None:
    (found,) = parse(b"GET /a HTTP/1.1\r\nHost: x\r\nAccept: a/b\r\nX-Empty:\r\nACCEPT: c/d \r\n\r\n")
    assert isinstance(found, Request)
    assert found.headers == {"host": "x", "accept": "a/b, c/d", "x-empty": ""}


@pytest.mark.parametrize(
    ("method", "target", "found"),
    [
        ("GET", "/a?b?c", ("/a", "b?c")),
        ("GET", "http://host", ("/", "")),
        ("GET", "HTTPS://host:8443/a?b", ("/a", "b")),
        ("GET", "http://[2001:db8::1]:80?b", ("/", "b")),
        ("GET", "http://user@host/a", None),
        ("GET", "http:///a", None),
        ("GET", "ftp://host/a", None),
        ("GET", "http://host:port/a", None),
        ("GET", "/a#b", None),
        ("GET", "*", None),
        ("OPTIONS", "*", ("*", "")),
        ("GET", "", None),
    ],
)
def test_a_target_is_a_path_or_the_url_of_one(method: str, target: str, found: tuple[str, str] | None) -> None:
    assert path_and_query(method, target) == found
