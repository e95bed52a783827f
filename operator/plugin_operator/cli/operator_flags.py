"""The flags of the commands ``run`` and ``sandbox``, and their conversion to ``Options``."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from plugin_operator.cli.parameters import (
    Address,
    Duration,
    ExistingPath,
    KeyFile,
    Namespaces,
    PluginsDir,
    Processes,
    apply,
    boolean_flag,
    flag,
)
from plugin_operator.errors import UsageError
from plugin_operator.options import MAX_PROCESSES, LeaderElectionOptions, MetricsSecurity, Options

_Command = TypeVar("_Command", bound=Callable[..., Any])
_DURATION = Duration()
_LEADER = "leader_"

signature_key = flag(
    "--plugins-signature-key", to="plugins_signature_key", type=KeyFile(), metavar="FILE",
    help='Ed25519 public key; only directories signed with it ("plugin-operator sign") load. Default: all load.',
)  # fmt: skip

validate_timeout = flag(
    "--validate-timeout", to="validate_timeout_seconds", type=_DURATION, default="10s", show_default=True,
    help="How long the trial import of a plugin may take.",
)  # fmt: skip


def plugins_dir_flags(directory: PluginsDir) -> Callable[[_Command], _Command]:
    """Return the flags of the plugins directory and the key of its signature."""
    return apply(
        flag(
            "--plugins-dir", to="plugins_dir", type=directory, default="./plugins", show_default=True,
            help="Directory of the plugin files.",
        ),
        signature_key,
    )  # fmt: skip


plugins_dir = plugins_dir_flags(PluginsDir())

cluster_flags = apply(
    flag(
        "--kubeconfig", to="kubeconfig", type=ExistingPath(dir_okay=False),
        help="Kubeconfig file. Default: $KUBECONFIG, the pod's service account, ~/.kube/config.",
    ),
    flag("--context", to="context", help="Context in the kubeconfig. Default: its current one."),
)  # fmt: skip

search_namespaces = click.option(
    "--in-namespace", "namespaces", type=Namespaces(), default="", metavar="NAME[,NAME]",
    help="Look in these namespaces only. Default: all.",
)  # fmt: skip

work_flags = apply(
    flag(
        "--processes", to="processes", type=Processes(), default=1, show_default=True,
        metavar="NUMBER",
        help=f"How many worker processes share the objects of sharded controllers; at most {MAX_PROCESSES}.",
    ),
    flag(
        "--watch-namespace", "--namespace", to="namespaces", type=Namespaces(), default="",
        extra_environment=("WATCH_NAMESPACE",),
        metavar="NAME[,NAME]", help="Watch these namespaces only. Default: all.",
    ),
    validate_timeout,
    flag(
        "--drain-timeout", to="drain_timeout_seconds", type=_DURATION, default="10s", show_default=True,
        help="How long reconciles of replaced code may run before they are cancelled.",
    ),
    flag(
        "--scan-interval", to="scan_interval_seconds", type=_DURATION, default="5s", show_default=True,
        help="How often the plugins directory is read even if nothing hints at a change.",
    ),
    flag(
        "--stall-threshold", to="stall_threshold_seconds", type=_DURATION, default="1s", show_default=True,
        help='Report code that blocks the event loop for longer; "0" for never.',
    ),
    flag(
        "--connect-timeout", to="connect_timeout_seconds", type=_DURATION, default="10s", show_default=True,
        help="How long a start waits for the API server's first answer.",
    ),
    boolean_flag(
        "--enable-tracing", to="tracing", default=False,
        help="Trace reconciles and API calls with OpenTelemetry, whose OTEL_* variables say where to.",
    ),
)  # fmt: skip

apply_crds = boolean_flag(
    "--apply-crds", to="apply_crds", default=False,
    help="Install the CRDs of the plugins' classes, and update them as far as live objects allow it.",
)  # fmt: skip

log_flags = apply(
    flag(
        "--log-level", to="log_level", type=click.Choice(["debug", "info", "warning", "error"], case_sensitive=False),
        default="info", show_default=True, help="Lowest level that is logged.",
    ),
    flag(
        "--log-format", to="log_format", type=click.Choice(["auto", "json", "console"]), default="auto",
        show_default=True, help="auto: colours at a terminal, JSON elsewhere.",
    ),
)  # fmt: skip

leader_flags = apply(
    boolean_flag(
        "--enable-leader-election", "--leader-elect", to="leader_enabled", default=False,
        help="Work only while holding a Lease, so that of several replicas one works.",
    ),
    flag(
        "--leader-elect-lease-duration", to="leader_lease_duration_seconds", type=_DURATION, default="15s",
        show_default=True, help="How long standbys wait after the last renewal they saw.",
    ),
    flag(
        "--leader-elect-renew-deadline", to="leader_renew_deadline_seconds", type=_DURATION, default="10s",
        show_default=True, help="How long the leader tries to renew before it gives up.",
    ),
    flag(
        "--leader-elect-retry-period", to="leader_retry_period_seconds", type=_DURATION, default="2s",
        show_default=True, help="Time between two tries.",
    ),
    flag(
        "--leader-elect-resource-name", to="leader_resource_name", default="plugin-operator-leader-election",
        show_default=True, help="Name of the Lease.",
    ),
    flag(
        "--leader-elect-resource-namespace", to="leader_resource_namespace",
        help="Namespace of the Lease. Default: the pod's own, or the kubeconfig context's.",
    ),
    boolean_flag(
        "--shard-replicas", to="shard_replicas", default=False,
        help="Let all replicas work, each on its part of the objects of sharded controllers; needs --leader-elect.",
    ),
)  # fmt: skip


_security_flags = apply(
    boolean_flag(
        "--metrics-secure", to="metrics_secure", default=False,
        help="Serve metrics over TLS, to those whose token the API server allows to read them.",
    ),
    flag(
        "--metrics-cert-path", to="metrics_cert_dir", type=click.Path(path_type=Path),
        help="Directory of the certificate. Default: a self-signed one is generated.",
    ),
    flag(
        "--metrics-cert-name", to="metrics_cert_name", default="tls.crt", show_default=True,
        help="Name of the certificate's file.",
    ),
    flag("--metrics-cert-key", to="metrics_cert_key", default="tls.key", show_default=True, help="Its key file."),
)  # fmt: skip


def shutdown_flag(default: str) -> Callable[[_Command], _Command]:
    """Return the flag ``--shutdown-grace-period`` with the given default."""
    return flag(
        "--shutdown-grace-period", to="shutdown_grace_period_seconds", type=_DURATION, default=default,
        show_default=True, help="How long a stop may take before the process ends with status 1.",
    )  # fmt: skip


def address_flags(metrics: str | None, probes: str | None, default_text: str) -> Callable[[_Command], _Command]:
    """Return the flags of the two HTTP servers; ``default_text`` describes a default that is not a constant."""
    return apply(
        flag(
            "--metrics-addr", "--metrics-bind-address", to="metrics_address", type=Address(), default=metrics,
            help=f'Where /metrics is served; "0" for off. Default: {metrics or default_text}.',
        ),
        flag(
            "--health-probe-bind-address", to="probe_address", type=Address(), default=probes,
            help=f'Where /healthz, /readyz and /status are served; "0" for off. Default: {probes or default_text}.',
        ),
        _security_flags,
    )  # fmt: skip


def options_from(settings: dict[str, Any]) -> Options:
    """Return the options for the values of the flags.

    Raises:
        UsageError: two settings contradict each other.
    """
    leader = {name.removeprefix(_LEADER): value for name, value in settings.items() if name.startswith(_LEADER)}
    others = {name: value for name, value in settings.items() if not name.startswith(_LEADER)}
    security = _security(others)
    return Options(leader_election=LeaderElectionOptions(**leader), metrics_security=security, **others)


def _security(settings: dict[str, Any]) -> MetricsSecurity | None:
    """Remove the flags of secure metrics from ``settings`` and return their options."""
    wanted = settings.pop("metrics_secure", False)
    directory = settings.pop("metrics_cert_dir", None)
    names = settings.pop("metrics_cert_name", "tls.crt"), settings.pop("metrics_cert_key", "tls.key")
    if directory is not None and not wanted:
        raise UsageError("--metrics-cert-path needs --metrics-secure: without it, metrics are served without TLS")
    return MetricsSecurity(certificate_dir=directory, certificate_name=names[0], key_name=names[1]) if wanted else None
