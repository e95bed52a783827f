"""Finding the API server: flag, ``$KUBECONFIG``, service account, ``~/.kube/config``, in this order.

Owns the order and the messages; reading is left to ``kubeconfig_source`` and ``pod``.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from plugin_operator.client.credentials.access import Access, AccessSource, FixedAccess
from plugin_operator.client.credentials.cached_access import CachedAccess
from plugin_operator.client.credentials.in_cluster import InClusterSource
from plugin_operator.client.credentials.kubeconfig import read_context
from plugin_operator.client.credentials.kubeconfig_source import KubeconfigSource
from plugin_operator.client.credentials.tls import TlsSettings
from plugin_operator.errors import ConfigError
from plugin_operator.paths import fixed_all

SERVICE_ACCOUNT_FOLDER = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where the kubelet mounts token, authority and namespace."""


@dataclass(frozen=True, slots=True)
class ConnectionConfig:
    """Which API server to talk to, and as whom.

    Attributes:
        host: the URL, for people; requests take it from ``access``.
        access: gives address and credentials, kept fresh.
        source: where this was found, for people.
        namespace: the context's or the pod's namespace, if it names one.
    """

    host: str
    access: AccessSource
    source: str = "given"
    namespace: str | None = None

    @classmethod
    def for_endpoint(cls, url: str, *, token: str | None = None, ca_pem: str | None = None) -> Self:
        """Describe a server whose address and token are known: a test's, or a sandbox."""
        authorization = f"Bearer {token}" if token else None
        return cls(url, FixedAccess(Access(url.rstrip("/"), authorization, TlsSettings(ca_pem=ca_pem))))


def load_connection_config(
    kubeconfig: str | None = None, context: str | None = None, *, environ: Mapping[str, str] | None = None
) -> ConnectionConfig:
    """Find and read the configuration; commands for credentials run only when the connection opens.

    Args:
        kubeconfig: the value of ``--kubeconfig``; if given, nothing else is tried.
        context: a context of the kubeconfig instead of its current one; rules out the service account.
        environ: the environment, ``os.environ`` unless given.

    Raises:
        ConfigError: names what was tried and why none of it serves.
    """
    environment = os.environ if environ is None else environ
    if kubeconfig:
        return _from_files(kubeconfig, context, "--kubeconfig")
    if environment.get("KUBECONFIG"):
        return _from_files(environment["KUBECONFIG"], context, "$KUBECONFIG")
    if environment.get("KUBERNETES_SERVICE_HOST") and not context:
        return _from_pod(environment)
    home = Path(environment.get("HOME") or "~").expanduser() / ".kube" / "config"
    if home.exists():
        return _from_files(str(home), context, "the default kubeconfig")
    raise ConfigError(
        "no cluster to talk to: --kubeconfig is not given, $KUBECONFIG is not set, this is no pod "
        f"($KUBERNETES_SERVICE_HOST is not set), and {home} does not exist"
    )


def _from_pod(environment: Mapping[str, str]) -> ConnectionConfig:
    source = InClusterSource(environment, SERVICE_ACCOUNT_FOLDER / "token", SERVICE_ACCOUNT_FOLDER / "ca.crt")
    source.read_now()
    try:
        namespace = (SERVICE_ACCOUNT_FOLDER / "namespace").read_text(encoding="utf-8").strip() or None
    except OSError:
        namespace = None
    return ConnectionConfig(source.host, CachedAccess(source), source.description, namespace)


def _from_files(paths: str, context: str | None, origin: str) -> ConnectionConfig:
    description = f"{paths} ({origin})"
    paths = fixed_all(paths)
    chosen = read_context(paths, context, description)
    access = CachedAccess(KubeconfigSource(paths, chosen, description))
    return ConnectionConfig(chosen.server, access, description, chosen.namespace)
