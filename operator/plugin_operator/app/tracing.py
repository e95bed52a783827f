"""Optional OpenTelemetry traces: a span per reconcile with a child span per API call.

Owns the exporter and the spans of reconciles. OpenTelemetry's instrumentation of aiohttp traces requests and propagates
the trace to the API server (``traceparent``). Standard variables configure it, such as ``OTEL_EXPORTER_OTLP_ENDPOINT``,
``OTEL_TRACES_SAMPLER`` and ``OTEL_SERVICE_NAME``. The module is imported only if tracing is on, because it needs the
extra ``tracing`` and takes memory.
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
    """Names of the plugin, revision and controller of a span."""

    plugin: str
    revision: str
    controller: str


class Tracing:
    """Runnable that creates spans, and exports the remaining ones when it stops.

    Args:
        provider: receives the spans; ``stop`` shuts it down, even if other code created it.
    """

    name = "tracing"

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("plugin_operator")

    @classmethod
    def from_environment(cls, version: str, environ: Mapping[str, str] | None = None) -> "Tracing":
        """Return tracing configured by OpenTelemetry's environment variables.

        It reuses the provider of OpenTelemetry's automatic instrumentation if the process runs under it.

        Raises:
            UsageError: a variable selects an exporter or protocol that is not supported.
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
        """Return an aiohttp trace configuration that creates a span per request, until its response headers."""
        return create_trace_config(tracer_provider=self._provider)

    def of_reconciles(self, names: Names, reconcile: Reconciler) -> Reconciler:
        """Return ``reconcile`` wrapped in a span; log lines inside carry the ids of trace and span."""
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
        """Do nothing: a thread of OpenTelemetry exports spans."""

    async def stop(self, deadline_seconds: float) -> None:
        """Export the remaining spans; those that the collector does not accept within seconds are lost."""
        # A daemon thread, because OpenTelemetry retries for longer than a stop may take.
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
