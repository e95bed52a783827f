"""``Paging``: the state of a list in pages.

Owns the page size, the continue token and the detection of lists without an end. Leaves requests and objects to the
callers.
"""

from plugin_operator.client.http.api_request import Query
from plugin_operator.client.http.limits import fewer
from plugin_operator.errors import AnswerTooLargeError, ApiConnectionError

PAGE_OBJECTS = 500

MAX_PAGES = 20_000
"""Ten million objects; a list with more pages counts as endless."""

_PAGE_BYTES = 8 * 2**20  # a page is buffered and parsed as a whole, so large objects need smaller pages
_SMALL_PAGE_BYTES = _PAGE_BYTES // 8
_MAX_TOKEN_BYTES = 2**16  # part of a URL; tokens of kube-apiserver have a few hundred bytes


class Paging:
    """The pages of one list.

    Args:
        what: name of the list, for error messages.
        limit: objects on the first page, and the maximum for any page; None requests the whole list at once.
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
        """Query of the current page."""
        limit = [("limit", str(self._limit))] if self._limit else []
        return [*limit, ("continue", self._token)] if self._token else limit

    def shrink(self, refused: AnswerTooLargeError) -> None:
        """Reduce the size of the current page after its response exceeded the limit.

        Raises:
            AnswerTooLargeError: ``refused`` itself; a single object, or the whole list at once, is too large.
        """
        if self._limit is None or self._limit == 1:
            raise refused
        self._limit = fewer(self._limit)

    def turn(self, token: str | None, page_bytes: int) -> bool:
        """Move to the next page; return whether there is one.

        Args:
            token: ``continue`` of the current page.
            page_bytes: size of the current page, which sets the number of objects on the next.

        Raises:
            ApiConnectionError: the server repeats a continue token, or the list has too many pages.
        """
        if not token:
            return False
        self._pages += 1
        mark = hash(token)
        if mark in self._followed:
            raise ApiConnectionError(f"{self._what}: the server returned the same continue token twice")
        if self._pages >= MAX_PAGES:
            raise ApiConnectionError(f"{self._what}: the list has more than {MAX_PAGES} pages")
        if len(token) > _MAX_TOKEN_BYTES:
            raise ApiConnectionError(f"{self._what}: the server's continue token has {len(token)} bytes")
        self._followed.add(mark)
        self._token = token
        if self._limit and self._most:
            self._limit = _resized(self._limit, self._most, page_bytes)
        return True


def _resized(limit: int, most: int, page_bytes: int) -> int:
    """Return the next page size; it grows again, so that a few large objects do not slow down the rest of the list."""
    if page_bytes > _PAGE_BYTES:
        return max(1, limit // 2)
    return min(most, limit * 2) if page_bytes < _SMALL_PAGE_BYTES else limit
