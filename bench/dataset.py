"""What the load server serves: the objects, their list pages and the bursts of changes, all serialised beforehand."""

from bench import stream


class Dataset:
    """A number of objects of one kind at one resource version; a burst moves it on.

    Everything is bytes: while a peer is measured the server only copies.
    """

    def __init__(self, objects: int, size: int, api_version: str = "v1", kind: str = "ConfigMap") -> None:
        self.size = size
        self._kind, self._api_version = kind.encode(), api_version.encode()
        self._head = b'"apiVersion":"%b","kind":"%b",' % (self._api_version, self._kind)
        self.version = 1000 + objects
        self._bodies = [stream.body_of(index, 1001 + index, size) for index in range(objects)]
        self._pages: dict[tuple[int, int], bytes] = {}
        self._initial: bytes | None = None

    def object(self, index: int) -> bytes:
        """Return one object as the answer to a request for it."""
        return b"{" + self._head + self._bodies[index][1:]

    def __len__(self) -> int:
        return len(self._bodies)

    def page(self, start: int, limit: int) -> bytes:
        """Return a ConfigMapList of up to ``limit`` objects from ``start``; 0 means all."""
        key = (start, limit)
        if key not in self._pages:
            self._pages[key] = self._page(start, limit)
        return self._pages[key]

    def _page(self, start: int, limit: int) -> bytes:
        end = start + limit if limit else len(self)
        more = end < len(self)
        token = b',"continue":"%d","remainingItemCount":%d' % (end, len(self) - end) if more else b""
        head = b'{"kind":"%bList","apiVersion":"%b","metadata":{"resourceVersion":"%d"%b},"items":['
        return (
            head % (self._kind, self._api_version, self.version, token) + b",".join(self._bodies[start:end]) + b"]}\n"
        )

    def initial_events(self) -> bytes:
        """Return the framed ADDED events and the closing bookmark of a streaming list."""
        if self._initial is None:
            lines = [stream.event_line(b"ADDED", body, self._head) for body in self._bodies]
            lines.append(stream.bookmark_line(self.version, initial_end=True, head=self._head))
            self._initial = b"".join(map(stream.chunk, lines))
        return self._initial

    def warm(self) -> None:
        """Serialise what the first request would otherwise wait for."""
        self.page(0, 0)
        self.page(0, 500)
        self.initial_events()

    def burst(self, events: int) -> list[bytes]:
        """Return framed MODIFIED events, round after round over all objects, and make their last state current."""
        lines = []
        for number in range(events):
            index = number % len(self)
            self.version += 1
            body = stream.body_of(index, self.version, self.size)
            self._bodies[index] = body
            lines.append(stream.chunk(stream.event_line(b"MODIFIED", body, self._head)))
        self._pages.clear()
        self._initial = None
        return lines
