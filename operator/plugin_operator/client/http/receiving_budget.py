"""``ReceivingBudget``: the bytes of all responses that are being received at one time."""

from plugin_operator.client.http.limits import MAX_RECEIVING_BYTES
from plugin_operator.errors import ApiConnectionError


class ReceivingBudget:
    """A count shared by the calls of one connection to an API server.

    Attributes:
        received: bytes of bodies that are not complete or not taken yet.
    """

    __slots__ = ("received",)

    def __init__(self) -> None:
        self.received = 0

    def check(self) -> None:
        """Raise ``ApiConnectionError`` if all responses together exceed ``MAX_RECEIVING_BYTES``."""
        if self.received > MAX_RECEIVING_BYTES:
            raise ApiConnectionError(f"more than {MAX_RECEIVING_BYTES} bytes are being received at one time")
