"""Finding the API server: flag, ``$KUBECONFIG``, service account, ``~/.kube/config``, in this order.

Owns the order and the messages; reading is left to ``loaders``.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from plugin_operator.client.access import Access, AccessSource, FixedAccess, TlsSettings
from plugin_operator.client.config_library import config_exception, incluster_config, kube_config
from plugin_operator.client.loaders import KubeconfigAccess, ServiceAccountAccess
from plugin_operator.errors import ConfigError

_NAMESPACE_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"


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
    library = incluster_config()
    loader = library.InClusterConfigLoader(
        token_filename=library.SERVICE_TOKEN_FILENAME,
        cert_filename=library.SERVICE_CERT_FILENAME,
        environ=dict(environment),
    )
    access = ServiceAccountAccess(loader)
    try:
        namespace = Path(_NAMESPACE_FILE).read_text(encoding="utf-8").strip() or None
    except OSError:
        namespace = None
    return ConnectionConfig(str(loader.host), access, "the pod's service account", namespace)


def _from_files(paths: str, context: str | None, origin: str) -> ConnectionConfig:
    source = f"{paths} ({origin})"
    if not any(Path(path).expanduser().exists() for path in paths.split(os.pathsep) if path):
        raise ConfigError(f"the kubeconfig {source} does not exist")
    library = kube_config()
    try:
        config = library.KubeConfigMerger(paths).config
        loader = library.KubeConfigLoader(config_dict=config, active_context=context, config_base_path=None)
        chosen = loader.current_context["context"]
        server = config["clusters"].get_with_name(chosen["cluster"])["cluster"]["server"]
        user = _user(config, chosen.get("user"))
        impersonation = _impersonation(user)
    except (config_exception(), OSError, ValueError, TypeError, AttributeError, KeyError, AssertionError) as error:
        raise ConfigError(f"the kubeconfig {source} cannot be used: {error}") from error
    except library.yaml.YAMLError as error:
        raise ConfigError(f"the kubeconfig {source} is not valid YAML: {error}") from error
    access = KubeconfigAccess(loader, has_exec="exec" in user, impersonation=impersonation)
    return ConnectionConfig(str(server), access, source, chosen.get("namespace"))


def _user(config: Any, name: str | None) -> Mapping[str, Any]:
    """Return the plain mapping of a user, empty if the kubeconfig has none."""
    if not name or not config.safe_get("users"):
        return {}
    user = config["users"].get_with_name(name, safe=True)
    return (user.safe_get("user") if user is not None else None) or {}


def _impersonation(user: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the headers for ``as``, ``as-uid``, ``as-groups`` and ``as-user-extra``, as client-go sends them."""
    headers = [("Impersonate-User", str(user["as"]))] if user.get("as") else []
    headers += [("Impersonate-Uid", str(user["as-uid"]))] if user.get("as-uid") else []
    headers += [("Impersonate-Group", str(group)) for group in user.get("as-groups") or ()]
    for key, values in (user.get("as-user-extra") or {}).items():
        headers += [(f"Impersonate-Extra-{quote(key.lower(), safe='')}", str(value)) for value in values]
    if headers and not user.get("as"):
        raise ValueError("a user that impersonates needs 'as' beside 'as-uid', 'as-groups' and 'as-user-extra'")
    return tuple(headers)
