"""What fails a test with plugins at its end, besides its own assertions."""

from dataclasses import dataclass, field

from plugin_operator.testing.permissions.unallowed_calls import UnallowedCalls
from plugin_operator.testing.unknown_fields import UnknownFields


@dataclass(frozen=True, slots=True)
class PluginChecks:
    """The checks of the calls that plugins make in one test.

    Attributes:
        permissions: whether a call that no rule of the plugin allows is denied, and fails the test.
        fields: whether a field that the API server does not know fails the test.
        unallowed: the denied calls.
        unknown: the unknown fields.
    """

    permissions: bool = True
    fields: bool = True
    unallowed: UnallowedCalls = field(default_factory=UnallowedCalls)
    unknown: UnknownFields = field(default_factory=UnknownFields)

    @property
    def message(self) -> str:
        """Why the test fails; empty if it does not."""
        return "\n".join(filter(None, (self.unallowed.message, self.unknown.message if self.fields else "")))
