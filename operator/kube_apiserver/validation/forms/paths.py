"""Validation of file paths: relative ones, and those without steps back."""

from collections.abc import Iterator

from kube_apiserver.schema import Cause, messages


def no_backsteps_causes(value: str, path: str) -> Iterator[Cause]:
    """Yield the field error of a file path that steps back with ``..``."""
    if ".." in value.split("/"):
        yield messages.invalid(path, value, "must not contain '..'")


def relative_causes(value: str, path: str) -> Iterator[Cause]:
    """Yield the field errors of a file path that must stay below its folder."""
    if value.startswith("/"):
        yield messages.invalid(path, value, "must be a relative path")
    yield from no_backsteps_causes(value, path)


def unreserved_causes(value: str, path: str) -> Iterator[Cause]:
    """Yield the field errors of the path of a file in a volume: the names that start with ``..`` are the kubelet's."""
    yield from relative_causes(value, path)
    if value.startswith("..") and not value.startswith("../"):
        yield messages.invalid(path, value, "must not start with '..'")
