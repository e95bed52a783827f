"""``KubeconfigSource``: access from one context of a kubeconfig.

Each read takes the content of all files: the kubeconfig, and the CA certificate, certificate, key and token it names.
It asks commands and identity providers only when their credentials are about to expire or were rejected.
"""

import asyncio
import base64
import binascii
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from plugin_operator.client.credentials.access import Access
from plugin_operator.client.credentials.exec_plugin import DEADLINE_SECONDS, ExecCommand, ExecCredential, cluster_info
from plugin_operator.client.credentials.files import read_credential, read_token
from plugin_operator.client.credentials.kubeconfig import KubeconfigContext, impersonation_of, read_context
from plugin_operator.client.credentials.kubeconfig_files import existing
from plugin_operator.client.credentials.kubeconfig_loader import LoadedConfiguration, config_exception, kube_config
from plugin_operator.client.credentials.proxies import proxy_for
from plugin_operator.client.credentials.tls import TlsSettings
from plugin_operator.client.credentials.tokens import expiry_of, is_token
from plugin_operator.clock import Clock, SystemClock
from plugin_operator.errors import ConfigError

_AHEAD_AT_MOST = timedelta(minutes=5)
_AHEAD_SHARE = 0.2  # of the lifetime of the credential
_CREDENTIALS = (
    "token", "tokenFile", "username", "exec", "auth-provider", "client-certificate", "client-certificate-data",
)  # fmt: skip


class KubeconfigSource:
    """Reads the access of one context of a kubeconfig.

    Context and server never change after the start, because the caches of the operator belong to the server.

    Args:
        paths: paths of the files, as in ``$KUBECONFIG``.
        context: the context at the start.
        description: name of the files, for messages.
        clock: evaluates the expiry of credentials.
    """

    def __init__(self, paths: str, context: KubeconfigContext, description: str, *, clock: Clock | None = None) -> None:
        self.description = f"the kubeconfig {description}"
        self._source = description
        self._paths = paths
        self._context = context
        self._clock = clock or SystemClock()
        # A pipe, such as <(...) of a shell, can be read only once.
        self._can_reread = all(path.is_file() for path in existing(paths))
        self._content = self._contents()
        self._credential: ExecCredential | None = None
        self._token = ""
        self._renew_from: datetime | None = None
        self._provider: Any = None

    @property
    def is_slow(self) -> bool:
        """Whether the next read runs a command or asks an identity provider; see ``Source.is_slow``."""
        return ("auth-provider" in self._context.user or self._has_exec) and self._is_due

    async def read(self, *, renew: bool) -> Access:
        """Read all files, and ask the command or identity provider if due; see ``Source.read``."""
        self._reread()
        user = self._context.user
        if "auth-provider" in user:
            if renew or self._is_due:
                await self._ask_provider()
            return self._access(f"Bearer {self._token}", expiry_of(self._token), None)
        if self._has_exec:
            if renew or self._is_due:
                await self._run(user["exec"])
            credential = self._credential or ExecCredential()
            bearer = f"Bearer {credential.token}" if credential.token else None
            return self._access(bearer, credential.expires_at, credential)
        if user.get("tokenFile"):
            token = read_token(Path(self._context.user_folder, user["tokenFile"]), "token file")
            return self._access(f"Bearer {token}", expiry_of(token), None)
        if user.get("token"):
            written = str(user["token"]).strip()
            if not is_token(written):
                raise ConfigError(f"the kubeconfig {self._source} holds something else than a token")
            return self._access(f"Bearer {written}", None, None)
        if "username" in user and "password" in user:
            pair = f"{user['username']}:{user['password']}".encode()
            return self._access(f"Basic {base64.b64encode(pair).decode()}", None, None)
        return self._access(None, None, None)

    def _contents(self) -> tuple[bytes, ...]:
        if not self._can_reread:
            return ()
        return tuple(read_credential(path, "kubeconfig", may_be_empty=True) for path in existing(self._paths))

    def _reread(self) -> None:
        contents = self._contents()
        if contents == self._content:
            return
        context = read_context(self._paths, self._context.name, self._source)
        if context.server != self._context.server:
            raise ConfigError(
                f"the kubeconfig {self._source} now names the server {context.server} in the context {context.name}, "
                f"not {self._context.server}: restart the operator if it is to follow"
            )
        if _has_credentials(self._context.user) and not _has_credentials(context.user):
            raise ConfigError(f"the kubeconfig {self._source} now names no credentials in the context {context.name}")
        if context.user != self._context.user:
            self._credential = self._provider = None
            self._token = ""
        self._context, self._content = context, contents

    @property
    def _has_exec(self) -> bool:
        """Whether the credentials come from a command; as for kubectl, credentials in the file take precedence."""
        user = self._context.user
        return bool(user.get("exec")) and not (user.get("token") or user.get("tokenFile") or user.get("username"))

    @property
    def _is_due(self) -> bool:
        if self._credential is None and not self._token:
            return True
        return self._renew_from is not None and self._clock.now() >= self._renew_from

    async def _run(self, settings: Mapping[str, Any]) -> None:
        cluster = cluster_info(self._context.cluster, self._authority())
        credential = await ExecCommand(settings, self._context.user_folder, cluster).run()
        _check_pair(credential)  # before it is stored: it may be valid for hours
        self._credential, expires_at = credential, credential.expires_at
        if expires_at is None:
            self._renew_from = None
        else:
            ahead = min(_AHEAD_AT_MOST, max(timedelta(), expires_at - self._clock.now()) * _AHEAD_SHARE)
            self._renew_from = expires_at - ahead

    async def _ask_provider(self) -> None:
        """Get a token from the identity provider; a token without an expiry is due again at once."""
        target = LoadedConfiguration()
        try:
            if self._provider is None:
                self._provider = _provider_of(self._context.user)
            async with asyncio.timeout(DEADLINE_SECONDS):
                await self._provider.load_and_set(target)
        except TimeoutError as error:
            raise ConfigError(f"the identity provider gave no token within {DEADLINE_SECONDS:g} s") from error
        except (config_exception(), OSError, ValueError, TypeError, AttributeError, KeyError, AssertionError) as error:
            raise ConfigError(f"the identity provider gave no token: {error}") from error
        token = target.api_key.get("BearerToken", "").removeprefix("Bearer ").strip()
        if not is_token(token):
            raise ConfigError("the identity provider gave something else than a token")
        self._token, expires_at = token, expiry_of(token)
        self._renew_from = self._clock.now() if expires_at is None else expires_at - _AHEAD_AT_MOST

    def _access(
        self, authorization: str | None, expires_at: datetime | None, credential: ExecCredential | None
    ) -> Access:
        cluster = self._context.cluster
        host = self._context.server.rstrip("/")
        if not host.startswith(("http://", "https://")):
            raise ConfigError(f"the cluster's server {host!r} is not an http or https URL")
        tls = self._tls(credential) if host.startswith("https") else TlsSettings()
        authorization = authorization or self._context.server_authorization
        proxy = proxy_for(host, cluster.get("proxy-url"))
        return Access(host, authorization, tls, proxy, impersonation_of(self._context.user), expires_at)

    def _tls(self, credential: ExecCredential | None) -> TlsSettings:
        cluster, user = self._context.cluster, self._context.user
        if credential is None or credential.certificate_pem is None:
            certificate = _content(user, "client-certificate", self._context.user_folder)
            key = _content(user, "client-key", self._context.user_folder)
        else:
            certificate, key = credential.certificate_pem, credential.key_pem
        return TlsSettings(
            ca_pem=self._authority(),
            certificate_pem=certificate,
            key_pem=key,
            verify=not cluster.get("insecure-skip-tls-verify"),
            server_name=cluster.get("tls-server-name") or None,
        )

    def _authority(self) -> bytes | None:
        return _content(self._context.cluster, "certificate-authority", self._context.cluster_folder)


def _has_credentials(user: Mapping[str, Any]) -> bool:
    """Report whether a user has credentials; in a half-written file it has none."""
    return any(user.get(key) for key in _CREDENTIALS)


def _check_pair(credential: ExecCredential) -> None:
    if credential.certificate_pem is None:
        return
    try:
        TlsSettings(certificate_pem=credential.certificate_pem, key_pem=credential.key_pem).context()
    except OSError as error:
        raise ConfigError(
            f"the credentials command printed a client certificate that cannot be used: {error}"
        ) from error


def _content(section: Mapping[str, Any], key: str, folder: str) -> bytes | None:
    """Return the decoded ``key-data``, or else the content of the file ``key``."""
    data = section.get(f"{key}-data")
    if data:
        try:
            return base64.b64decode(data)
        except (binascii.Error, ValueError, TypeError) as error:
            raise ConfigError(f"{key}-data of the kubeconfig is not base64: {error}") from error
    path = section.get(key)
    return read_credential(Path(folder, str(path)), key) if path else None


def _provider_of(user: Mapping[str, Any]) -> Any:
    """Return the library's loader for an ``auth-provider``; it does not write refreshed tokens to a file."""
    config = {
        "current-context": "only",
        "contexts": [{"name": "only", "context": {"cluster": "only", "user": "only"}}],
        "clusters": [{"name": "only", "cluster": {"server": "http://unused"}}],
        "users": [{"name": "only", "user": {"auth-provider": dict(user["auth-provider"])}}],
    }
    return kube_config().KubeConfigLoader(config_dict=config, config_base_path="")
