"""How a patch fails."""


class PatchError(Exception):
    """A patch cannot be applied.

    Attributes:
        code: HTTP status for the answer: 400 malformed, 413 too large, 422 does not apply.
        reason: ``Status.reason``: ``BadRequest``, ``RequestEntityTooLarge`` or ``Invalid``.
        message: the server's words.
    """

    def __init__(self, code: int, reason: str, message: str) -> None:
        self.code = code
        self.reason = reason
        self.message = message
        super().__init__(message)


def malformed(message: str) -> PatchError:
    """Return the error for a patch that is no patch."""
    return PatchError(400, "BadRequest", message)
