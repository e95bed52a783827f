"""OpenTelemetry traces, for whoever asks for them: a span for each reconcile, and below it one for each API call.

Owns the choice of what is exported and the spans of reconciles. Requests are traced by OpenTelemetry's own
instrumentation of aiohttp, which also hands the trace on to the API server (``traceparent``). Everything that has a
standard variable is set by it: ``OTEL_EXPORTER_OTLP_ENDPOINT``, ``OTEL_TRACES_SAMPLER``, ``OTEL_SERVICE_NAME``.
Imported only if tracing is on, because it needs the extra ``tracing`` and takes memory.
"""

import functools
import os
import socket
import threading
from collections.abc import Mapping
from typing import Protocol

import aiohttp
import structlog
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.aiohttp_client import create_trace_config
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter
from opentelemetry.trace import SpanKind, format_span_id, format_trace_id

from plugin_operator.controllers import Reconciler, Request, Result
from plugin_operator.errors import UsageError
from plugin_operator.threads import in_thread

_FLUSH_SECONDS = 3.0
_EXPORTERS = "OTEL_TRACES_EXPORTER"
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_PROTOCOL = "http/protobuf"


class Names(Protocol):
    """Who reconciles."""

    plugin: str
    revision: str
    controller: str


class Tracing:
    """A Runnable that makes spans, and exports what is left of them when it stops.

    Args:
        provider: where spans go; one that somebody else made is not shut down by them but by this.
    """

    name = "tracing"

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("plugin_operator")

    @classmethod
    def from_environment(cls, version: str, environ: Mapping[str, str] | None = None) -> "Tracing":
        """Return tracing as the variables of OpenTelemetry ask for it.

        A process that was started under OpenTelemetry's automatic instrumentation has a provider already: it is used.

        Raises:
            UsageError: a variable asks for an exporter or a protocol that is not there.
        """
        environment = os.environ if environ is None else environ
        existing = trace.get_tracer_provider()
        if isinstance(existing, TracerProvider):
            return cls(existing)
        named = {"service.version": version, "service.instance.id": socket.gethostname()}
        if "OTEL_SERVICE_NAME" not in environment:
            named["service.name"] = "plugin-operator"
        provider = TracerProvider(resource=Resource.create(named))
        exporter = _exporter(environment)
        if exporter is not None:
            provider.add_span_processor(BatchSpanProcessor(exporter))
        return cls(provider)

    def of_requests(self) -> aiohttp.TraceConfig:
        """Return what a session of aiohttp needs to make a span of each request, until its answer begins."""
        return create_trace_config(tracer_provider=self._provider)

    def of_reconciles(self, names: Names, reconcile: Reconciler) -> Reconciler:
        """Return ``reconcile`` with a span around it, whose ids all log lines below it carry."""
        span_name = f"reconcile {names.controller}"
        constant = {f"plugin_operator.{each}": getattr(names, each) for each in ("plugin", "revision", "controller")}
        start = functools.partial(self._tracer.start_as_current_span, span_name, kind=SpanKind.CONSUMER)

        async def traced(request: Request) -> Result | None:
            about = {"k8s.namespace.name": request.namespace, "plugin_operator.request.name": request.name}
            with start(attributes={**constant, **about}) as span:
                ids = span.get_span_context()
                with structlog.contextvars.bound_contextvars(
                    trace_id=format_trace_id(ids.trace_id), span_id=format_span_id(ids.span_id)
                ):
                    result = await reconcile(request)
                span.set_attribute("plugin_operator.result", _word(result))
                return result

        return traced

    async def start(self) -> None:
        """Nothing to do: spans are exported by a thread of OpenTelemetry's as they come."""

    async def stop(self, deadline_seconds: float) -> None:
        """Export what is left; what a collector does not take in a few seconds is lost."""
        # A daemon, for OpenTelemetry tries again for longer than a stop should take.
        flushing = threading.Thread(target=self._provider.shutdown, name="flush traces", daemon=True)
        flushing.start()
        await in_thread(flushing.join, min(deadline_seconds, _FLUSH_SECONDS))


def _word(result: Result | None) -> str:
    if result is None:
        return "success"
    return "requeue_after" if result.requeue_after else "requeue" if result.requeue else "success"


def _exporter(environment: Mapping[str, str]) -> SpanExporter | None:
    wanted = environment.get(_EXPORTERS, "otlp")
    if wanted == "none":
        return None
    if wanted == "console":
        return ConsoleSpanExporter()
    if wanted != "otlp":
        raise UsageError(f"{_EXPORTERS}={wanted} is not supported: use otlp, console or none")
    for variable in _PROTOCOLS:
        if environment.get(variable, _PROTOCOL) != _PROTOCOL:
            raise UsageError(f"{variable}={environment[variable]} is not supported: use {_PROTOCOL}, or unset it")
    return OTLPSpanExporter()
