"""A network between a process and its API server that can be cut."""

import select
import socket
import threading


class Network:
    """A TCP proxy before the API server that can stop forwarding, as a cable that is pulled: no reset, no answer.

    Attributes:
        received: bytes that the server has sent.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self.received = 0
        self._open = True
        self._ended = False
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """Forward nothing any more."""
        self._open = False

    def heal(self) -> None:
        """Forward new connections; what was on the way is lost."""
        for pair in self._pairs:
            self._close(pair)
        self._pairs.clear()
        self._open = True

    def close(self) -> None:
        """End."""
        self._ended = True
        self._thread.join(10)
        self._server.close()
        for pair in self._pairs:
            self._close(pair)

    @staticmethod
    def _close(pair: tuple[socket.socket, socket.socket]) -> None:
        for each in pair:
            each.close()

    def _serve(self) -> None:
        while not self._ended:
            pairs = self._pairs if self._open else []
            others = {one: other for pair in pairs for one, other in (pair, pair[::-1])}
            try:
                ready, _, _ = select.select([*others, *([self._server] if self._open else [])], [], [], 0.02)
                for each in ready:
                    self._turn(each, others)
            except (OSError, ValueError):  # closed by heal
                self._pairs = [pair for pair in self._pairs if min(pair[0].fileno(), pair[1].fileno()) >= 0]

    def _turn(self, each: socket.socket, others: dict[socket.socket, socket.socket]) -> None:
        if each is self._server:
            client, _ = self._server.accept()
            try:
                self._pairs.append((client, socket.create_connection(("127.0.0.1", self._target), 5)))
            except OSError:
                client.close()
            return
        try:
            data = each.recv(65536)
            if data:
                others[each].sendall(data)
                self.received += len(data) * any(each is server for _, server in self._pairs)
        except OSError:
            data = b""
        if not data:
            self._close((each, others[each]))
