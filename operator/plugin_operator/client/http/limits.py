"""Maximum size of a response, by the type of request.

The API server stores no object above 1.5 MiB. The limits leave room for that, and stop an endless body.
"""

from plugin_operator.client.http.api_request import ApiRequest
from plugin_operator.client.http.request_path import object_of

MAX_OBJECT_BYTES = 64 * 2**20
"""One object, and a page of one object."""

MAX_PAGE_BYTES = 32 * 2**20
"""A page of a list; a larger page is requested again with fewer objects."""

MAX_LIST_BYTES = 128 * 2**20
"""A whole list at once, requested only after the snapshot behind the pages has expired."""

MAX_DOCUMENT_BYTES = 32 * 2**20
"""Discovery, version and other documents."""

MAX_RECEIVING_BYTES = 256 * 2**20
"""All responses that are received at the same time."""

MAX_ERROR_BYTES = 2**16
"""The body of an error; the rest is not read."""


def body_limit(request: ApiRequest) -> int:
    """Return the maximum size of the response in bytes."""
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
    """Return the number of objects for the next attempt after a page of ``limit`` objects was too large."""
    return max(1, limit // 5)
