"""Errors of patches."""


class PatchError(Exception):
    """A patch is malformed or cannot be applied.

    Attributes:
        code: the HTTP status. 400 for a malformed patch, 413 for a large one, 422 for one that does not apply. Like
            kube-apiserver, an invalid directive of strategic merge patch has 500.
        reason: ``Status.reason``: ``BadRequest``, ``RequestEntityTooLarge``, ``Invalid``, or "" with a 500.
        message: kube-apiserver's message.
    """

    def __init__(self, code: int, reason: str, message: str) -> None:
        self.code = code
        self.reason = reason
        self.message = message
        super().__init__(message)


def invalid_directive(message: str) -> PatchError:
    """Return the error of a strategic merge patch with invalid directives or merge keys."""
    return PatchError(500, "", message)


def malformed(message: str) -> PatchError:
    """Return the error of a malformed patch."""
    return PatchError(400, "BadRequest", message)


def inapplicable() -> PatchError:
    """Return the error of a well-formed patch that does not apply."""
    return PatchError(422, "Invalid", "the server rejected our request due to an error in our request")
