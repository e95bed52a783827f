"""``--enable-tracing``: a collector is sent spans of reconciles and of the API calls below them."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.acceptance.cluster import Cluster
from tests.acceptance.conftest import Run, StartOperator

DEADLINE_SECONDS = 60
PLUGIN = """
from plugin_operator import TerminalError, controller

@controller(for_="v1/ConfigMap", name="writer")
async def writer(ctx, request):
    if request.name == "bad":
        raise TerminalError("as asked")
    if request.name == "good":
        await ctx.client.patch("v1/ConfigMap", request.name, {"data": {"seen": "yes"}}, request.namespace)
        ctx.log.info("Written")
"""
SOON = {"OTEL_BSP_SCHEDULE_DELAY": "100"}


class Collector:
    """Takes what an OTLP exporter sends over HTTP."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.resources: list[dict[str, str]] = []
        self._spans: list[Span] = []
        self._news = threading.Condition()

    def take(self, body: bytes) -> None:
        sent = ExportTraceServiceRequest.FromString(body)
        with self._news:
            for group in sent.resource_spans:
                self.resources.append({each.key: each.value.string_value for each in group.resource.attributes})
                self._spans += [span for scope in group.scope_spans for span in scope.spans]
            self._news.notify_all()

    def wait_for(self, *conditions: Callable[[Span], bool]) -> list[Span]:
        """Return, for each condition, a span that meets it."""
        with self._news:
            assert self._news.wait_for(lambda: None not in self._first(conditions), DEADLINE_SECONDS), self._spans
            return [span for span in self._first(conditions) if span is not None]

    def _first(self, conditions: tuple[Callable[[Span], bool], ...]) -> list[Span | None]:
        return [next(filter(condition, self._spans), None) for condition in conditions]


def about(span: Span) -> dict[str, str]:
    return {each.key.rpartition(".")[2]: each.value.string_value for each in span.attributes}


@pytest.fixture
def collector() -> Iterator[Collector]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers["Content-Encoding"] is None and self.path == "/v1/traces":
                made.take(body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Collector(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    thread.join(DEADLINE_SECONDS)
    server.server_close()


def reconciled(name: str) -> Callable[[Span], bool]:
    return lambda span: span.name == "reconcile writer" and about(span)["name"] == name


def test_reconciles_and_their_api_calls_are_traced_and_named_in_the_log(
    collector: Collector, operator: StartOperator, cluster: Cluster, plugins: Path
) -> None:
    (plugins / "writer.py").write_text(PLUGIN)
    cluster.kubectl("create", "configmap", "good")
    cluster.kubectl("create", "configmap", "bad")
    running = operator("--enable-tracing", log_format="json", OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, **SOON)
    line = json.loads(running.wait_for('"event":"Written"'))

    def is_the_one_that_wrote(span: Span) -> bool:
        return reconciled("good")(span) and span.trace_id.hex() == line["trace_id"]

    def is_its_write(span: Span) -> bool:
        return span.name.startswith("PATCH") and span.trace_id.hex() == line["trace_id"]

    good, write, bad = collector.wait_for(is_the_one_that_wrote, is_its_write, reconciled("bad"))
    assert (write.parent_span_id, line["span_id"]) == (good.span_id, good.span_id.hex())
    assert about(good).items() >= {"plugin": "writer", "controller": "writer", "result": "success"}.items()
    assert bad.status.code == Status.StatusCode.STATUS_CODE_ERROR
    assert collector.resources[0]["service.name"] == "plugin-operator"


def test_without_the_extra_the_way_to_it_is_named(run: Run, plugins: Path, kubeconfig: Path, tmp_path: Path) -> None:
    # An empty package in front of the real one: what a machine without OpenTelemetry has.
    (tmp_path / "opentelemetry").mkdir()
    (tmp_path / "opentelemetry" / "__init__.py").touch()
    ended = run(
        "run", "--kubeconfig", kubeconfig, "--plugins-dir", plugins, "--enable-tracing", PYTHONPATH=str(tmp_path)
    )

    assert ended.returncode == 2
    assert "pip install 'plugin-operator[tracing]'" in ended.stderr


@pytest.mark.parametrize(
    ("variable", "value", "way_out"),
    [
        ("OTEL_TRACES_EXPORTER", "zipkin", "otlp, console or none"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "http/protobuf"),
    ],
)
def test_an_exporter_that_is_not_there_is_refused_by_name(
    run: Run, plugins: Path, kubeconfig: Path, variable: str, value: str, way_out: str
) -> None:
    arguments = ("run", "--kubeconfig", kubeconfig, "--plugins-dir", plugins, "--enable-tracing")
    ended = run(*arguments, **{variable: value})

    assert ended.returncode == 2
    assert f"{variable}={value}" in ended.stderr
    assert way_out in ended.stderr


def test_a_collector_that_is_away_delays_neither_work_nor_the_stop(
    operator: StartOperator, cluster: Cluster, plugins: Path, free_port: int
) -> None:
    (plugins / "writer.py").write_text(PLUGIN)
    cluster.kubectl("create", "configmap", "good")
    nobody = f"http://127.0.0.1:{free_port}"
    running = operator("--enable-tracing", log_format="json", OTEL_EXPORTER_OTLP_ENDPOINT=nobody, **SOON)
    running.wait_for('"event":"Written"')
    running.process.terminate()

    assert running.end() == 0, running.text  # it is 1 past the grace period
