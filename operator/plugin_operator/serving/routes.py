"""The HTTP routes of probes, metrics and status.

Owns paths, status codes and headers. ``checks`` renders reports; callables supply metrics and status.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

import msgspec
from prometheus_client.exposition import choose_encoder

from plugin_operator.serving.checks import Probe, report
from plugin_operator.serving.http.request import Request
from plugin_operator.serving.http.response import Response
from plugin_operator.serving.http.route import Handler, Route
from plugin_operator.serving.pacing import PacedPage

Scrape: TypeAlias = tuple[str, bytes]
"""Content type and body."""

Status: TypeAlias = Mapping[str, Any]
"""What JSON can express."""


def probe_routes(*probes: Probe) -> list[Route]:
    """Return the routes ``/<probe>`` and ``/<probe>/<check>`` of each probe."""
    routes = []
    for probe in probes:
        routes += [
            Route(f"/{probe.name}", _summary(probe)),
            Route(f"/{probe.name}/", _summary(probe)),
            Route(f"/{probe.name}/*", _single(probe)),
        ]
    return routes


def metrics_routes(render: Callable[[str], Scrape | Awaitable[Scrape]]) -> list[Route]:
    """Return the route ``/metrics``; ``render`` maps the Accept header to content type and body."""
    page = PacedPage[Scrape]()

    async def metrics(request: Request) -> Response:
        form, accept = _form_of(request.headers.get("accept", ""))
        content_type, body = await page.get(form, lambda: render(accept))
        return Response(200, body, content_type)

    return [Route("/metrics", metrics)]


def _form_of(accept: str) -> tuple[str, str]:
    """Return the format for an Accept header, and the header; many headers select one of a few formats."""
    try:
        return choose_encoder(accept)[1], accept
    except Exception:  # noqa: BLE001 - the library raises on malformed headers
        return "", ""


def status_routes(status: Callable[[], Status | Awaitable[Status]]) -> list[Route]:
    """Return the route ``/status``, which encodes the result of ``status`` as JSON."""
    page = PacedPage[bytes]()

    def render() -> bytes | Awaitable[bytes]:
        found = status()
        return _json_later(found) if isinstance(found, Awaitable) else _json(found)

    async def answer(request: Request) -> Response:
        del request
        body = await page.get("json", render)
        return Response(200, body, "application/json")

    return [Route("/status", answer)]


async def _json_later(status: Awaitable[Status]) -> bytes:
    return _json(await status)


def _json(value: Any) -> bytes:
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return msgspec.json.encode(_encodable(value))


def _encodable(value: Any) -> Any:
    """Return ``value`` with undecodable bytes of file names escaped."""
    if isinstance(value, str):
        return _bytes(value).decode()
    if isinstance(value, Mapping):
        return {_encodable(key): _encodable(each) for key, each in value.items()}
    return [_encodable(each) for each in value] if isinstance(value, list | tuple) else value


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def _summary(probe: Probe) -> Handler:
    async def summary(request: Request) -> Response:
        query = parse_qsl(request.query, keep_blank_values=True)
        exclude = {name for key, value in query if key == "exclude" for name in value.split(",") if name}
        outcomes = await probe.run_all(exclude)
        failed = any(outcome.reason for outcome in outcomes)
        if not failed and all(key != "verbose" for key, _ in query):
            return _text(200, "ok")
        return _text(500 if failed else 200, report(probe.name, outcomes, exclude - probe.checks.keys()))

    return summary


def _single(probe: Probe) -> Handler:
    async def single(request: Request) -> Response:
        name = request.tail
        if name not in probe.checks:
            return _text(200, "ok") if name == "ping" and not probe.checks else _text(404, "404 page not found\n")
        outcome = await probe.run(name)
        return _text(500, f"internal server error: {outcome.reason}\n") if outcome.reason else _text(200, "ok")

    return single


def _text(status: int, text: str) -> Response:
    return Response(status, _bytes(text))
