"""``Answer``: a response as it was received, complete or as a stream."""

from collections.abc import Iterator, Mapping
from typing import Protocol

import msgspec


class Headers(Mapping[str, str]):
    """The headers of a response, looked up without regard to case; they are decoded only when they are read."""

    __slots__ = ("_received",)

    def __init__(self, received: list[tuple[bytes, bytes]]) -> None:
        self._received = received

    def __getitem__(self, name: str) -> str:
        for value in self._all(name):
            return value
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter({name.decode("latin-1").title(): None for name, _ in self._received})

    def __len__(self) -> int:
        return len({name.lower() for name, _ in self._received})

    def getall(self, name: str) -> list[str]:
        """Return every value of one name; an empty list without one."""
        return list(self._all(name))

    def _all(self, name: str) -> Iterator[str]:
        wanted = name.lower().encode("latin-1")
        for each, value in self._received:
            if each.lower() == wanted:
                yield value.decode("utf-8", "surrogateescape")


class Answer(msgspec.Struct, frozen=True):
    """One response.

    Attributes:
        status: HTTP status, from 200.
        headers: its headers.
        body: the whole body; that of an error is truncated.
    """

    status: int
    headers: Headers
    body: bytes

    def __repr__(self) -> str:
        """Return the status only: a body may contain secrets."""
        return f"Answer({self.status})"

    @property
    def is_error(self) -> bool:
        """Whether the status is that of an error or a redirect."""
        return self.status >= 300 and self.status != 304


class AnsweredStream(Protocol):
    """A response whose body is read while it is received.

    Attributes:
        answer: status and headers, and the body of an error.
    """

    answer: Answer

    async def read(self) -> bytes:
        """Return the received bytes; ``b""`` after the proper end."""
