"""Receiving the bodies of answers without letting them take more memory than they may."""

import asyncio
import contextlib

import aiohttp

from plugin_operator.client.http.limits import MAX_ERROR_BYTES, MAX_RECEIVING_BYTES
from plugin_operator.errors import AnswerTooLargeError, ApiConnectionError

_ERROR_SECONDS = 5.0


class BodyReader:
    """Reads the answers of one connection; counts what all of them hold."""

    __slots__ = ("_receiving",)

    def __init__(self) -> None:
        self._receiving = 0

    async def read(self, answer: aiohttp.ClientResponse, limit: int) -> bytes:
        """Return the whole body.

        Raises:
            AnswerTooLargeError: it has more than ``limit`` bytes; no more than these were held.
            ApiConnectionError: too much is being received at one time.
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
                self._receiving += len(piece)
                self._check(size, limit)
                if size == len(piece):
                    first = piece  # most answers have no second
                    continue
                # One large buffer goes back to the system when it is freed; thousands of pieces would stay.
                body += piece if body else first + piece
            return bytes(body) if body else first
        except ApiConnectionError:
            answer.close()
            raise
        finally:
            # The traceback of an error that is kept for a while would keep it.
            body.clear()
            self._receiving -= size

    def _check(self, size: int, limit: int) -> None:
        if size > limit:
            raise AnswerTooLargeError(f"the server's answer is larger than {limit} bytes")
        if self._receiving > MAX_RECEIVING_BYTES:
            raise ApiConnectionError(f"more than {MAX_RECEIVING_BYTES} bytes are being received at one time")


async def beginning_of(answer: aiohttp.ClientResponse) -> bytes:
    """Return the beginning of a body that says what failed; a body without an end, or a slow one, is cut."""
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
