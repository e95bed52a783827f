"""The settings of one operator process.

Owns their names, defaults and the rules between them. Reading them from flags and environment is left to the command
line; only ``plugin_operator.app`` and above see them, components get plain arguments.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from plugin_operator.errors import UsageError
from plugin_operator.serving.address import BindAddress

LogFormat = Literal["auto", "json", "console"]

# client-go's leaderelection.JitterFactor: the retry period stretched by it must still fit into the renew deadline.
_RETRY_JITTER_FACTOR = 1.2

_METRICS_ADDRESS = BindAddress("", 8080)
_PROBE_ADDRESS = BindAddress("", 8081)

_UNIT_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_LABEL = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")
_MAX_NAME = 253
_PLAIN_SECONDS = re.compile(r"\d+(?:\.\d*)?|\.\d+")


def parse_duration(text: str) -> float:
    """Return the seconds in a Go duration (``15s``, ``1m30s``, ``500ms``) or in a plain number of seconds.

    Raises:
        ValueError: the text is neither, or negative.
    """
    text = text.strip()
    if _PLAIN_SECONDS.fullmatch(text):
        return float(text)
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f'"{text}" is not a duration: write for example 15s, 1m30s, 500ms or plain seconds')
    return sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts)


def parse_namespaces(text: str) -> tuple[str, ...]:
    """Return the names in a comma-separated list, in order and once each; an empty text means all namespaces.

    Raises:
        ValueError: a name is no name of a namespace, or a text that is not empty names none: what was to be there is
            missing, and all namespaces would be more than was meant.
    """
    names = tuple(dict.fromkeys(name for part in text.split(",") if (name := part.strip())))
    if text and not names:
        raise ValueError(f'"{text}" names no namespace: leave it empty for all namespaces')
    for name in names:
        check_namespace(name)
    return names


def check_namespace(name: str) -> None:
    """Check that a namespace may have this name: an RFC 1123 label.

    Raises:
        ValueError: it may not.
    """
    if not _LABEL.fullmatch(name):
        raise ValueError(
            f'"{name}" is no name of a namespace: lower-case letters, digits and "-", at most 63; '
            "separate several with commas"
        )


def check_object_name(name: str) -> None:
    """Check that an object may have this name: an RFC 1123 subdomain.

    Raises:
        ValueError: it may not.
    """
    if len(name) > _MAX_NAME or not all(_LABEL.fullmatch(part) for part in name.split(".")):
        raise ValueError(
            f'"{name}" is no name of an object: lower-case letters, digits, "-" and ".", at most {_MAX_NAME}'
        )


def _checked(flag: str, check: Callable[[str], None], value: str) -> None:
    try:
        check(value)
    except ValueError as error:
        raise UsageError(f"{flag}: {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderElectionOptions:
    """How replicas agree on the one that works; defaults and rules as in client-go's ``leaderelection``.

    Attributes:
        enabled: without it this process leads from the start.
        lease_duration_seconds: how long others wait after the last change they saw before they take over.
        renew_deadline_seconds: how long the leader keeps trying to renew before it gives up.
        retry_period_seconds: time between two tries.
        resource_name: name of the Lease.
        resource_namespace: its namespace; None takes the pod's own or the kubeconfig context's.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsSecurity:
    """Metrics over TLS, for those whom the API server lets read them; names as kubebuilder's.

    Attributes:
        certificate_dir: where certificate and key are; None makes a certificate that nobody can verify.
        certificate_name: the certificate's file in it.
        key_name: the key's file in it.
    """

    certificate_dir: Path | None = None
    certificate_name: str = "tls.crt"
    key_name: str = "tls.key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Everything a user can set for ``run``.

    Attributes:
        plugins_dir: directory of the plugin files.
        plugins_signature_key: public key; only directories that are signed with it load. None loads everything.
        metrics_address: where ``/metrics`` is served; None for off.
        metrics_security: see ``MetricsSecurity``; None serves metrics in the clear to everybody.
        probe_address: where ``/healthz``, ``/readyz`` and ``/status`` are served; None for off.
        leader_election: see ``LeaderElectionOptions``.
        kubeconfig: file to read; None takes ``$KUBECONFIG``, the pod's service account or ``~/.kube/config``.
        context: context in the kubeconfig; None takes its current one.
        namespaces: the only namespaces to watch; empty for all.
        log_level: debug, info, warning or error.
        log_format: json, console, or auto (console at a terminal).
        validate_timeout_seconds: how long the trial import of a plugin may take.
        drain_timeout_seconds: how long reconciles of a replaced revision may go on before they are cancelled.
        shutdown_grace_period_seconds: how long a stop may take before the process ends with status 1.
        scan_interval_seconds: how often the plugins directory is read without any hint.
        connect_timeout_seconds: how long a start waits for the API server's first answer.
        stall_threshold_seconds: a plugin that blocks the event loop for longer is named in log and metric; 0 for off.
        tracing: whether reconciles and API calls are traced with OpenTelemetry.
    """

    plugins_dir: Path = Path("plugins")
    plugins_signature_key: Path | None = None
    metrics_address: BindAddress | None = _METRICS_ADDRESS
    metrics_security: MetricsSecurity | None = None
    probe_address: BindAddress | None = _PROBE_ADDRESS
    leader_election: LeaderElectionOptions = field(default_factory=LeaderElectionOptions)
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
    tracing: bool = False

    def __post_init__(self) -> None:
        for flag, seconds in (
            ("--validate-timeout", self.validate_timeout_seconds),
            ("--scan-interval", self.scan_interval_seconds),
            ("--connect-timeout", self.connect_timeout_seconds),
        ):
            if seconds <= 0:
                raise UsageError(f"{flag} must be greater than zero")
        for namespace in self.namespaces:
            _checked("--namespace", check_namespace, namespace)
