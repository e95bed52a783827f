"""Finding, loading, swapping and unloading plugins.

Owns the plugins directory (scanner, watcher), the path from bytes to a running revision (loader, validator), and the
decision which revision runs (host). Leaves declarations to ``plugin``, and the swap itself to ``controllers``.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plugin_operator.hosting.environment import Environment, HostSettings
    from plugin_operator.hosting.host import PluginHost
    from plugin_operator.hosting.loading.loader import Loader
    from plugin_operator.hosting.loading.revision import PluginRevision
    from plugin_operator.hosting.reporting.states import PluginState
    from plugin_operator.hosting.reporting.status import PluginStatus
    from plugin_operator.hosting.scan.scanner import Scanner
    from plugin_operator.hosting.scan.snapshot import Directory, PluginSource, Rejection, Role, Snapshot
    from plugin_operator.hosting.signing.verifier import Verifier
    from plugin_operator.hosting.validation.protocol import Verdict
    from plugin_operator.hosting.validation.validator import Validator

# Imported on first use, because the trial process imports this package and needs little of it.
_HOMES = {
    "Directory": "scan.snapshot",
    "Environment": "environment",
    "HostSettings": "environment",
    "Loader": "loading.loader",
    "PluginHost": "host",
    "PluginRevision": "loading.revision",
    "PluginSource": "scan.snapshot",
    "PluginState": "reporting.states",
    "PluginStatus": "reporting.status",
    "Rejection": "scan.snapshot",
    "Role": "scan.snapshot",
    "Scanner": "scan.scanner",
    "Snapshot": "scan.snapshot",
    "Verifier": "signing.verifier",
    "Validator": "validation.validator",
    "Verdict": "validation.protocol",
}

__all__ = [
    "Directory",
    "Environment",
    "HostSettings",
    "Loader",
    "PluginHost",
    "PluginRevision",
    "PluginSource",
    "PluginState",
    "PluginStatus",
    "Rejection",
    "Role",
    "Scanner",
    "Snapshot",
    "Validator",
    "Verdict",
    "Verifier",
]


if not TYPE_CHECKING:  # a type checker would take every misspelled name for Any

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
