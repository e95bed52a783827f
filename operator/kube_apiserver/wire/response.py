"""Non-streaming responses: YAML, gzip and Warning headers."""

import zlib
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from multidict import CIMultiDict

import http1
from kube_apiserver import codec, protobuf
from kube_apiserver.threads import in_thread, off_loop
from kube_apiserver.wire.negotiation import PROTOBUF, YAML, negotiate
from kube_apiserver.wire.status_error import StatusError

# kube-apiserver's threshold and level. Smaller bodies cost more to compress than they save.
_GZIP_FROM_BYTES = 128 * 1024
_GZIP_LEVEL = 1
# PyYAML writes about 100 KB a second, and the encoder of protobuf some 20 MB.
_LONG_BYTES = {YAML: 2048, PROTOBUF: 16 * 1024}
_GZIP_WINDOW = 16 + zlib.MAX_WBITS

# Characters of all warnings before they are cut, and of each one then.
_MOST_WARNED = 4096
_MOST_OF_ONE = 256
_NO_HEADERS: Mapping[str, str] = {}


class Response(msgspec.Struct, frozen=True):
    """A non-streaming response.

    Attributes:
        body: JSON, if it is to be sent as ``media`` of an object; else what is sent.
        media: the content type. A body of JSON is turned into YAML or protobuf.
        warnings: texts for ``Warning`` headers, which kubectl prints.
        compress: whether a large body may be compressed.
        ends_line: whether a JSON body gets the line feed with which Go's encoder ends it.
    """

    body: bytes
    status: int = 200
    media: str = "application/json"
    headers: Mapping[str, str] = _NO_HEADERS
    warnings: Sequence[str] = ()
    compress: bool = True
    ends_line: bool = True

    def __repr__(self) -> str:
        """Show no body, which may have secrets."""
        return f"Response(status={self.status}, media={self.media!r})"


def warning_header(text: str) -> str:
    """Return a ``Warning`` header as in RFC 7234. Characters that a header cannot contain are dropped."""
    printable = "".join(mark for mark in text.replace("\n", " ") if mark.isprintable())
    quoted = printable.replace("\\", "\\\\").replace('"', '\\"')
    return f'299 - "{quoted}"'


def warning_headers(texts: Iterable[str]) -> list[str]:
    """Return the ``Warning`` headers for texts, each once.

    As in kube-apiserver, long warnings are cut if all together are long, and the last ones are dropped.
    """
    found = list(dict.fromkeys(text for text in texts if text))
    if sum(map(len, found)) > _MOST_WARNED:
        found, every = [], found
        written = 0
        for text in every:
            if written >= _MOST_WARNED:
                break
            found.append(text[:_MOST_OF_ONE])
            written += len(found[-1])
    return [warning_header(text) for text in found]


def failed(failure: StatusError, accept: str = "") -> Response:
    """Return the response for a StatusError to a client with this Accept header."""
    body = codec.encode(failure.body())
    try:
        media = negotiate(accept, transforms=False).media
    except StatusError:
        # Like kube-apiserver, it answers with JSON that no encoder was chosen for.
        return Response(body, failure.code, headers=failure.headers, ends_line=False)
    return Response(body, failure.code, media, headers=failure.headers)


async def respond(request: http1.Request, reply: Response) -> http1.Response:
    """Return the response as bytes. Large bodies are compressed in a thread, if the client accepts gzip.

    Raises:
        ProtobufError: the body has a value that is not of its type.
    """
    headers = CIMultiDict({"Cache-Control": "no-cache, private", **reply.headers})
    if reply.media:
        headers["Content-Type"] = reply.media
    for header in warning_headers(reply.warnings):
        headers.add("Warning", header)
    body = reply.body
    if encode := _ENCODERS.get(reply.media):
        body = await off_loop(len(body) > _LONG_BYTES[reply.media], encode, body)
    elif reply.ends_line and reply.media.startswith("application/json") and body:
        body += b"\n"
    if reply.compress and len(body) > _GZIP_FROM_BYTES and "gzip" in request.headers.get("Accept-Encoding", ""):
        body = await in_thread(_gzip, body)
        headers["Content-Encoding"] = "gzip"
        headers.add("Vary", "Accept-Encoding")
    return http1.Response(reply.status, body, headers)


def _as_yaml(body: bytes) -> bytes:
    import yaml  # on demand, because few clients ask for YAML

    return yaml.safe_dump(codec.decode(body), sort_keys=True, allow_unicode=True).encode()


def _as_protobuf(body: bytes) -> bytes:
    return protobuf.encode(codec.decode(body))


_ENCODERS = {YAML: _as_yaml, PROTOBUF: _as_protobuf}


def _gzip(body: bytes) -> bytes:
    compressor = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
    return compressor.compress(body) + compressor.flush()
