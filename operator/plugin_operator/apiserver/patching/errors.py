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


def go_text(value: object) -> str:
    """Return a value as Go prints it in such messages: ``map[image:x]``."""
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{go_text(value[key])}' for key in sorted(value))}]"
    if isinstance(value, list):
        return f"[{' '.join(go_text(item) for item in value)}]"
    if value is None:
        return "<nil>"
    return str(value).lower() if isinstance(value, bool) else str(value)


def go_type(value: object) -> str:
    """Return what Go's decoder calls the JSON type of a value."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def malformed(message: str) -> PatchError:
    """Return the error for a patch that is no patch."""
    return PatchError(400, "BadRequest", message)
