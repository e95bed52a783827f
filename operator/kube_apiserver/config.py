"""What an embedded API server is started with, and where it is then found."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ApiServerConfig:
    """Settings of one server.

    Attributes:
        host: the address to listen on; loopback unless somebody asks for more.
        port: 0 takes a free one.
        tls: serve https with a certificate of a generated CA.
        data_dir: where objects, CA and token outlive the process; None keeps all in memory.
        token: the admin's bearer token. None generates one with TLS, and asks for none over plain HTTP.
        kubeconfig_path: where `start` writes a kubeconfig, None for nowhere.
        history_size: changes kept per resource for watches and old list pages, at least; twice as many at most.
        bookmark_seconds: how often a watch that allows bookmarks gets one.
        stuck_seconds: how long a client may leave one piece of a watch unread before it is dropped.
    """

    host: str = "127.0.0.1"
    port: int = 0
    tls: bool = True
    data_dir: Path | None = None
    token: str | None = field(default=None, repr=False)
    kubeconfig_path: Path | None = None
    history_size: int = 20_000
    bookmark_seconds: float = 60.0
    stuck_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How to reach a server that runs.

    Attributes:
        ca_pem: the certificate authority, "" over plain HTTP.
        token: the admin's bearer token, "" where none is asked for.
    """

    url: str
    ca_pem: str = ""
    token: str = field(default="", repr=False)
