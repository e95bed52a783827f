"""The settings of one operator process.

Owns their names, defaults and validation. Leaves reading flags and environment to ``cli``. Only ``app`` and above see
``Options``; other components take plain arguments.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from plugin_operator.errors import UsageError
from plugin_operator.kube import is_label, is_path_segment, is_subdomain
from plugin_operator.serving.address import BindAddress

LogFormat = Literal["auto", "json", "console"]

# client-go's leaderelection.JitterFactor: the retry period times this must be shorter than the renew deadline.
_RETRY_JITTER_FACTOR = 1.2

_METRICS_ADDRESS = BindAddress("", 8080)
_PROBE_ADDRESS = BindAddress("", 8081)

_UNIT_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_MAX_ROLE_NAME = 253
_PLAIN_SECONDS = re.compile(r"\d+(?:\.\d*)?|\.\d+", re.ASCII)
#: Of a duration in Go, whose nanoseconds have 64 bits: 292 years.
_MAX_HOURS = 2_562_047
_MAX_LEASE_SECONDS = 2**31 - 1
#: More only share the cores of one pod; an operator that needs more needs more pods.
MAX_PROCESSES = 64


def parse_duration(text: str) -> float:
    """Return the seconds of a Go duration (``15s``, ``1m30s``, ``500ms``) or of a plain number.

    Raises:
        ValueError: the text is neither, is negative, or is longer than a duration of Go may be.
    """
    text = text.strip()
    seconds = _seconds(text)
    if seconds > _MAX_HOURS * _UNIT_SECONDS["h"]:
        raise ValueError(f'"{text}" is too long: write at most {_MAX_HOURS}h')
    return seconds


def _seconds(text: str) -> float:
    if _PLAIN_SECONDS.fullmatch(text):
        return float(text)
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f'"{text}" is not a duration: write for example 15s, 1m30s, 500ms or plain seconds')
    return sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts)


def parse_namespaces(text: str) -> tuple[str, ...]:
    """Return the names of a comma-separated list without duplicates; an empty text means all namespaces.

    Raises:
        ValueError: a name is invalid, or a text that is not empty, such as ",", contains no name.
    """
    names = tuple(dict.fromkeys(name for part in text.split(",") if (name := part.strip())))
    if text and not names:
        raise ValueError(f'"{text}" contains no namespace: leave it empty for all namespaces')
    for name in names:
        try:
            check_namespace(name)
        except ValueError as error:
            raise ValueError(f"{error}; separate several with commas") from error
    return names


def check_namespace(name: str) -> None:
    """Check that ``name`` is a valid name of a namespace, an RFC 1123 label.

    Raises:
        ValueError: ``name`` is invalid.
    """
    if not is_label(name):
        raise ValueError(f'"{name}" is not a namespace name: use lower-case letters, digits and "-", at most 63')


def check_object_name(name: str) -> None:
    """Check that ``name`` is a valid object name, an RFC 1123 subdomain.

    Raises:
        ValueError: ``name`` is invalid.
    """
    if not is_subdomain(name):
        raise ValueError(f'"{name}" is not an object name: use lower-case letters, digits, "-" and ".", at most 253')


def _checked(flag: str, check: Callable[[str], None], value: str) -> None:
    try:
        check(value)
    except ValueError as error:
        raise UsageError(f"{flag}: {error}") from error


def check_role_name(name: str) -> None:
    """Check that ``name`` is a valid name of a role and its binding.

    Raises:
        ValueError: ``name`` is invalid.
    """
    if len(name) > _MAX_ROLE_NAME or not is_path_segment(name) or not name.isprintable() or " " in name:
        raise ValueError(
            f'"{name}" is not a role name: use letters, digits, "-", "." and ":", at most {_MAX_ROLE_NAME}'
        )


class LeaderElectionOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of leader election, with the defaults and rules of client-go's ``leaderelection``.

    Attributes:
        enabled: if False, this process always leads.
        lease_duration_seconds: how long standbys wait after the last observed renewal before they acquire the Lease.
        renew_deadline_seconds: how long the leader retries a renewal before it stops leading.
        retry_period_seconds: time between two attempts.
        resource_name: name of the Lease.
        resource_namespace: namespace of the Lease; None means the pod's own, or that of the kubeconfig context.
    """

    enabled: bool = False
    lease_duration_seconds: float = 15.0
    renew_deadline_seconds: float = 10.0
    retry_period_seconds: float = 2.0
    resource_name: str = "plugin-operator-leader-election"
    resource_namespace: str | None = None

    def __post_init__(self) -> None:
        if self.lease_duration_seconds < 1:
            raise UsageError("--leader-elect-lease-duration must be at least 1s: a Lease counts whole seconds")
        if self.lease_duration_seconds > _MAX_LEASE_SECONDS:
            raise UsageError(
                f"--leader-elect-lease-duration must be at most {_MAX_LEASE_SECONDS}s: a Lease takes no more"
            )
        if self.lease_duration_seconds <= self.renew_deadline_seconds:
            raise UsageError("--leader-elect-lease-duration must be greater than --leader-elect-renew-deadline")
        if self.retry_period_seconds <= 0:
            raise UsageError("--leader-elect-retry-period must be greater than zero")
        if self.renew_deadline_seconds <= _RETRY_JITTER_FACTOR * self.retry_period_seconds:
            raise UsageError(
                f"--leader-elect-renew-deadline must be greater than {_RETRY_JITTER_FACTOR} times "
                "--leader-elect-retry-period"
            )
        if not self.resource_name:
            raise UsageError("--leader-elect-resource-name must not be empty")
        _checked("--leader-elect-resource-name", check_object_name, self.resource_name)
        if self.resource_namespace:
            _checked("--leader-elect-resource-namespace", check_namespace, self.resource_namespace)


class MetricsSecurity(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of metrics over TLS with authorization by the API server, named as in kubebuilder.

    Attributes:
        certificate_dir: directory of certificate and key; None generates a self-signed certificate.
        certificate_name: file name of the certificate.
        key_name: file name of the key.
    """

    certificate_dir: Path | None = None
    certificate_name: str = "tls.crt"
    key_name: str = "tls.key"


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of the command ``run``.

    Attributes:
        plugins_dir: directory of the plugin files.
        plugins_signature_key: file of the public key that must have signed the directory; None accepts all files.
        metrics_address: bind address of ``/metrics``; None for off.
        metrics_security: see ``MetricsSecurity``; None serves metrics over plain HTTP without authorization.
        probe_address: bind address of ``/healthz``, ``/readyz`` and ``/status``; None for off.
        leader_election: see ``LeaderElectionOptions``.
        kubeconfig: file to read; None means ``$KUBECONFIG``, the pod's service account or ``~/.kube/config``.
        context: context in the kubeconfig; None means its current one.
        namespaces: namespaces to watch; empty for all.
        log_level: debug, info, warning or error.
        log_format: json, console, or auto (console at a terminal).
        validate_timeout_seconds: deadline of the trial import of a plugin.
        drain_timeout_seconds: deadline of reconciles of a replaced revision, after which they are cancelled.
        shutdown_grace_period_seconds: deadline of a stop, after which the process exits with status 1.
        scan_interval_seconds: interval of scans of the plugins directory without a file event.
        connect_timeout_seconds: deadline of the API server's first response at start.
        stall_threshold_seconds: code that blocks the event loop for longer is named in log and metric; 0 for off.
        processes: number of worker processes; with more than one, this process is their supervisor.
        shard_replicas: whether replicas share the objects of sharded controllers; leader election must be enabled.
        tracing: whether to trace reconciles and API calls with OpenTelemetry.
        apply_crds: whether to install the CustomResourceDefinitions of the plugins' classes.
    """

    plugins_dir: Path = Path("plugins")
    plugins_signature_key: Path | None = None
    metrics_address: BindAddress | None = _METRICS_ADDRESS
    metrics_security: MetricsSecurity | None = None
    probe_address: BindAddress | None = _PROBE_ADDRESS
    leader_election: LeaderElectionOptions = msgspec.field(default_factory=LeaderElectionOptions)
    kubeconfig: Path | None = None
    context: str | None = None
    namespaces: tuple[str, ...] = ()
    log_level: str = "info"
    log_format: LogFormat = "auto"
    validate_timeout_seconds: float = 10.0
    drain_timeout_seconds: float = 10.0
    shutdown_grace_period_seconds: float = 30.0
    scan_interval_seconds: float = 5.0
    connect_timeout_seconds: float = 10.0
    stall_threshold_seconds: float = 1.0
    processes: int = 1
    shard_replicas: bool = False
    tracing: bool = False
    apply_crds: bool = False

    def __post_init__(self) -> None:
        for flag, seconds in (
            ("--validate-timeout", self.validate_timeout_seconds),
            ("--scan-interval", self.scan_interval_seconds),
            ("--connect-timeout", self.connect_timeout_seconds),
        ):
            if seconds <= 0:
                raise UsageError(f"{flag} must be greater than zero")
        if not 1 <= self.processes <= MAX_PROCESSES:
            raise UsageError(f"--processes must be from 1 to {MAX_PROCESSES}")
        if self.shard_replicas and self.processes > 1:
            raise UsageError(
                f"--shard-replicas and --processes={self.processes} cannot be combined: workers of one pod share the "
                "objects, or replicas do. Leave out --processes and run more replicas, or leave out --shard-replicas"
            )
        if self.shard_replicas and not self.leader_election.enabled:
            raise UsageError(
                "--shard-replicas needs --leader-elect: the replicas elect the one that divides the shards"
            )
        for namespace in self.namespaces:
            _checked("--watch-namespace", check_namespace, namespace)
