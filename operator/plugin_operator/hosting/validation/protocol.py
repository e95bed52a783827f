"""What the operator and the trial process tell each other: values and their framing on a pipe."""

from typing import Any

import msgspec

from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.scan.snapshot import PluginSource

_LENGTH_BYTES = 4


class TrialRequest(msgspec.Struct, frozen=True):
    """Try this plugin.

    Attributes:
        id: comes back in the verdict.
        name, path, root, digest, files, code: of the ``PluginSource``.
        deadline_seconds: how long the import may take.
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
        """Make the request for a source."""
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
        """Return the source it was made of."""
        return PluginSource(self.name, self.path, self.files, self.digest, root=self.root, code=self.code)


class Verdict(msgspec.Struct, frozen=True):
    """What came of a trial.

    Attributes:
        id: of the request.
        reason: why the plugin is refused; empty if it is not.
        path, line: where, as the author knows the file.
        declarations: summaries of its controllers.
        leftovers: what its import leaves behind in the process, in words.
        is_passing: refused for a cause that may pass by itself, such as a deadline missed under load.
        seconds: how long the trial took.
    """

    id: int = 0
    reason: str = ""
    path: str = ""
    line: int | None = None
    declarations: list[dict[str, Any]] = msgspec.field(default_factory=list)
    leftovers: list[str] = msgspec.field(default_factory=list)
    is_passing: bool = False
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the plugin may be loaded."""
        return not self.reason

    def rejection(self) -> PluginRejected:
        """Return the refusal as the error it is everywhere else."""
        return PluginRejected(self.reason, path=self.path, line=self.line)


class Frames:
    """Splits a byte stream into the frames that ``frame`` made.

    Args:
        max_bytes: what is longer is no frame but somebody else's bytes: nothing is found in them.
    """

    def __init__(self, max_bytes: int | None = None) -> None:
        self._buffer = bytearray()
        self._max = max_bytes

    def feed(self, data: bytes) -> list[bytes]:
        """Take in what was read and return the frames that are complete now."""
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
    """Return a message with its length in front."""
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(_LENGTH_BYTES) + body
