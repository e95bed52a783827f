"""Access from the service account of a pod: two files that the kubelet rotates."""

from collections.abc import Mapping
from pathlib import Path

from plugin_operator.client.credentials.access import Access
from plugin_operator.client.credentials.files import read_credential, read_token
from plugin_operator.client.credentials.proxies import proxy_for
from plugin_operator.client.credentials.tls import TlsSettings
from plugin_operator.client.credentials.tokens import expiry_of
from plugin_operator.errors import ConfigError


class InClusterSource:
    """Reads token and CA certificate of the pod's service account.

    Args:
        environment: environment variables, with host and port of the API server.
        token_file, ca_file: files that the kubelet mounts.

    Raises:
        ConfigError: the environment has no host or port.
    """

    description = "the pod's service account"
    is_slow = False

    def __init__(self, environment: Mapping[str, str], token_file: Path, ca_file: Path) -> None:
        host, port = environment.get("KUBERNETES_SERVICE_HOST"), environment.get("KUBERNETES_SERVICE_PORT")
        if not host or not port:
            raise ConfigError(
                "the pod's service account cannot be used: "
                "$KUBERNETES_SERVICE_HOST or $KUBERNETES_SERVICE_PORT is not set"
            )
        self.host = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
        self._token_file = token_file
        self._ca_file = ca_file

    async def read(self, *, renew: bool) -> Access:
        """Read both files; see ``Source.read``."""
        del renew
        return self.read_now()

    def read_now(self) -> Access:
        """Read both files.

        Raises:
            ConfigError: a file cannot be used; the message names it.
        """
        token = read_token(self._token_file, "service account token")
        tls = TlsSettings(ca_pem=read_credential(self._ca_file, "service account CA"))
        return Access(self.host, f"Bearer {token}", tls, proxy_for(self.host, None), expires_at=expiry_of(token))
