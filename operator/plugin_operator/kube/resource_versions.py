"""Comparison of resource versions.

They are increasing numbers, as the API conventions allow to assume since Kubernetes 1.35. Versions that are no numbers
are compared for equality only.
"""


def is_at_least(version: str, other: str) -> bool:
    """Report whether ``version`` is known to be ``other``, or newer."""
    if version.isdecimal() and other.isdecimal():
        return int(version) >= int(other)
    return version == other


def is_newer(version: str, other: str) -> bool:
    """Report whether ``version`` is known to be newer than ``other``."""
    return version != other and is_at_least(version, other)
