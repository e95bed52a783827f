"""Failed requests as ``meta/v1 Status``.

Reasons, messages and details follow apimachinery's ``api/errors``, because clients depend on them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from kube_apiserver.schema import Cause


class StatusError(Exception):
    """A request failed. The response is a Status.

    Attributes:
        code: the HTTP status.
        reason: the machine-readable reason.
        details: ``Status.details`` without empty members, None to omit it.
        headers: additional response headers.
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
    """Return ``plural`` or ``plural.group``, the form of resources and kinds in messages."""
    return f"{plural}.{group}" if group else plural


def _details(name: str, group: str, kind: str, causes: Sequence[Cause] = ()) -> dict[str, Any]:
    details: dict[str, Any] = {"name": name, "group": group, "kind": kind}
    details = {key: value for key, value in details.items() if value}
    if causes:
        details["causes"] = [cause_body(cause) for cause in causes]
    return details


def cause_body(cause: Cause) -> dict[str, str]:
    """Return the JSON form of a cause. An empty field is omitted, as in kube-apiserver."""
    body = {"reason": cause.reason, "message": cause.message}
    return {**body, "field": cause.field} if cause.field else body


def bad_request(message: str) -> StatusError:
    """Return a 400 BadRequest."""
    return StatusError(400, "BadRequest", message)


def unauthorized() -> StatusError:
    """Return a 401 Unauthorized for unknown credentials."""
    return StatusError(401, "Unauthorized", "Unauthorized")


def forbidden(plural: str, group: str, name: str, why: str, causes: Sequence[Cause] = ()) -> StatusError:
    """Return a 403 Forbidden for a named object."""
    what = qualified(plural, group)
    subject = f'{what} "{name}" is forbidden' if name else f"{what} is forbidden"
    return StatusError(403, "Forbidden", f"{subject}: {why}", _details(name, group, plural, causes))


def not_found(plural: str, group: str, name: str) -> StatusError:
    """Return a 404 NotFound for a missing object."""
    message = f'{qualified(plural, group)} "{name}" not found'
    return StatusError(404, "NotFound", message, _details(name, group, plural))


def no_such_resource() -> StatusError:
    """Return a 404 NotFound for a resource that is not served."""
    return StatusError(404, "NotFound", "the server could not find the requested resource", {})


def method_not_allowed() -> StatusError:
    """Return a 405 MethodNotAllowed for a resource that does not support the method."""
    message = "the server does not allow this method on the requested resource"
    return StatusError(405, "MethodNotAllowed", message, {})


def not_acceptable(accepted: Sequence[str]) -> StatusError:
    """Return a 406 NotAcceptable that lists the available media types."""
    message = "only the following media types are accepted: " + ", ".join(accepted)
    return StatusError(406, "NotAcceptable", message)


def unsupported_media_type(accepted: Sequence[str]) -> StatusError:
    """Return a 415 UnsupportedMediaType that lists the accepted media types."""
    message = "the body of the request was in an unknown format - accepted media types include: " + ", ".join(accepted)
    return StatusError(415, "UnsupportedMediaType", message)


def already_exists(plural: str, group: str, name: str, *, is_being_deleted: bool = False) -> StatusError:
    """Return a 409 AlreadyExists. ``is_being_deleted`` says that the existing object waits for its finalizers."""
    message = f'{"object is being deleted: " * is_being_deleted}{qualified(plural, group)} "{name}" already exists'
    return StatusError(409, "AlreadyExists", message, _details(name, group, plural))


def conflict(plural: str, group: str, name: str, why: str, causes: Sequence[Cause] = ()) -> StatusError:
    """Return a 409 Conflict for a concurrent write or an owned field."""
    message = f'Operation cannot be fulfilled on {qualified(plural, group)} "{name}": {why}'
    return StatusError(409, "Conflict", message, _details(name, group, plural, causes))


def modified(plural: str, group: str, name: str) -> StatusError:
    """Return a 409 Conflict for an outdated resourceVersion."""
    why = "the object has been modified; please apply your changes to the latest version and try again"
    return conflict(plural, group, name, why)


def expired(message: str) -> StatusError:
    """Return a 410 Expired for an old revision or continue token. The client must list again."""
    return StatusError(410, "Expired", message)


def too_large(limit_bytes: int) -> StatusError:
    """Return a 413 RequestEntityTooLarge."""
    message = f"Request entity too large: limit is {limit_bytes}"
    return StatusError(413, "RequestEntityTooLarge", message)


def invalid(kind: str, group: str, name: str, causes: Sequence[Cause]) -> StatusError:
    """Return a 422 Invalid with its field errors."""
    what = f'{f"{kind}.{group}" if group else kind} "{name}" is invalid'
    errors = [f"{cause.field}: {cause.message}" if cause.field else cause.message for cause in causes]
    # Like apimachinery, the message lists equal errors once, while the causes list both.
    errors = list(dict.fromkeys(errors))
    text = errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]"
    return StatusError(422, "Invalid", f"{what}: {text}", _details(name, group, kind, causes))


def internal(message: str) -> StatusError:
    """Return a 500 InternalError."""
    causes = [{"message": message}]
    return StatusError(500, "InternalError", f"Internal error occurred: {message}", {"causes": causes})
