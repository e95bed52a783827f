"""What fails a test with plugins at its end, besides its own assertions."""

from dataclasses import dataclass, field

from plugin_operator.testing.checks.unstored_fields import UnstoredFields
from plugin_operator.testing.permissions.unallowed_calls import UnallowedCalls


@dataclass(frozen=True, slots=True)
class PluginChecks:
    """The checks of the calls that plugins make in one test.

    Attributes:
        permissions: whether a call that no rule of the plugin allows is denied, and fails the test.
        fields: whether a field that the API server does not store fails the test.
        unallowed: the denied calls.
        unstored: the fields that were not stored.
    """

    permissions: bool = True
    fields: bool = True
    unallowed: UnallowedCalls = field(default_factory=UnallowedCalls)
    unstored: UnstoredFields = field(default_factory=UnstoredFields)

    @property
    def message(self) -> str:
        """Why the test fails; empty if it does not."""
        return "\n".join(filter(None, (self.unallowed.message, self.unstored.message if self.fields else "")))
