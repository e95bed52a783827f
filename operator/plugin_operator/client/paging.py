"""Following a list from page to page.

Owns how many objects a page is asked for, where the next one begins, and when a server leads nowhere. Requests and what
is done with the objects are left to the callers.
"""

from plugin_operator.client.http.api_request import Query
from plugin_operator.client.http.limits import fewer
from plugin_operator.errors import AnswerTooLargeError, ApiConnectionError

PAGE_OBJECTS = 500

MAX_PAGES = 20_000
"""Ten million objects; a server that goes on after so many pages never comes to an end."""

_PAGE_BYTES = 8 * 2**20  # a page is held whole and scanned at once, so large objects come in shorter pages
_SMALL_PAGE_BYTES = _PAGE_BYTES // 8
_MAX_TOKEN_BYTES = 2**16  # it goes into a URL; kube-apiserver's tokens have a few hundred bytes


class Paging:
    """The pages of one list.

    Args:
        what: is listed, for error messages.
        limit: the number of objects on the first page, and the most on any; None asks for the list in one piece.
    """

    __slots__ = ("_followed", "_limit", "_most", "_pages", "_token", "_what")

    def __init__(self, what: str, limit: int | None = PAGE_OBJECTS) -> None:
        self._what = what
        self._limit = self._most = limit
        self._token = ""
        self._pages = 0
        self._followed: set[int] = set()

    @property
    def query(self) -> Query:
        """What asks for the page at hand."""
        limit = [("limit", str(self._limit))] if self._limit else []
        return [*limit, ("continue", self._token)] if self._token else limit

    def shrink(self, refused: AnswerTooLargeError) -> None:
        """Ask for the page at hand again with fewer objects, for it was larger than an answer may be.

        Raises:
            AnswerTooLargeError: ``refused`` itself; one object is too large, or the list in one piece is.
        """
        if self._limit is None or self._limit == 1:
            raise refused
        self._limit = fewer(self._limit)

    def turn(self, token: str | None, page_bytes: int) -> bool:
        """Go on to the next page and return whether there is one.

        Args:
            token: the ``continue`` of the page at hand.
            page_bytes: its size, which decides how many objects the next page is asked for.

        Raises:
            ApiConnectionError: the server leads back to a page that was read, or from page to page without end.
        """
        if not token:
            return False
        self._pages += 1
        mark = hash(token)
        if mark in self._followed:
            raise ApiConnectionError(f"{self._what}: the server goes on with the same page for ever")
        if self._pages >= MAX_PAGES:
            raise ApiConnectionError(f"{self._what}: the server goes on after {MAX_PAGES} pages of one list")
        if len(token) > _MAX_TOKEN_BYTES:
            raise ApiConnectionError(f"{self._what}: the server's continue token has {len(token)} bytes")
        self._followed.add(mark)
        self._token = token
        if self._limit and self._most:
            self._limit = _resized(self._limit, self._most, page_bytes)
        return True


def _resized(limit: int, most: int, page_bytes: int) -> int:
    """A few large objects must not make the thousands of small ones behind them come one by one."""
    if page_bytes > _PAGE_BYTES:
        return max(1, limit // 2)
    return min(most, limit * 2) if page_bytes < _SMALL_PAGE_BYTES else limit
