"""How a patch fails."""


class PatchError(Exception):
    """A patch cannot be applied.

    Attributes:
        code: HTTP status for the answer: 400 malformed, 413 too large, 422 does not apply, and 500 for a directive of
            strategic merge that cannot be followed, as the real server has it.
        reason: ``Status.reason``: ``BadRequest``, ``RequestEntityTooLarge``, ``Invalid``, or "" with a 500.
        message: the server's words.
    """

    def __init__(self, code: int, reason: str, message: str) -> None:
        self.code = code
        self.reason = reason
        self.message = message
        super().__init__(message)


def unfollowable(message: str) -> PatchError:
    """Return the error for a strategic merge patch whose directives or keys are wrong."""
    return PatchError(500, "", message)


def malformed(message: str) -> PatchError:
    """Return the error for a patch that is no patch."""
    return PatchError(400, "BadRequest", message)
