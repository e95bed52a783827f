"""The HTTP servers of the process, built from the options.

Owns which flag enables which routes, and their authorization. The caller passes in their content.
"""

import platform
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

from plugin_operator import logs
from plugin_operator.client.http.transport import Transport
from plugin_operator.clock import Clock
from plugin_operator.hosting.loading.revision_modules import PLUGIN_METRICS
from plugin_operator.manager import Runnable
from plugin_operator.metrics import Metrics
from plugin_operator.metrics.declaration import gauge
from plugin_operator.options import MetricsSecurity, Options
from plugin_operator.paths import fixed
from plugin_operator.serving.address import BindAddress
from plugin_operator.serving.checks import Probe
from plugin_operator.serving.routes import Scrape, Status, metrics_routes, probe_routes, status_routes
from plugin_operator.serving.server import HttpServer
from plugin_operator.tasks import TaskSupervisor

Render: TypeAlias = Callable[[str], Scrape | Awaitable[Scrape]]
"""Returns a scrape for an ``Accept`` header."""

_WAY_OUT = '; choose another with {}, or "0" for none'


BUILD_INFO = gauge(
    "plugin_operator_build_info", "1, with the version of the operator", "version", "python", merge="highest"
)

_log = logs.get_logger(__name__)


def make_metrics(version: str) -> Metrics:
    """Return the metrics registry of a process that runs plugins, whose own metrics it shows."""
    metrics = Metrics()
    metrics.family(BUILD_INFO).set(1, version, platform.python_version())
    metrics.show_plugins(PLUGIN_METRICS, _metrics_not_rendered)
    return metrics


def _metrics_not_rendered(error: BaseException) -> None:
    _log.error("Plugin metrics rendering failed", exc_info=error)


def metrics_server(
    options: Options, render: Render, transport: Transport, *, clock: Clock, supervisor: TaskSupervisor
) -> list[Runnable]:
    """Return the server of ``/metrics`` and the Runnables it needs, in start order; empty if it is off."""
    if options.metrics_address is None:
        return []
    if options.metrics_security is not None:
        return _secure(options.metrics_address, options.metrics_security, render, transport, clock, supervisor)
    return [_server(options.metrics_address, render)]


def probe_server(
    options: Options, probes: Sequence[Probe], status: Callable[[], Status | Awaitable[Status]]
) -> list[Runnable]:
    """Return the server of probes and ``/status``; empty if it is off."""
    if options.probe_address is None:
        return []
    way_out = _WAY_OUT.format("--health-probe-bind-address")
    routes = [*probe_routes(*probes), *status_routes(status)]
    return [HttpServer("probe server", options.probe_address, routes, way_out=way_out)]


def _secure(
    address: BindAddress,
    security: MetricsSecurity,
    render: Render,
    transport: Transport,
    clock: Clock,
    supervisor: TaskSupervisor,
) -> list[Runnable]:
    # Imported on demand: the certificate libraries take memory.
    from plugin_operator.serving.authorization import authorized
    from plugin_operator.serving.certificate import CertificateFiles, ServingCertificate
    from plugin_operator.serving.reviews import Reviews

    folder = fixed(security.certificate_dir) if security.certificate_dir else None
    files = CertificateFiles(folder / security.certificate_name, folder / security.key_name) if folder else None
    certificate = ServingCertificate(files, flag="--metrics-cert-path", clock=clock, supervisor=supervisor)
    guard = authorized(Reviews(transport, clock=clock))
    return [certificate, _server(address, render, tls=certificate.context, middlewares=[guard])]


def _server(address: BindAddress, render: Render, **guards: Any) -> HttpServer:
    way_out = _WAY_OUT.format("--metrics-addr")
    return HttpServer("metrics server", address, metrics_routes(render), way_out=way_out, **guards)
