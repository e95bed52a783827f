"""Non-streaming responses: YAML, gzip and Warning headers."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import yaml
from aiohttp import web
from multidict import CIMultiDict

from kube_apiserver import codec
from kube_apiserver.threads import in_thread
from kube_apiserver.wire.status_error import StatusError

# kube-apiserver's threshold and level. Smaller bodies cost more to compress than they save.
_GZIP_FROM_BYTES = 128 * 1024
_GZIP_LEVEL = 1
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class Response:
    """A non-streaming response.

    Attributes:
        warnings: texts for ``Warning`` headers, which kubectl prints.
    """

    body: bytes = field(repr=False)
    status: int = 200
    media: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    warnings: Sequence[str] = ()


def warning_header(text: str) -> str:
    """Return a ``Warning`` header as in RFC 7234. Characters that a header cannot contain are dropped."""
    printable = "".join(mark for mark in text.replace("\n", " ") if mark.isprintable())
    quoted = printable.replace("\\", "\\\\").replace('"', '\\"')
    return f'299 - "{quoted}"'


def failed(failure: StatusError) -> Response:
    """Return the response for a StatusError."""
    return Response(codec.encode(failure.body()), failure.code, headers=failure.headers)


async def respond(request: web.BaseRequest, reply: Response) -> web.Response:
    """Return the aiohttp response. Large bodies are compressed in a thread, if the client accepts gzip."""
    headers = CIMultiDict({"Cache-Control": "no-cache, private", **reply.headers})
    if reply.media:
        headers["Content-Type"] = reply.media
    for text in reply.warnings:
        headers.add("Warning", warning_header(text))
    body = reply.body
    if reply.media == "application/yaml":
        body = yaml.safe_dump(codec.decode(body), sort_keys=True, allow_unicode=True).encode()
    if len(body) > _GZIP_FROM_BYTES and "gzip" in request.headers.get("Accept-Encoding", ""):
        body = await in_thread(_gzip, body)
        headers["Content-Encoding"] = "gzip"
        headers["Vary"] = "Accept-Encoding"
    return web.Response(body=body, status=reply.status, headers=headers)


def _gzip(body: bytes) -> bytes:
    compressor = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
    return compressor.compress(body) + compressor.flush()
