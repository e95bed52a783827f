"""The outcomes of installing a CustomResourceDefinition."""

from collections.abc import Sequence

import msgspec

from plugin_operator.hosting.permissions.calls import Call


class DefinitionRefused(Exception):
    """A definition may not become what is wanted; the message has the field's path, the reason and the way out."""


class DefinitionPending(Exception):
    """The definition could not be installed now; try again later.

    Attributes:
        reason: why.
        denied: calls that RBAC does not allow.
    """

    def __init__(self, reason: str, denied: Sequence[Call] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.denied = tuple(denied)


class Installed(msgspec.Struct, frozen=True):
    """A definition is served.

    Attributes:
        action: "created", "updated", "unchanged", or "kept" if the live one differs and stays.
        note: why it was kept; empty otherwise.
    """

    action: str
    note: str = ""
