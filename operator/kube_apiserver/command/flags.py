"""The values of the command's flags, and their conversion to the settings of a server."""

from dataclasses import dataclass
from pathlib import Path

from kube_apiserver.config import ApiServerConfig

_ADDRESS = 'write "127.0.0.1:6443" for one address, or ":6443" for all interfaces; port 0 takes a free one'


class BadFlag(ValueError):
    """The value of a flag cannot be used. The message names the flag and the way out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """The flags of a command that runs the server, as the user wrote them."""

    host: str
    port: int
    kubeconfig: Path
    data_dir: Path | None = None
    seeds: tuple[Path, ...] = ()
    tls: bool = True
    token_file: Path | None = None
    controllers: str = "*"
    feature_gates: str = ""

    def config(self) -> ApiServerConfig:
        """Return the settings. The folder of the kubeconfig is created.

        Raises:
            BadFlag: a value cannot be used.
        """
        # Imported on demand: --help does not need the server.
        from kube_apiserver.controllers.controllers import enabled
        from kube_apiserver.features import enabled_features, parse_gates

        self._check_kubeconfig()
        controllers = tuple(name.strip() for name in self.controllers.split(",") if name.strip())
        try:
            enabled(controllers)
        except ValueError as error:
            raise BadFlag(f"--controllers: {error}") from error
        try:
            gates = parse_gates(self.feature_gates)
            enabled_features(gates)
        except ValueError as error:
            raise BadFlag(f"--feature-gates: {error}") from error
        return ApiServerConfig(
            host=self.host,
            port=self.port,
            tls=self.tls,
            data_dir=self.data_dir,
            token=self._token(),
            kubeconfig_path=self.kubeconfig,
            seeds=self.seeds,
            controllers=controllers,
            feature_gates=gates,
        )

    def _check_kubeconfig(self) -> None:
        from kube_apiserver.security.kubeconfig import has_other_clusters

        try:
            self.kubeconfig.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            is_of_user = has_other_clusters(self.kubeconfig)
        except OSError as error:
            raise BadFlag(f"--write-kubeconfig: {error.filename} cannot be used: {error.strerror}") from error
        if is_of_user:
            raise BadFlag(f"--write-kubeconfig: {self.kubeconfig} was not written by this command: name another file")

    def _token(self) -> str | None:
        if self.token_file is None:
            return None
        try:
            token = self.token_file.read_text("ascii").strip()
        except OSError as error:
            raise BadFlag(f"--token-file: {self.token_file} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise BadFlag(f"--token-file: {self.token_file} is not ASCII text (byte {error.start})") from error
        if not token or not token.isprintable() or " " in token:
            raise BadFlag(f"--token-file: {self.token_file} is not one line with a token, without spaces")
        return token


def parse_address(text: str) -> tuple[str, int]:
    """Return host and port of an address in the form of Go programs. An empty host is all interfaces.

    Raises:
        ValueError: the text has another form.
    """
    host, colon, port = text.strip().rpartition(":")
    if not colon or (":" in host and not (host.startswith("[") and host.endswith("]"))):
        raise ValueError(f"{text!r} is not host:port: {_ADDRESS}")
    if not (port.isascii() and port.isdigit() and int(port) <= 65535):
        raise ValueError(f"the port in {text!r} is not a number from 0 to 65535: {_ADDRESS}")
    return host.removeprefix("[").removesuffix("]"), int(port)
