"""``StreamReceiver``: parse the response of a stream, whose body is taken in pieces.

Owns the buffer of pieces. The body of an error is collected as a whole, as that of a call.
"""

import zlib

from plugin_operator.client.http.answer import Answer, Headers
from plugin_operator.client.http.direct.receiver import MalformedAnswerError, Receiver, unpacker_of
from plugin_operator.client.http.limits import MAX_ERROR_BYTES
from plugin_operator.client.http.receiving_budget import ReceivingBudget

_MOST_UNPACKED_BYTES = 2**19  # of one piece


class StreamReceiver(Receiver):
    """Receives one response.

    Args:
        budget: bytes being received, shared with other responses; only errors count, and the caller bounds the buffer.

    Attributes:
        buffered: bytes that were received and not taken yet.
    """

    def __init__(self, budget: ReceivingBudget) -> None:
        super().__init__(budget)
        self._pieces: list[bytes] = []
        self._unpacker: zlib._Decompress | None = None
        self.buffered = 0
        self.begin(MAX_ERROR_BYTES)

    @property
    def is_answered(self) -> bool:
        """Whether ``answer`` can be called: the headers are complete, and the whole body of an error."""
        return self.is_complete or (self.status > 0 and not self.is_error)

    def answer(self) -> Answer:
        """Return status and headers, and the body of an error; call it once.

        Raises:
            MalformedAnswerError: the encoding of the body is not supported.
        """
        if self.is_error:
            return super().answer()
        if self._encoding:
            self._unpacker = unpacker_of(self._encoding)
        return Answer(self.status, Headers(self._headers), b"")

    def take(self) -> bytes:
        """Return what was received since the last call; ``b""`` if nothing was.

        Raises:
            MalformedAnswerError: the body cannot be decompressed, or is truncated.
        """
        pieces = self._pieces
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self.buffered = 0
        return data if self._unpacker is None else self._unpacked(self._unpacker, data)

    def on_body(self, body: bytes) -> None:
        """Keep a piece of the body."""
        if self.is_error:
            super().on_body(body)
        elif not self.is_complete:
            self._size += len(body)
            self.buffered += len(body)
            self._pieces.append(body)

    def discard(self) -> None:
        """Forget the body of an error."""
        if self.is_error:
            super().discard()

    def _check(self) -> None:
        if self.is_error:
            super()._check()

    def _unpacked(self, unpacker: "zlib._Decompress", data: bytes) -> bytes:
        try:
            plain = unpacker.decompress(data, _MOST_UNPACKED_BYTES)
        except zlib.error as error:
            raise MalformedAnswerError(f"the response cannot be decompressed: {error}") from error
        if left := unpacker.unconsumed_tail:
            self._pieces.insert(0, left)
            self.buffered += len(left)
        elif not plain and self.is_complete and not unpacker.eof:
            raise MalformedAnswerError("the compressed response is truncated")
        return plain
