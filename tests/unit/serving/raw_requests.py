"""Requests byte by byte, with the statuses that answer them, and requests mutated from them."""

import random

import msgspec


class RawRequest(msgspec.Struct, frozen=True):
    """Bytes that a client sends at once.

    Attributes:
        raw: the bytes.
        statuses: of the responses to them, in order.
        closes: whether the server ends the connection then.
    """

    raw: bytes
    statuses: tuple[int, ...]
    closes: bool


HEAD = b" HTTP/1.1\r\nHost: x\r\n"
END = b"\r\n"

REQUESTS = {
    "a probe": RawRequest(b"GET /healthz" + HEAD + END, (200,), closes=False),
    "HEAD": RawRequest(b"HEAD /healthz" + HEAD + END, (200,), closes=False),
    "HEAD of a failing probe": RawRequest(b"HEAD /readyz" + HEAD + END, (500,), closes=False),
    "head metrics": RawRequest(b"HEAD /metrics" + HEAD + END, (200,), closes=False),
    "head 404": RawRequest(b"HEAD /nope" + HEAD + END, (404,), closes=False),
    "an unknown path": RawRequest(b"GET /nope" + HEAD + END, (404,), closes=False),
    "an unknown path, and the end": RawRequest(
        b"GET /nope" + HEAD + b"Connection: close\r\n" + END, (404,), closes=True
    ),
    "another method": RawRequest(b"POST /metrics" + HEAD + b"Content-Length: 0\r\n" + END, (405,), closes=False),
    "a small body": RawRequest(b"POST /metrics" + HEAD + b"Content-Length: 5\r\n\r\nabcde", (405,), closes=False),
    "a request after a small body": RawRequest(
        b"POST /metrics" + HEAD + b"Content-Length: 5\r\n\r\nabcdeGET /healthz" + HEAD + END, (405, 200), closes=False
    ),
    "a request after the body of a GET": RawRequest(
        b"GET /healthz" + HEAD + b"Content-Length: 5\r\n\r\nabcdeGET /metrics" + HEAD + END, (200, 200), closes=False
    ),
    "a request after chunks": RawRequest(
        b"GET /healthz" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET /metrics" + HEAD + END,
        (200, 200),
        closes=False,
    ),
    "a large body": RawRequest(
        b"POST /metrics" + HEAD + b"Content-Length: 5000\r\n\r\n" + b"x" * 5000, (413,), closes=True
    ),
    "a large body that never comes": RawRequest(
        b"GET /healthz" + HEAD + b"Content-Length: 99999\r\n\r\n", (413,), closes=True
    ),
    "options": RawRequest(b"OPTIONS /metrics" + HEAD + END, (405,), closes=False),
    "options *": RawRequest(b"OPTIONS *" + HEAD + END, (404,), closes=False),
    "trace": RawRequest(b"TRACE /metrics" + HEAD + END, (405,), closes=False),
    "unknown method": RawRequest(b"GARBAGE /metrics" + HEAD + END, (501,), closes=True),
    "lower method": RawRequest(b"get /metrics" + HEAD + END, (501,), closes=True),
    "connect": RawRequest(b"CONNECT elsewhere:443" + HEAD + END, (501,), closes=True),
    "HTTP/1.0": RawRequest(b"GET /healthz HTTP/1.0\r\n\r\n", (200,), closes=True),
    "HTTP/1.0 that stays": RawRequest(b"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", (200,), closes=False),
    "close": RawRequest(b"GET /healthz" + HEAD + b"Connection: close\r\n" + END, (200,), closes=True),
    "pipelined": RawRequest(
        (b"GET /healthz" + HEAD + END) + b"GET /metrics" + HEAD + END + b"GET /status" + HEAD + END,
        (200, 200, 200),
        closes=False,
    ),
    "no host": RawRequest(b"GET /healthz HTTP/1.1\r\n\r\n", (400,), closes=True),
    "two hosts": RawRequest(b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", (400,), closes=True),
    "no version": RawRequest(b"GET /healthz\r\n\r\n", (400,), closes=True),
    "an unknown version": RawRequest(b"GET /healthz HTTP/9.9\r\n\r\n", (400,), closes=True),
    "HTTP/2 with prior knowledge": RawRequest(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400,), closes=True),
    "a TLS hello": RawRequest(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", (400,), closes=True),
    "a URL": RawRequest(b"GET http://elsewhere/healthz" + HEAD + END, (200,), closes=False),
    "a URL with a query": RawRequest(b"GET http://elsewhere/readyz?verbose" + HEAD + END, (500,), closes=False),
    "half an address": RawRequest(b"GET http://[::1/healthz" + HEAD + END, (400,), closes=True),
    "a way up": RawRequest(b"GET /readyz/../metrics" + HEAD + END, (404,), closes=False),
    "a dot segment": RawRequest(b"GET /./metrics" + HEAD + END, (404,), closes=False),
    "an encoded letter": RawRequest(b"GET /%6detrics" + HEAD + END, (200,), closes=False),
    "an encoded slash": RawRequest(b"GET /readyz%2fodd" + HEAD + END, (404,), closes=False),
    "an encoded check": RawRequest(b"GET /readyz/%6fdd" + HEAD + END, (500,), closes=False),
    "an encoded letter that is not ASCII": RawRequest(b"GET /readyz/%c3%a4" + HEAD + END, (200,), closes=False),
    "an encoded slash in a check": RawRequest(b"GET /readyz/a%2fb" + HEAD + END, (200,), closes=False),
    "a slash in a check": RawRequest(b"GET /readyz/a/b" + HEAD + END, (200,), closes=False),
    "an encoding that is none": RawRequest(b"GET /readyz/%zz" + HEAD + END, (404,), closes=False),
    "an encoded byte that is no text": RawRequest(b"GET /readyz/%ff" + HEAD + END, (404,), closes=False),
    "an encoded query": RawRequest(b"GET /readyz?verb%6fse" + HEAD + END, (500,), closes=False),
    "a fragment": RawRequest(b"GET /healthz#x" + HEAD + END, (400,), closes=True),
    "double slash": RawRequest(b"GET //healthz" + HEAD + END, (404,), closes=False),
    "trailing": RawRequest(b"GET /healthz/" + HEAD + END, (200,), closes=False),
    "metrics trailing": RawRequest(b"GET /metrics/" + HEAD + END, (404,), closes=False),
    "star": RawRequest(b"GET *" + HEAD + END, (400,), closes=True),
    "verbose": RawRequest(b"GET /readyz?verbose" + HEAD + END, (500,), closes=False),
    "verbose semi": RawRequest(b"GET /readyz?a;verbose" + HEAD + END, (500,), closes=False),
    "exclude multi": RawRequest(b"GET /readyz?exclude=odd,zz&exclude=&verbose=1" + HEAD + END, (200,), closes=False),
    "target long": RawRequest(b"GET /readyz?" + b"x" * 9000 + HEAD + END, (414,), closes=True),
    "header long": RawRequest(b"GET /healthz" + HEAD + b"X: " + b"x" * 9000 + b"\r\n\r\n", (431,), closes=True),
    "two ways to tell the length": RawRequest(
        b"GET /healthz" + HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        (400,),
        closes=True,
    ),
    "two lengths": RawRequest(
        b"GET /healthz" + HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", (400,), closes=True
    ),
    "the same length twice": RawRequest(
        b"GET /healthz" + HEAD + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\na", (400,), closes=True
    ),
    "a list of lengths": RawRequest(b"GET /healthz" + HEAD + b"Content-Length: 1, 1\r\n\r\na", (400,), closes=True),
    "a negative length": RawRequest(b"GET /healthz" + HEAD + b"Content-Length: -1\r\n\r\n", (400,), closes=True),
    "a length with a sign": RawRequest(b"GET /healthz" + HEAD + b"Content-Length: +1\r\n\r\na", (400,), closes=True),
    "a length that overflows": RawRequest(
        b"GET /healthz" + HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n", (400,), closes=True
    ),
    "an unknown coding": RawRequest(b"GET /healthz" + HEAD + b"Transfer-Encoding: gzip\r\n\r\n", (501,), closes=True),
    "a coding before chunks": RawRequest(
        b"GET /healthz" + HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", (501,), closes=True
    ),
    "the identity coding": RawRequest(
        b"GET /healthz" + HEAD + b"Transfer-Encoding: identity\r\n\r\n", (501,), closes=True
    ),
    "chunks in HTTP/1.0": RawRequest(
        b"GET /healthz HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", (400,), closes=True
    ),
    "bad chunks": RawRequest(b"GET /healthz" + HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", (400,), closes=True),
    "bare line feeds": RawRequest(b"GET /healthz HTTP/1.1\nHost: x\n\n", (400,), closes=True),
    "a bare line feed after a header": RawRequest(b"GET /healthz" + HEAD + b"X: a\nY: b\r\n\r\n", (400,), closes=True),
    "a bare carriage return in a header": RawRequest(
        b"GET /healthz" + HEAD + b"X: a\rY: b\r\n\r\n", (400,), closes=True
    ),
    "a zero byte in a value": RawRequest(b"GET /healthz" + HEAD + b"X: a\0b\r\n\r\n", (400,), closes=True),
    "a zero byte in a name": RawRequest(b"GET /healthz" + HEAD + b"X\0: b\r\n\r\n", (400,), closes=True),
    "a zero byte in the target": RawRequest(b"GET /heal\0thz" + HEAD + END, (400,), closes=True),
    "a space before the colon": RawRequest(b"GET /healthz" + HEAD + b"X : b\r\n\r\n", (400,), closes=True),
    "a folded header": RawRequest(b"GET /healthz" + HEAD + b"X: a\r\n b\r\n\r\n", (400,), closes=True),
    "empty name": RawRequest(b"GET /healthz" + HEAD + b": b\r\n\r\n", (400,), closes=True),
    "no colon": RawRequest(b"GET /healthz" + HEAD + b"Xb\r\n\r\n", (400,), closes=True),
    "raw bytes hdr": RawRequest(b"GET /healthz" + HEAD + b"X: \xff\xfe\r\n\r\n", (200,), closes=False),
    "raw bytes in the target": RawRequest(b"GET /readyz/\xff" + HEAD + END, (400,), closes=True),
    "two spaces": RawRequest(b"GET  /healthz" + HEAD + END, (400,), closes=True),
    "a tab": RawRequest(b"GET\t/healthz" + HEAD + END, (501,), closes=True),
    "line breaks before": RawRequest(b"\r\n\r\nGET /healthz" + HEAD + END, (200,), closes=False),
    "an expectation without a body": RawRequest(
        b"GET /healthz" + HEAD + b"Expect: 100-continue\r\n\r\n", (200,), closes=False
    ),
    "an expectation": RawRequest(
        b"POST /healthz" + HEAD + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc", (405,), closes=True
    ),
    "an unknown expectation": RawRequest(b"GET /healthz" + HEAD + b"Expect: miracles\r\n\r\n", (417,), closes=True),
    "an upgrade": RawRequest(
        b"GET /healthz" + HEAD + b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n", (200,), closes=True
    ),
    "a request after an upgrade": RawRequest(
        b"GET /healthz" + HEAD + b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\nGET /metrics" + HEAD + END,
        (200,),
        closes=True,
    ),
    "gzip": RawRequest(b"GET /metrics" + HEAD + b"Accept-Encoding: gzip\r\n\r\n", (200,), closes=False),
    "status": RawRequest(b"GET /status" + HEAD + END, (200,), closes=False),
    "garbage after a request": RawRequest(
        b"GET /healthz" + HEAD + END + b"\x00\x01garbage\r\n\r\n", (200, 400), closes=True
    ),
    "a request after the last one": RawRequest(
        b"GET /healthz" + HEAD + b"Connection: close\r\n" + END + b"GET /metrics" + HEAD + END, (200,), closes=True
    ),
    "a blank line": RawRequest(b"\r\n", (), closes=False),
    "a long method": RawRequest(b"X" * 9000 + b" /healthz" + HEAD + END, (501,), closes=True),
    "another method of a check": RawRequest(b"PUT /healthz/ping" + HEAD + END, (405,), closes=False),
    "another method of a failing check": RawRequest(b"PUT /readyz/odd" + HEAD + END, (405,), closes=False),
    "HEAD of a check": RawRequest(b"HEAD /readyz/odd" + HEAD + END, (500,), closes=False),
    "HTTP/1.2": RawRequest(b"GET /healthz HTTP/1.2\r\nHost: x\r\n\r\n", (400,), closes=True),
    "HTTP/2.0": RawRequest(b"GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n", (505,), closes=True),
    "a version with a letter": RawRequest(b"GET /healthz HTTP/1.1x\r\nHost: x\r\n\r\n", (400,), closes=True),
    "a version with three digits": RawRequest(b"GET /healthz HTTP/1.01\r\nHost: x\r\n\r\n", (400,), closes=True),
    "another protocol": RawRequest(b"GET /healthz HTPX/1.1\r\nHost: x\r\n\r\n", (400,), closes=True),
    "another protocol of the same version": RawRequest(b"GET /healthz RTSP/1.0\r\n\r\n", (400,), closes=True),
    "a bare carriage return before": RawRequest(b"\rGET /healthz" + HEAD + END, (400,), closes=True),
    "two tokens": RawRequest(
        b"GET /healthz" + HEAD + b"Authorization: a\r\nauthorization: b\r\n" + END, (400,), closes=True
    ),
    "an encoded path to metrics": RawRequest(b"GET /readyz/%2e%2e/metrics" + HEAD + END, (404,), closes=False),
    "an upgrade with a request as its body": RawRequest(
        b"POST /metrics"
        + HEAD
        + b"Connection: upgrade\r\nUpgrade: x\r\nContent-Length: 35\r\n\r\n"
        + b"GET /healthz"
        + HEAD
        + END,
        (405,),
        closes=True,
    ),
    "chunks without end": RawRequest(
        b"POST /metrics" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 2000, (413,), closes=True
    ),
    "chunk extensions without end": RawRequest(
        b"POST /metrics" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"x" * 5000, (413,), closes=True
    ),
    "trailers without end": RawRequest(
        b"POST /metrics" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"a: b\r\n" * 2000, (413,), closes=True
    ),
    "line breaks without end": RawRequest(b"\r\n" * 40000, (431,), closes=True),
    "a header line without end": RawRequest(b"GET /healthz" + HEAD + b"X: " + b"x" * 70000, (431,), closes=True),
    "129 headers": RawRequest(b"GET /healthz" + HEAD + b"a: b\r\n" * 128 + END, (431,), closes=True),
    "128 headers": RawRequest(b"GET /healthz" + HEAD + b"a: b\r\n" * 127 + END, (200,), closes=False),
}

_SNIPPETS = (
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"\r\n\r\n",
    b" ",
    b"\t",
    b":",
    b",",
    b";",
    b"#",
    b"?",
    b"%2e",
    b"%2f",
    b"/../",
    b"//",
    b"\xff",
    b"Content-Length: 3\r\n",
    b"Content-Length: 0\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: identity\r\n",
    b"0\r\n\r\n",
    b"Connection: close\r\n",
    b"Upgrade: x\r\nConnection: upgrade\r\n",
    b"Expect: 100-continue\r\n",
    b"http://a",
    b"Host: y\r\n",
    b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
)


def mutated(chance: random.Random) -> bytes:
    """Return one or two of the requests with bytes changed, inserted, removed and repeated."""
    raws = [each.raw[:3000] for each in REQUESTS.values()]
    raw = bytearray(chance.choice(raws) + (chance.choice(raws) if chance.random() < 0.4 else b""))
    for _ in range(chance.randint(0, 6)):
        at, kind = chance.randrange(len(raw) + 1), chance.random()
        if kind < 0.35 and at < len(raw):
            raw[at] = chance.randrange(256)
        elif kind < 0.6:
            raw[at:at] = chance.choice(_SNIPPETS)
        elif kind < 0.8:
            del raw[at : at + chance.randint(1, 8)]
        else:
            begin = chance.randrange(len(raw) + 1)
            raw[at:at] = raw[begin : begin + chance.randint(1, 60)]
    return bytes(raw)
