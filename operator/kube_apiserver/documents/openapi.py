"""Responses at the OpenAPI paths: the index, the documents, their ETags and hashes."""

from datetime import timedelta
from email.utils import format_datetime

import http1
from kube_apiserver import codec, openapi
from kube_apiserver.clock import Clock
from kube_apiserver.registry import Registry
from kube_apiserver.wire.negotiation import media_ranges
from kube_apiserver.wire.response import Response

V2, V3 = "/openapi/v2", "/openapi/v3"
_TEXT = "text/plain; charset=utf-8"
_JSON = frozenset({"application/json", "application/*", "*/*"})
_PROTOBUF = "application/com.github.proto-openapi.spec.v3"
_YEAR = timedelta(days=365)


class OpenApiPaths:
    """Answers ``/openapi/v2``, ``/openapi/v3`` and the paths below."""

    def __init__(self, registry: Registry, clock: Clock) -> None:
        self._publisher = openapi.Publisher(registry)
        self._clock = clock

    async def answer(self, request: http1.Request, path: str) -> Response | None:
        """Return the document at ``path``, None if it is another path."""
        if path == V3:
            # kube-apiserver serves its index as a file without an extension, hence text/plain.
            return Response(codec.encode(await self._publisher.index()), media=_TEXT, compress=False)
        if path.startswith(f"{V3}/"):
            return await self._document(request, path.removeprefix(f"{V3}/"))
        return await self._version_two(request) if path == V2 else None

    async def _version_two(self, request: http1.Request) -> Response:
        if openapi.PROTOBUF in request.headers.get("Accept", ""):
            return Response(openapi.v2_without_definitions(), media=openapi.PROTOBUF_MEDIA)
        document = await self._publisher.version_two()
        headers = {"Etag": f'"{document.digest}"', "Vary": "Accept"}
        if _matches(request, headers["Etag"]):
            return Response(b"", 304, media="", headers=headers)
        return Response(await document.body(), headers=headers, ends_line=False)

    async def _document(self, request: http1.Request, name: str) -> Response:
        document = await self._publisher.find(name)
        if document is None:
            return Response(b"", 404, media="")
        if not _is_acceptable(request):
            return Response(b"", 406, media="", headers={"Vary": "Accept"})
        wanted = request.query.get("hash")
        headers = {"Etag": f'"{document.digest}"', "Vary": "Accept"}
        if wanted and wanted != document.digest:
            location = f"{V3}/{name}?hash={document.digest}"
            return Response(b"", 301, headers={**headers, "Location": location})
        if wanted:
            expires = format_datetime(self._clock.now() + _YEAR, usegmt=True)
            headers |= {"Cache-Control": "public, immutable", "Expires": expires}
        if _matches(request, headers["Etag"]):
            return Response(b"", 304, media="", headers=headers)
        return Response(await document.body(), headers=headers, compress=False, ends_line=False)


def _is_acceptable(request: http1.Request) -> bool:
    """Report whether the client accepts JSON. The protobuf form is not served, and its clients get JSON."""
    accept: str = request.headers.get("Accept", "*/*")
    return any(found.media in _JSON or found.media.startswith(_PROTOBUF) for found in media_ranges(accept or "*/*"))


def _matches(request: http1.Request, etag: str) -> bool:
    """Report whether the client has the document already, by its If-None-Match."""
    known = [one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")]
    return etag in known or known == ["*"]
