"""Constructors of field errors, with the messages of apimachinery's ``util/validation/field``.

There is one function per error type. The validators find the errors.
"""

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from kube_apiserver.schema.go_format import go_json, go_text, quoted
from kube_apiserver.schema.model import Cause


def shown(value: Any) -> str:
    """Return a value as kube-apiserver's messages show it: a quoted string, a plain number, or compact JSON."""
    if isinstance(value, int | float):
        return go_text(value)
    return quoted(value) if isinstance(value, str) else go_json(value)


def required(path: str, detail: str = "") -> Cause:
    """Return the field error for a missing value."""
    return Cause(path, "FieldValueRequired", f"Required value: {detail}" if detail else "Required value")


def declared(cause: Cause) -> Cause:
    """Return a field error as one that a tag of the Go type declares."""
    return replace(cause, is_declared=True)


def invalid(path: str, value: Any, detail: str) -> Cause:
    """Return the field error for a value that is invalid for the reason in ``detail``, if any."""
    return Cause(path, "FieldValueInvalid", f"Invalid value: {shown(value)}{f': {detail}' if detail else ''}")


def invalid_omitted(path: str, detail: str) -> Cause:
    """Return the field error for a value that is invalid, without the value."""
    return Cause(path, "FieldValueInvalid", f"Invalid value: {detail}")


def wrong_type(path: str, found: str, expected: str) -> Cause:
    """Return the field error for a value whose type or format ``found`` is not ``expected``."""
    detail = f"{path} in body must be of type {expected}: {shown(found)}"
    return Cause(path, "FieldValueTypeInvalid", f"Invalid value: {shown(found)}: {detail}")


def wrong_format(path: str, value: str, expected: str) -> Cause:
    """Return the field error for a string that lacks the format ``expected``."""
    detail = f"{path} in body must be of type {expected}: {shown(value)}"
    return Cause(path, "FieldValueTypeInvalid", f"Invalid value: {shown(value)}: {detail}")


def not_supported(path: str, value: Any, supported: Iterable[Any]) -> Cause:
    """Return the field error for a value that is not in ``supported``."""
    listed = ", ".join(shown(one) for one in supported)
    return Cause(path, "FieldValueNotSupported", f"Unsupported value: {shown(value)}: supported values: {listed}")


def not_found(path: str, value: Any, detail: str = "") -> Cause:
    """Return the field error for a value that names nothing."""
    return Cause(path, "FieldValueNotFound", f"Not found: {shown(value)}{f': {detail}' if detail else ''}")


def duplicate(path: str, value: Any) -> Cause:
    """Return the field error for a duplicate item of a list."""
    return Cause(path, "FieldValueDuplicate", f"Duplicate value: {shown(value)}")


def forbidden(path: str, detail: str = "") -> Cause:
    """Return the field error for a field that must not be set."""
    return Cause(path, "FieldValueForbidden", f"Forbidden: {detail}" if detail else "Forbidden")


def internal(path: str, detail: str) -> Cause:
    """Return the field error for a value that the server failed to check."""
    return Cause(path, "InternalError", f"Internal error: {detail}")


def too_long(path: str, limit: int) -> Cause:
    """Return the field error for a string longer than ``limit`` bytes."""
    unit = "byte" if limit == 1 else "bytes"
    return Cause(path, "FieldValueTooLong", f"Too long: may not be more than {limit} {unit}")


def too_many(path: str, found: int, limit: int) -> Cause:
    """Return the field error for a list or map with more than ``limit`` items."""
    return Cause(
        path, "FieldValueTooMany", f"Too many: {found}: must have at most {limit} {'item' if limit == 1 else 'items'}"
    )


_INT64 = (-(2**63), 2**63 - 1)
_MAX_WHOLE_FLOAT = 2**53 - 1


def json_type(value: Any) -> str:
    """Return the JSON schema name of a value's type, as go-openapi does for numbers as Go decodes them."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer" if _INT64[0] <= value <= _INT64[1] else "number"
    if isinstance(value, float):
        return "integer" if value.is_integer() and abs(value) <= _MAX_WHOLE_FLOAT else "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"
