"""The settings of an embedded API server, and the endpoint of a running one."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ApiServerConfig:
    """The settings of one server.

    Raises:
        ValueError: a number is out of its range. The text names the setting.

    Attributes:
        host: the address to listen on, loopback by default.
        port: the port to listen on; 0 picks a free one.
        tls: serve HTTPS with a certificate of a generated CA.
        data_dir: the folder that keeps objects, CA and token across restarts; None keeps everything in memory.
        token: the admin's bearer token. None generates one with TLS, and requires none over plain HTTP.
        kubeconfig_path: where `start` writes a kubeconfig, None for nowhere.
        seeds: YAML and JSON files, and folders of them, with the CRDs and objects to start with. CRDs are served before
            the other objects are created, and missing namespaces are created.
        history_size: the minimum of changes kept per resource for watches and continue tokens. At most twice as many
            are kept.
        bookmark_seconds: interval of bookmarks on a watch that allows them.
        stuck_seconds: how long a watch client may leave one chunk unread before the server drops the connection.
        controllers: the controllers that run, as in kube-controller-manager's flag: ``("*", "-namespace-controller")``.
        feature_gates: what to turn on or off beside the defaults, as in kube-apiserver's flag:
            ``{"ShardedListAndWatch": True}``.
    """

    host: str = "127.0.0.1"
    port: int = 0
    tls: bool = True
    data_dir: Path | None = None
    token: str | None = field(default=None, repr=False)
    kubeconfig_path: Path | None = None
    seeds: tuple[Path, ...] = ()
    history_size: int = 20_000
    bookmark_seconds: float = 60.0
    stuck_seconds: float = 30.0
    controllers: tuple[str, ...] = ("*",)
    feature_gates: Mapping[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.history_size < 1:
            raise ValueError(f"history_size={self.history_size} keeps no change for watches: give 1 or more")
        for setting in ("bookmark_seconds", "stuck_seconds"):
            seconds = getattr(self, setting)
            if not 0 < seconds < math.inf:
                raise ValueError(f"{setting}={seconds} is not a time to wait: give a number of seconds above 0")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The address and the credentials of a running server.

    Attributes:
        url: the address of the server, such as ``https://127.0.0.1:6443``.
        ca_pem: the certificate of the CA, "" over plain HTTP.
        token: the admin's bearer token, "" if the server requires none.
    """

    url: str
    ca_pem: str = ""
    token: str = field(default="", repr=False)
