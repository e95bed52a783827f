"""The HTTP routes of probes, metrics and status.

Owns paths, status codes and headers. ``checks`` renders reports; callables supply metrics and status.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from aiohttp import web
from prometheus_client.exposition import choose_encoder

from plugin_operator.serving.checks import Probe, report
from plugin_operator.serving.pacing import PacedPage

_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


def probe_routes(*probes: Probe) -> list[web.RouteDef]:
    """Return the routes ``/<probe>`` and ``/<probe>/<check>`` of each probe."""
    routes = []
    for probe in probes:
        routes += [
            web.get(f"/{probe.name}", _summary(probe)),
            web.get(f"/{probe.name}/", _summary(probe)),
            web.get(f"/{probe.name}/{{check:.+}}", _single(probe)),
        ]
    return routes


def metrics_routes(render: Callable[[str], tuple[str, bytes]]) -> list[web.RouteDef]:
    """Return the route ``/metrics``; ``render`` maps the Accept header to content type and body."""
    page = PacedPage[tuple[str, bytes]]()

    async def metrics(request: web.Request) -> web.Response:
        form, accept = _form_of(request.headers.get("Accept", ""))
        content_type, body = await page.get(form, lambda: render(accept))
        return web.Response(body=body, headers={**_HEADERS, "Content-Type": content_type})

    return [web.get("/metrics", metrics)]


def _form_of(accept: str) -> tuple[str, str]:
    """Return the format for an Accept header, and the header; many headers select one of a few formats."""
    try:
        return choose_encoder(accept)[1], accept
    except Exception:  # noqa: BLE001 - the library raises on malformed headers
        return "", ""


def status_routes(status: Callable[[], Mapping[str, Any]]) -> list[web.RouteDef]:
    """Return the route ``/status``, which encodes the result of ``status`` as JSON."""
    page = PacedPage[bytes]()

    async def answer(request: web.Request) -> web.Response:
        del request
        body = await page.get("json", lambda: _json(status()))
        return web.Response(body=body, headers=_HEADERS, content_type="application/json")

    return [web.get("/status", answer)]


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


def _summary(probe: Probe) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def summary(request: web.Request) -> web.Response:
        exclude = {name for value in request.query.getall("exclude", []) for name in value.split(",") if name}
        outcomes = await probe.run_all(exclude)
        failed = any(outcome.reason for outcome in outcomes)
        if not failed and "verbose" not in request.query:
            return _text(200, "ok")
        return _text(500 if failed else 200, report(probe.name, outcomes, exclude - probe.checks.keys()))

    return summary


def _single(probe: Probe) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def single(request: web.Request) -> web.Response:
        name = request.match_info["check"]
        if name not in probe.checks:
            return _text(200, "ok") if name == "ping" and not probe.checks else _text(404, "404 page not found\n")
        outcome = await probe.run(name)
        return _text(500, f"internal server error: {outcome.reason}\n") if outcome.reason else _text(200, "ok")

    return single


def _text(status: int, text: str) -> web.Response:
    return web.Response(status=status, body=_bytes(text), headers=_HEADERS, content_type="text/plain", charset="utf-8")
