"""Find the API server: flag, ``$KUBECONFIG``, service account, ``~/.kube/config``, in this order.

Owns the order and the messages. Leaves reading to ``kubeconfig_source`` and ``in_cluster``.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import msgspec

from plugin_operator.client.credentials.access import Access, AccessSource, FixedAccess
from plugin_operator.client.credentials.cached_access import CachedAccess
from plugin_operator.client.credentials.in_cluster import InClusterSource
from plugin_operator.client.credentials.kubeconfig import read_context
from plugin_operator.client.credentials.kubeconfig_source import KubeconfigSource
from plugin_operator.client.credentials.tls import TlsSettings
from plugin_operator.errors import ConfigError
from plugin_operator.paths import fixed_all

SERVICE_ACCOUNT_FOLDER = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Folder in which the kubelet mounts token, CA certificate and namespace."""


class ConnectionConfig(msgspec.Struct, frozen=True):
    """Address and credentials of one API server.

    Attributes:
        host: URL for messages; requests take the URL from ``access``.
        access: returns address and current credentials.
        source: origin of the configuration, for messages.
        namespace: namespace of the context or the pod, or None.
    """

    host: str
    access: AccessSource
    source: str = "given"
    namespace: str | None = None

    @classmethod
    def for_endpoint(cls, url: str, *, token: str | None = None, ca_pem: str | None = None) -> Self:
        """Return the configuration of a server with a known address and token, for tests and the sandbox."""
        authorization = f"Bearer {token}" if token else None
        return cls(url, FixedAccess(Access(url.rstrip("/"), authorization, TlsSettings(ca_pem=ca_pem))))


def load_connection_config(
    kubeconfig: str | Path | None = None, context: str | None = None, *, environ: Mapping[str, str] | None = None
) -> ConnectionConfig:
    """Find and read the configuration. Commands for credentials run only when the connection opens.

    Args:
        kubeconfig: value of ``--kubeconfig``; if given, no other source is tried.
        context: context of the kubeconfig instead of the current one; excludes the service account.
        environ: environment variables; default ``os.environ``.

    Raises:
        ConfigError: no source has a usable configuration; the message names the sources.
    """
    environment = os.environ if environ is None else environ
    if kubeconfig:
        return _from_files(str(kubeconfig), context, "--kubeconfig")
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
