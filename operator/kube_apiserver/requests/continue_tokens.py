"""Continue tokens: the revision of a paginated list, and the last key of the previous page."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from typing import Any

from kube_apiserver import codec
from kube_apiserver.wire.status_error import StatusError, bad_request

_EXPIRED = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)


def make_token(revision: int, last_key: str) -> str:
    """Return the token for the page after ``last_key``. Revision -1 continues at the newest revision."""
    text = codec.encode({"v": "meta.k8s.io/v1", "rv": revision, "start": last_key + "\x00"})
    return urlsafe_b64encode(text).rstrip(b"=").decode()


def read_token(token: str) -> tuple[int, str]:
    """Return the revision and the last key of a token.

    Raises:
        StatusError: 400, the token is malformed.
    """
    try:
        value: Any = codec.decode(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        revision, start = int(value["rv"]), str(value["start"])
    except codec.MalformedJson as error:
        first = urlsafe_b64decode(token + "=" * (-len(token) % 4))[:1]
        shown = f"\\u{first[0]:04x}" if first and first[0] > 126 else first.decode("latin1")
        why = f"invalid character '{shown}' looking for beginning of value"
        raise bad_request(f"invalid continue token: continue key is not valid: {why}") from error
    except (Base64Error, KeyError, TypeError, ValueError) as error:
        raise bad_request("invalid continue token: continue key is not valid: it cannot be read") from error
    return revision, start.removesuffix("\x00")


def expired_token(last_key: str) -> StatusError:
    """Return the 410 for a token of a compacted revision. Its new token continues the list at the newest revision."""
    failure = StatusError(410, "Expired", _EXPIRED)
    body = failure.body()
    body["metadata"] = {"continue": make_token(-1, last_key)}
    return ExpiredToken(body)


class ExpiredToken(StatusError):
    """A 410 with a continue token in its list metadata."""

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__(410, "Expired", _EXPIRED)
        self._body = body

    def body(self) -> dict[str, Any]:
        """Return the Status with its list metadata."""
        return self._body
