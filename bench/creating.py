"""Creates through the embedded API server, for the guard: from the bytes of a request to the bytes of its answer."""

import asyncio
import json
import socket
import ssl
from collections.abc import Callable
from typing import Any

from bench.calls import Calls
from http1 import Handle
from kube_apiserver import ApiServer, ApiServerConfig

_CREATES = 300
_CONTAINER = {"name": "c", "image": "i:1", "ports": [{"containerPort": 80}]}
_TEMPLATE = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [_CONTAINER]}}
#: Path of the collection, and what is in an object beside its name, by what the guard says.
LOADS: dict[str, tuple[str, dict[str, Any]]] = {
    "ConfigMap": ("/api/v1/namespaces/default/configmaps", {"data": {"text": "x" * 1000}}),
    "Deployment": (
        "/apis/apps/v1/namespaces/default/deployments",
        {"spec": {"selector": {"matchLabels": {"a": "b"}}, "template": _TEMPLATE}},
    ),
}


class _Front:
    """Keeps what makes the protocol of a connection, so that none needs a socket."""

    make_protocol: Callable[[], asyncio.Protocol]

    def around(self, handle: Handle) -> Handle:
        return handle

    def start(
        self, sock: socket.socket, make_protocol: Callable[[], asyncio.Protocol], tls: ssl.SSLContext | None
    ) -> None:
        del sock, tls
        self.make_protocol = make_protocol

    def close(self) -> None: ...

    async def stop(self) -> None: ...


class _Peer(asyncio.Transport):
    """Keeps what the server writes."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.has_written = asyncio.Event()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))
        self.has_written.set()

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def close(self) -> None: ...


async def calls_of_one_create(kind: str) -> float:
    """Return the function calls of one create of a load."""
    front = _Front()
    async with ApiServer(ApiServerConfig(tls=False, token="guard"), front=front):
        protocol, peer = front.make_protocol(), _Peer()
        protocol.connection_made(peer)
        await _send(protocol, peer, [_request(kind, f"first-{number}") for number in range(20)])  # they fill caches
        requests = [_request(kind, f"next-{number}") for number in range(_CREATES)]
        with Calls() as calls:
            await _send(protocol, peer, requests)
        protocol.connection_lost(None)
    return calls.count / _CREATES


async def _send(protocol: asyncio.Protocol, peer: _Peer, requests: list[bytes]) -> None:
    for request in requests:
        peer.has_written.clear()
        protocol.data_received(request)
        await peer.has_written.wait()
        if not peer.written[0].startswith(b"HTTP/1.1 201"):
            raise RuntimeError(b"".join(peer.written).decode())
        peer.written.clear()


def _request(kind: str, name: str) -> bytes:
    path, content = LOADS[kind]
    body = json.dumps({"metadata": {"name": name}, **content}).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: guard\r\nAuthorization: Bearer guard\r\nAccept: application/json\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
