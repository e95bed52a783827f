"""The resourceVersion and resourceVersionMatch parameters."""

from kube_apiserver.requests.request import Request
from kube_apiserver.schema import Cause
from kube_apiserver.wire.status_error import StatusError, bad_request, invalid

_MATCHES = ("Exact", "NotOlderThan")


def parse_revision(text: str) -> int:
    """Return a resource version as a number. "" is 0.

    Raises:
        StatusError: 500, like kube-apiserver, if it is not a number.
    """
    if not text:
        return 0
    is_number = text.isascii() and text.isdigit()
    if is_number and int(text) < 2**64:
        return int(text)
    why = "value out of range" if is_number else "invalid syntax"
    message = f'Invalid value: "{text}": strconv.ParseUint: parsing "{text}": {why}'
    raise StatusError(500, "", f"resourceVersion: {message}")


def list_revision(request: Request) -> int:
    """Return the minimum revision of a read.

    Raises:
        StatusError: 400 or 422, the parameters are invalid; 504, the revision is in the future.
    """
    _check_match(request)
    try:
        revision = parse_revision(request.query.get("resourceVersion", ""))
    except StatusError as error:
        if request.target.name:
            raise
        raise bad_request(f"invalid resource version: {error.message}") from error
    newest = request.cluster.store.published_revision
    if revision > newest:
        raise too_large_revision(revision, newest)
    return revision


def exact_revision(request: Request) -> int | None:
    """Return the exact revision that a list requires, None if the newest will do."""
    text, match = request.query.get("resourceVersion", ""), request.query.get("resourceVersionMatch", "")
    if match == "Exact":
        return parse_revision(text)
    if not match and request.query.get("limit") and text not in {"", "0"}:
        # A limit with a resourceVersion and no match implies Exact.
        return parse_revision(text)
    return None


def _check_match(request: Request) -> None:
    match = request.query.get("resourceVersionMatch", "")
    text = request.query.get("resourceVersion", "")
    initial = []
    if request.query.get("sendInitialEvents") and not request.target.name:
        initial = [Cause("sendInitialEvents", "FieldValueForbidden", "Forbidden: " + _NOT_FOR_LIST)]
    if not match:
        if initial:
            raise list_options(*initial)
        return
    if request.query.get("continue"):
        raise list_options(Cause("resourceVersionMatch", "FieldValueForbidden", "Forbidden: " + _WITH_CONTINUE))
    if match not in _MATCHES:
        supported = ", ".join(f'"{name}"' for name in (*_MATCHES, ""))
        message = f'Unsupported value: "{match}": supported values: {supported}'
        raise list_options(Cause("resourceVersionMatch", "FieldValueNotSupported", message))
    if not text:
        cause = Cause("resourceVersionMatch", "FieldValueForbidden", "Forbidden: " + _WITHOUT_VERSION)
        raise list_options(cause, *initial)
    if match == "Exact" and text == "0":
        raise list_options(Cause("resourceVersionMatch", "FieldValueForbidden", "Forbidden: " + _EXACT_ZERO))


def list_options(*causes: Cause) -> StatusError:
    """Return the 422 for invalid list options."""
    return invalid("ListOptions", "meta.k8s.io", "", causes)


def too_large_revision(asked: int, newest: int) -> StatusError:
    """Return the 504 for a revision that is newer than the store's, which must stem from another server."""
    message = f"Timeout: Too large resource version: {asked}, current: {newest}"
    causes = [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]
    details = {"causes": causes, "retryAfterSeconds": 1}
    return StatusError(504, "Timeout", message, details, {"Retry-After": "1"})


_NOT_FOR_LIST = "sendInitialEvents is forbidden for list"
_WITH_CONTINUE = "resourceVersionMatch is forbidden when continue is provided"
_WITHOUT_VERSION = "resourceVersionMatch is forbidden unless resourceVersion is provided"
_EXACT_ZERO = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
