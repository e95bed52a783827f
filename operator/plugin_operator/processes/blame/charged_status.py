"""The status of plugins with what they are charged with, because they end worker processes."""

from collections.abc import Mapping
from typing import Any

from plugin_operator.processes.blame.blame import Offence

_HOW = "ends"


def charged(status: dict[str, Any], offences: Mapping[str, Offence]) -> dict[str, Any]:
    """Return a status in which each plugin shows the workers that its content has ended."""
    return status | {"plugins": [_charged(each, offences.get(each["name"])) for each in status["plugins"]]}


def _charged(plugin: dict[str, Any], offence: Offence | None) -> dict[str, Any]:
    if offence is None or offence.digest not in {plugin["digest"], plugin["candidate"]}:
        return plugin
    charge = {"how": _HOW, "detail": offence.detail, "since": offence.since.isoformat(), "stack": []}
    return plugin | {"misbehaving": [*plugin["misbehaving"], charge]}
