"""Validation of quantities: not negative, positive, whole."""

from kube_apiserver.schema import Cause, messages
from kube_apiserver.schema.quantity import amount_of, is_whole


def not_negative_causes(quantity: str, path: str) -> list[Cause]:
    """Return the field error of a quantity below zero."""
    if amount_of(quantity) >= 0:
        return []
    return [messages.invalid(path, quantity, "must be greater than or equal to 0")]


def positive_causes(quantity: str, path: str) -> list[Cause]:
    """Return the field error of a quantity that is not above zero."""
    return [] if amount_of(quantity) > 0 else [messages.invalid(path, quantity, "must be greater than zero")]


def whole_causes(quantity: str, path: str) -> list[Cause]:
    """Return the field error of a quantity that is no whole number."""
    return [] if is_whole(quantity) else [messages.invalid(path, quantity, "must be an integer")]
