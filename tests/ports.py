"""Ports for servers of other processes, which must be known before these start."""

import secrets
import socket
from contextlib import suppress

# Below the ports that the system gives to whoever connects: a client may be given a port that a server was about to
# take, or try the port of a server that is gone until it is given that very port.
_PORTS = range(20_000, 32_000)


def free_port() -> int:
    """Return a port of this machine that was free a moment ago."""
    while True:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", secrets.choice(_PORTS)))
            return int(probe.getsockname()[1])
