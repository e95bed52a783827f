"""Access from a kubeconfig or from a pod's service account, read and refreshed by kubernetes-asyncio.

Owns when to look again; the meaning of what is read stays with the library.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from plugin_operator.client.access import Access, TlsSettings
from plugin_operator.client.config_library import LoadedConfiguration, config_exception
from plugin_operator.client.proxies import environment_proxy
from plugin_operator.errors import ConfigError

REREAD_SECONDS = 60.0
"""How old a token read from a file may become: a projected service account token is rotated well before it expires."""

LOAD_SECONDS = 60.0
"""How long a command or an identity provider may take to hand out credentials; a person may have to log in."""


class KubeconfigAccess:
    """Access from one context of a kubeconfig.

    Args:
        loader: the library's ``KubeConfigLoader``.
        has_exec: its user gets credentials from a command, which is run again only once they expire or are refused.
        impersonation: headers for a user that acts as another, which the library leaves out.
        monotonic: the clock that ages them.
    """

    def __init__(
        self,
        loader: Any,
        *,
        has_exec: bool,
        impersonation: tuple[tuple[str, str], ...] = (),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._loader = loader
        self._has_exec = has_exec
        self._impersonation = impersonation
        self._monotonic = monotonic
        self._access: Access | None = None
        self._read_at = 0.0
        self._lock = asyncio.Lock()

    async def current(self) -> Access:
        """Return the access, loading it again at most every ``REREAD_SECONDS``."""
        if self._access is not None and self._monotonic() - self._read_at < REREAD_SECONDS:
            return self._access
        async with self._lock:
            if self._access is None or (self._monotonic() - self._read_at >= REREAD_SECONDS and self._expires()):
                await self._load()
        return self._require()

    async def renew(self, rejected: Access) -> Access:
        """Return access other than ``rejected``, asking the command or the token file again."""
        async with self._lock:
            if self._access is rejected:
                vars(self._loader).pop("exec_plugin_expiry", None)
                await self._load()
        return self._require()

    def _expires(self) -> bool:
        """An exec credential without an expiry is good until it is refused; the loader checks every other by itself."""
        return not self._has_exec or "exec_plugin_expiry" in vars(self._loader)

    def _require(self) -> Access:
        if self._access is None:
            raise ConfigError("the credentials were not loaded")
        return self._access

    async def _load(self) -> None:
        target = LoadedConfiguration()
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                await self._loader.load_and_set(target)
        except TimeoutError as error:
            raise ConfigError(f"the kubeconfig gave no credentials within {LOAD_SECONDS:g} s") from error
        except (config_exception(), OSError, ValueError, TypeError, AttributeError, KeyError, AssertionError) as error:
            raise ConfigError(f"the kubeconfig gives no usable credentials: {error}") from error
        self._read_at = self._monotonic()
        access = replace(access_of(target), impersonation=self._impersonation)
        if access != self._access:
            self._access = access


class ServiceAccountAccess:
    """Access of a pod by its service account; the token file is read again as it is rotated.

    Args:
        loader: the library's ``InClusterConfigLoader``.
    """

    def __init__(self, loader: Any) -> None:
        self._loader = loader
        self._target = LoadedConfiguration()
        self._load()

    async def current(self) -> Access:
        """Return the access with a token no older than a minute."""
        try:
            self._target.refresh_api_key_hook(self._target)
        except (config_exception(), OSError) as error:
            raise ConfigError(f"the service account token cannot be read: {error}") from error
        return self._updated()

    async def renew(self, rejected: Access) -> Access:
        """Read the token file now."""
        del rejected
        self._load()
        return self._updated()

    def _load(self) -> None:
        try:
            self._loader.load_and_set(self._target)
        except (config_exception(), OSError) as error:
            raise ConfigError(f"the pod's service account cannot be used: {error}") from error
        self._access = access_of(self._target)

    def _updated(self) -> Access:
        token = self._target.api_key.get("BearerToken", "").strip()
        if token != self._access.authorization:
            self._access = access_of(self._target)
        return self._access


def access_of(target: LoadedConfiguration) -> Access:
    """Turn what the library's loaders filled into our own value."""
    if not target.host.startswith(("http://", "https://")):
        raise ConfigError(f"the cluster's server {target.host!r} is not an http or https URL")
    tls = TlsSettings(
        ca_file=target.ssl_ca_cert,
        certificate_file=target.cert_file,
        key_file=target.key_file,
        verify=target.verify_ssl,
        server_name=target.tls_server_name,
    )
    authorization = target.api_key.get("BearerToken", "").strip() or None
    return Access(target.host, authorization, tls, target.proxy or environment_proxy(target.host))
