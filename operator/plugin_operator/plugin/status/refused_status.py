"""The error for a status that a block cannot write."""

from typing import Any

from plugin_operator.errors import InvalidError
from plugin_operator.kube import GroupVersionKind, Object
from plugin_operator.rendering import class_name

_UNPROCESSABLE = 422


def refused_status(kind: GroupVersionKind, metadata: Object, value: Any, empty: str) -> InvalidError:
    """Return the error for a value in the place of a status.

    Args:
        kind: kind of the object.
        metadata: metadata of the object, as a dict.
        value: None, ``UNSET``, or something that is no status.
        empty: what an author writes for an empty status.
    """
    found = repr(value) if value is None or class_name(value) == "UnsetType" else f"a {class_name(value)}"
    reason = f"is {found}, and ctx.status does not remove a status: change its fields, or assign {empty}"
    message = f'{kind} "{metadata["name"]}" is invalid and was not sent: status: {reason}'
    causes = [{"field": "status", "reason": "FieldValueInvalid", "message": reason}]
    return InvalidError(_UNPROCESSABLE, "Invalid", message, causes=causes)
