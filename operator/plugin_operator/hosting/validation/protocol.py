"""The protocol between the operator and the fork server: messages and their framing on a pipe."""

from typing import Any

import msgspec

from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.scan.snapshot import PluginSource

_LENGTH_BYTES = 4


class TrialRequest(msgspec.Struct, frozen=True):
    """Request to try a plugin.

    Attributes:
        id: number of the request, repeated in the verdict.
        name, path, root, digest, files, code: fields of the ``PluginSource``.
        deadline_seconds: deadline of the import.
    """

    id: int
    name: str
    path: str
    root: str
    digest: str
    files: dict[str, bytes]
    code: dict[str, bytes]
    deadline_seconds: float

    @classmethod
    def of(cls, number: int, source: PluginSource, deadline_seconds: float) -> "TrialRequest":
        """Return the request for a source."""
        return cls(
            id=number,
            name=source.name,
            path=source.path,
            root=source.root,
            digest=source.digest,
            files=dict(source.files),
            code=dict(source.code),
            deadline_seconds=deadline_seconds,
        )

    def source(self) -> PluginSource:
        """Return the source of the request."""
        return PluginSource(self.name, self.path, self.files, self.digest, root=self.root, code=self.code)


class Verdict(msgspec.Struct, frozen=True):
    """Result of a trial.

    Attributes:
        id: number of the request.
        reason: why the plugin is rejected; empty if it is accepted.
        path, line: location of the fault, with the path as shown to users.
        others: reason, path and line of the other mistakes that were found.
        declarations: summaries of its controllers.
        definitions: versions of custom kinds that its classes define, as ``VersionRecord`` of ``kube.definitions``.
        metrics: names of the metrics that its import registered.
        leftovers: descriptions of the side effects of its import.
        is_passing: whether the cause of the rejection may be temporary, such as a deadline missed under load.
        seconds: duration of the trial.
    """

    id: int = 0
    reason: str = ""
    path: str = ""
    line: int | None = None
    others: list[tuple[str, str, int | None]] = msgspec.field(default_factory=list)
    declarations: list[dict[str, Any]] = msgspec.field(default_factory=list)
    definitions: list[dict[str, Any]] = msgspec.field(default_factory=list)
    metrics: list[str] = msgspec.field(default_factory=list)
    leftovers: list[str] = msgspec.field(default_factory=list)
    is_passing: bool = False
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the plugin may be loaded."""
        return not self.reason

    def rejection(self) -> PluginRejected:
        """Return the rejection as an exception."""
        others = (PluginRejected(reason, path=path, line=line) for reason, path, line in self.others)
        return PluginRejected(self.reason, path=self.path, line=self.line, others=others)


class Frames:
    """Splits a byte stream into the frames that ``frame`` created.

    Args:
        max_bytes: largest frame; a larger length means that other code wrote to the stream, which then has no frames.
    """

    def __init__(self, max_bytes: int | None = None) -> None:
        self._buffer = bytearray()
        self._max = max_bytes

    def feed(self, data: bytes) -> list[bytes]:
        """Add ``data`` and return the frames that are complete now."""
        self._buffer += data
        found = []
        while len(self._buffer) >= _LENGTH_BYTES:
            end = _LENGTH_BYTES + int.from_bytes(self._buffer[:_LENGTH_BYTES])
            if self._max is not None and end > self._max:
                self._buffer.clear()
                break
            if len(self._buffer) < end:
                break
            found.append(bytes(self._buffer[_LENGTH_BYTES:end]))
            del self._buffer[:end]
        return found


def frame(message: TrialRequest | Verdict) -> bytes:
    """Return a message prefixed with its length."""
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(_LENGTH_BYTES) + body


def bytes_of(source: PluginSource) -> bytes:
    """Return a source as another worker process gets it."""
    return msgspec.json.encode(TrialRequest.of(0, source, 0.0))


def source_of(sent: bytes) -> PluginSource:
    """Return the source that ``bytes_of`` was given."""
    return msgspec.json.decode(sent, type=TrialRequest).source()
