"""The HTTP servers of the process, built from the options.

Owns which flag enables which routes, and their authorization. The caller passes in their content.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from plugin_operator.client.http.transport import Transport
from plugin_operator.clock import Clock
from plugin_operator.manager import Runnable
from plugin_operator.metrics import Metrics
from plugin_operator.options import MetricsSecurity, Options
from plugin_operator.paths import fixed
from plugin_operator.serving.address import BindAddress
from plugin_operator.serving.checks import Probe
from plugin_operator.serving.routes import metrics_routes, probe_routes, status_routes
from plugin_operator.serving.server import HttpServer
from plugin_operator.tasks import TaskSupervisor

_WAY_OUT = '; choose another with {}, or "0" for none'


def metrics_server(
    options: Options, metrics: Metrics, transport: Transport, *, clock: Clock, supervisor: TaskSupervisor
) -> list[Runnable]:
    """Return the server of ``/metrics`` and the Runnables it needs, in start order; empty if it is off."""
    if options.metrics_address is None:
        return []
    if options.metrics_security is not None:
        return _secure(options.metrics_address, options.metrics_security, metrics, transport, clock, supervisor)
    return [_server(options.metrics_address, metrics)]


def probe_server(options: Options, probes: Sequence[Probe], status: Callable[[], Mapping[str, Any]]) -> list[Runnable]:
    """Return the server of probes and ``/status``; empty if it is off."""
    if options.probe_address is None:
        return []
    way_out = _WAY_OUT.format("--health-probe-bind-address")
    routes = [*probe_routes(*probes), *status_routes(status)]
    return [HttpServer("probe server", options.probe_address, routes, way_out=way_out)]


def _secure(
    address: BindAddress,
    security: MetricsSecurity,
    metrics: Metrics,
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
    return [certificate, _server(address, metrics, tls=certificate.context, middlewares=[guard])]


def _server(address: BindAddress, metrics: Metrics, **guards: Any) -> HttpServer:
    way_out = _WAY_OUT.format("--metrics-addr")
    return HttpServer("metrics server", address, metrics_routes(metrics.render), way_out=way_out, **guards)
