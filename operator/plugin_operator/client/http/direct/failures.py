"""Failures of a connection, by what the server may have read of the request."""

import ssl

OUTCOME_UNKNOWN = "the server may have carried out the request"
"""Note on the exception of a write whose response was not received."""


class DialError(OSError):
    """No connection was established, so the server has read nothing.

    Attributes:
        is_handshake: whether the TLS handshake failed.
    """

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error) or type(error).__name__)
        self.is_handshake = isinstance(error, ssl.SSLError)


class ClosedHereError(ConnectionError):
    """The connection was closed by this process."""

    def __init__(self) -> None:
        super().__init__("the connection was closed, for the operator stops")


class ClosedByServerError(ConnectionError):
    """The server closed the connection before the response was complete.

    Attributes:
        has_begun: whether a part of the response was received.
    """

    def __init__(self, message: str, *, has_begun: bool) -> None:
        super().__init__(message)
        self.has_begun = has_begun
