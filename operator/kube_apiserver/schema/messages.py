"""The wording of field errors, as apimachinery's ``util/validation/field`` has it.

Owns one function per error type. Leaves finding the errors to the validators.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from kube_apiserver.schema.model import Cause


def shown(value: Any) -> str:
    """Return a value as the server prints it: JSON, without spaces."""
    return msgspec.json.encode(value).decode()


def required(path: str, detail: str = "") -> Cause:
    """A value is missing."""
    return Cause(path, "FieldValueRequired", f"Required value: {detail}" if detail else "Required value")


def invalid(path: str, value: Any, detail: str) -> Cause:
    """A value is wrong for the reason in ``detail``."""
    return Cause(path, "FieldValueInvalid", f"Invalid value: {shown(value)}: {detail}")


def wrong_type(path: str, value: Any, expected: str) -> Cause:
    """A value has another JSON type than ``expected``."""
    found = shown(json_type(value))
    detail = f"{path} in body must be of type {expected}: {found}"
    return Cause(path, "FieldValueTypeInvalid", f"Invalid value: {found}: {detail}")


def wrong_format(path: str, value: str, expected: str) -> Cause:
    """A text is not of the format ``expected``."""
    detail = f"{path} in body must be of type {expected}: {shown(value)}"
    return Cause(path, "FieldValueTypeInvalid", f"Invalid value: {shown(value)}: {detail}")


def not_supported(path: str, value: Any, supported: Iterable[Any]) -> Cause:
    """A value is not one of the ``supported`` ones."""
    listed = ", ".join(shown(one) for one in supported)
    return Cause(path, "FieldValueNotSupported", f"Unsupported value: {shown(value)}: supported values: {listed}")


def duplicate(path: str, value: Any) -> Cause:
    """A value stands in a list a second time."""
    return Cause(path, "FieldValueDuplicate", f"Duplicate value: {shown(value)}")


def forbidden(path: str, detail: str) -> Cause:
    """A value may not be given at all."""
    return Cause(path, "FieldValueForbidden", f"Forbidden: {detail}")


def too_long(path: str, limit: int) -> Cause:
    """A text has more than ``limit`` bytes."""
    return Cause(path, "FieldValueTooLong", f"Too long: may not be more than {limit} bytes")


def too_many(path: str, found: int, limit: int) -> Cause:
    """A list or map has more than ``limit`` members."""
    return Cause(path, "FieldValueTooMany", f"Too many: {found}: must have at most {limit} items")


def json_type(value: Any) -> str:
    """Return the JSON schema name of a value's type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "integer" if value.is_integer() else "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"
