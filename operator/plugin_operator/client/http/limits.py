"""How large an answer may be: by what is asked for, because that is what will be parsed and held.

The API server stores no object above 1.5 MiB, so the limits leave room and yet stop a body that has no end.
"""

from plugin_operator.client.http.api_request import ApiRequest
from plugin_operator.client.http.request_path import object_of

MAX_OBJECT_BYTES = 64 * 2**20
"""One object, and a page that was asked to hold no more than one."""

MAX_PAGE_BYTES = 32 * 2**20
"""A page of a list; past it the page is asked for again with fewer objects."""

MAX_LIST_BYTES = 128 * 2**20
"""A list in one piece, which is asked for only when the server has dropped the snapshot behind its pages."""

MAX_DOCUMENT_BYTES = 32 * 2**20
"""Discovery, version and other documents."""

MAX_RECEIVING_BYTES = 256 * 2**20
"""All answers that are being received at one time."""

MAX_ERROR_BYTES = 2**16
"""The body of a failure; what comes behind it is not read."""


def body_limit(request: ApiRequest) -> int:
    """Return how many bytes the answer to a request may have."""
    address = object_of(request.path)
    if "resource" not in address:
        return MAX_DOCUMENT_BYTES
    if "name" in address or request.is_write:
        return MAX_OBJECT_BYTES
    page = next((value for key, value in request.query if key == "limit"), "")
    if not page:
        return MAX_LIST_BYTES
    return MAX_OBJECT_BYTES if page == "1" else MAX_PAGE_BYTES


def fewer(limit: int) -> int:
    """Return the size of the page to ask for when one of ``limit`` objects was too large."""
    return max(1, limit // 5)
