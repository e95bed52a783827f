"""Helpers for the tests of this package and of plugin authors.

Owns the names that authors' tests import. The harness is imported on first use, because pytest imports this package in
every run of every project in the environment.
"""

from typing import TYPE_CHECKING

# Not on demand: importing the module ``eventually`` later would replace the function of the same name.
from plugin_operator.imports import names_on_demand
from plugin_operator.testing.eventually import eventually

if TYPE_CHECKING:
    from plugin_operator.controllers import ControllerStatus
    from plugin_operator.hosting import PluginState, PluginStatus
    from plugin_operator.testing.fakes.fake_context import Enqueued, FakeContext, fake_context
    from plugin_operator.testing.harness import PluginHarness
    from plugin_operator.testing.recording.observations import LogLine, ReconciledRequest, RecordedEvent
    from plugin_operator.testing.recording.writes import Write
    from plugin_operator.testing.scenarios.scenario_run import Scenario
    from plugin_operator.testing.scenarios.scenario_setup import scenario
    from plugin_operator.testing.virtual_clock import VirtualClock, VirtualTimer

__all__ = [
    "ControllerStatus",
    "Enqueued",
    "FakeContext",
    "LogLine",
    "PluginHarness",
    "PluginState",
    "PluginStatus",
    "ReconciledRequest",
    "RecordedEvent",
    "Scenario",
    "VirtualClock",
    "VirtualTimer",
    "Write",
    "eventually",
    "fake_context",
    "scenario",
]

_HOMES = {
    "ControllerStatus": "plugin_operator.controllers",
    "Enqueued": "plugin_operator.testing.fakes.fake_context",
    "FakeContext": "plugin_operator.testing.fakes.fake_context",
    "LogLine": "plugin_operator.testing.recording.observations",
    "PluginHarness": "plugin_operator.testing.harness",
    "PluginState": "plugin_operator.hosting",
    "PluginStatus": "plugin_operator.hosting",
    "ReconciledRequest": "plugin_operator.testing.recording.observations",
    "RecordedEvent": "plugin_operator.testing.recording.observations",
    "Scenario": "plugin_operator.testing.scenarios.scenario_run",
    "VirtualClock": "plugin_operator.testing.virtual_clock",
    "VirtualTimer": "plugin_operator.testing.virtual_clock",
    "Write": "plugin_operator.testing.recording.writes",
    "fake_context": "plugin_operator.testing.fakes.fake_context",
    "scenario": "plugin_operator.testing.scenarios.scenario_setup",
}


if not TYPE_CHECKING:
    __getattr__ = names_on_demand(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
