"""Receive the bodies of responses within limits of size."""

import asyncio
import contextlib

import aiohttp

from plugin_operator.client.http.limits import MAX_ERROR_BYTES
from plugin_operator.client.http.receiving_budget import ReceivingBudget
from plugin_operator.errors import AnswerTooLargeError, ApiConnectionError

_ERROR_SECONDS = 5.0


class BodyReader:
    """Reads the responses of aiohttp.

    Args:
        budget: counts the bytes of all responses.
    """

    __slots__ = ("_budget",)

    def __init__(self, budget: ReceivingBudget) -> None:
        self._budget = budget

    async def read(self, answer: aiohttp.ClientResponse, limit: int) -> bytes:
        """Return the whole body.

        Raises:
            AnswerTooLargeError: the body has more than ``limit`` bytes; it is not buffered beyond them.
            ApiConnectionError: all responses together exceed ``MAX_RECEIVING_BYTES``.
        """
        announced = answer.content_length or 0
        if announced > limit:
            answer.close()
            raise AnswerTooLargeError(f"the server's answer is larger than {limit} bytes: it has {announced}")
        body, size = bytearray(), 0
        first = b""
        try:
            while piece := await answer.content.readany():
                size += len(piece)
                self._budget.received += len(piece)
                self._check(size, limit)
                if size == len(piece):
                    first = piece  # most responses have a single piece
                    continue
                # The allocator returns one large buffer to the system, but not thousands of pieces.
                body += piece if body else first + piece
            return bytes(body) if body else first
        except ApiConnectionError:
            answer.close()
            raise
        finally:
            # The traceback of an error would keep the buffer alive.
            body.clear()
            self._budget.received -= size

    def _check(self, size: int, limit: int) -> None:
        if size > limit:
            raise AnswerTooLargeError(f"the server's answer is larger than {limit} bytes")
        self._budget.check()


async def beginning_of(answer: aiohttp.ClientResponse) -> bytes:
    """Return the start of an error body; a long or slow body is truncated."""
    body = bytearray()
    with contextlib.suppress(TimeoutError, aiohttp.ClientPayloadError):
        async with asyncio.timeout(_ERROR_SECONDS):
            while piece := await answer.content.readany():
                body += piece
                if len(body) > MAX_ERROR_BYTES:
                    break
            else:
                return bytes(body)
    answer.close()
    return bytes(body[:MAX_ERROR_BYTES])
