"""A request that fails, as a ``meta/v1 Status``.

Reasons, messages and details are those of apimachinery's ``api/errors``: clients branch on the reason, people and tests
read the message.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from kube_apiserver.schema import Cause


class StatusError(Exception):
    """Ends a request with a failure Status.

    Attributes:
        code: the HTTP status.
        reason: the machine-readable word.
        details: ``Status.details`` without empty members; None leaves it out.
        headers: further response headers.
    """

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        details: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.headers = dict(headers or {})
        super().__init__(f"{code} {reason}: {message}")

    def body(self) -> dict[str, Any]:
        """Return the Status."""
        status: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            status["reason"] = self.reason
        if self.details is not None:
            status["details"] = dict(self.details)
        status["code"] = self.code
        return status


def qualified(plural: str, group: str) -> str:
    """Return ``plural`` or ``plural.group``, as messages name a resource or a kind."""
    return f"{plural}.{group}" if group else plural


def _details(name: str, group: str, kind: str, causes: Sequence[Cause] = ()) -> dict[str, Any]:
    details: dict[str, Any] = {"name": name, "group": group, "kind": kind}
    details = {key: value for key, value in details.items() if value}
    if causes:
        details["causes"] = [cause_body(cause) for cause in causes]
    return details


def cause_body(cause: Cause) -> dict[str, str]:
    """Return the JSON form of a cause; an empty field is left out, as the real server does."""
    body = {"reason": cause.reason, "message": cause.message}
    return {**body, "field": cause.field} if cause.field else body


def bad_request(message: str) -> StatusError:
    """The request itself makes no sense."""
    return StatusError(400, "BadRequest", message)


def unauthorized() -> StatusError:
    """The credentials are not known here."""
    return StatusError(401, "Unauthorized", "Unauthorized")


def forbidden(plural: str, group: str, name: str, why: str, causes: Sequence[Cause] = ()) -> StatusError:
    """The request is understood and not allowed."""
    what = qualified(plural, group)
    subject = f'{what} "{name}" is forbidden' if name else f"{what} is forbidden"
    return StatusError(403, "Forbidden", f"{subject}: {why}", _details(name, group, plural, causes))


def not_found(plural: str, group: str, name: str) -> StatusError:
    """There is no such object."""
    message = f'{qualified(plural, group)} "{name}" not found'
    return StatusError(404, "NotFound", message, _details(name, group, plural))


def no_such_resource() -> StatusError:
    """The path names a resource that is not served."""
    return StatusError(404, "NotFound", "the server could not find the requested resource", {})


def method_not_allowed() -> StatusError:
    """The resource is served, but not under this method."""
    message = "the server does not allow this method on the requested resource"
    return StatusError(405, "MethodNotAllowed", message, {})


def not_acceptable(accepted: Sequence[str]) -> StatusError:
    """The client accepts nothing that can be sent."""
    message = "only the following media types are accepted: " + ", ".join(accepted)
    return StatusError(406, "NotAcceptable", message)


def unsupported_media_type(accepted: Sequence[str]) -> StatusError:
    """The body is of a type that cannot be read."""
    message = "the body of the request was in an unknown format - accepted media types include: " + ", ".join(accepted)
    return StatusError(415, "UnsupportedMediaType", message)


def already_exists(plural: str, group: str, name: str, *, is_being_deleted: bool = False) -> StatusError:
    """The name is taken, maybe by an object that only waits for its finalizers."""
    message = f'{"object is being deleted: " * is_being_deleted}{qualified(plural, group)} "{name}" already exists'
    return StatusError(409, "AlreadyExists", message, _details(name, group, plural))


def conflict(plural: str, group: str, name: str, why: str, causes: Sequence[Cause] = ()) -> StatusError:
    """Somebody else was faster, or owns the field."""
    message = f'Operation cannot be fulfilled on {qualified(plural, group)} "{name}": {why}'
    return StatusError(409, "Conflict", message, _details(name, group, plural, causes))


def modified(plural: str, group: str, name: str) -> StatusError:
    """The resourceVersion in the request is not the newest."""
    why = "the object has been modified; please apply your changes to the latest version and try again"
    return conflict(plural, group, name, why)


def expired(message: str) -> StatusError:
    """The revision or continue token is too old: list again."""
    return StatusError(410, "Expired", message)


def too_large(limit_bytes: int) -> StatusError:
    """The body exceeds the limit."""
    message = f"Request entity too large: limit is {limit_bytes}"
    return StatusError(413, "RequestEntityTooLarge", message)


def invalid(kind: str, group: str, name: str, causes: Sequence[Cause]) -> StatusError:
    """The object breaks a rule of its kind."""
    what = f'{f"{kind}.{group}" if group else kind} "{name}" is invalid'
    errors = [f"{cause.field}: {cause.message}" if cause.field else cause.message for cause in causes]
    # An error that is found twice is said once, though it stays two causes.
    errors = list(dict.fromkeys(errors))
    text = errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]"
    return StatusError(422, "Invalid", f"{what}: {text}", _details(name, group, kind, causes))


def internal(message: str) -> StatusError:
    """The server itself is at fault."""
    causes = [{"message": message}]
    return StatusError(500, "InternalError", f"Internal error occurred: {message}", {"causes": causes})
