"""Sockets of connections to the API server."""

import socket

from aiohappyeyeballs import AddrInfoType

_KEEP_ALIVE = (("TCP_KEEPIDLE", 15), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 3))


def keep_alive_socket(address: AddrInfoType) -> socket.socket:
    """Return a socket with keep-alive: the kernel detects a dead peer within a minute."""
    made = socket.socket(*address[:3])
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEP_ALIVE:
        if hasattr(socket, option):
            made.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    return made
