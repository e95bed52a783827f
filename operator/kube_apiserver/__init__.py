"""An embedded Kubernetes API server for tests and laptops. kubectl and client libraries talk to it over HTTP.

The package serves, stores and validates objects. Its subpackages for schemas, patches, managed fields, protobuf,
tables and OpenAPI are pure functions. The server runs no pods and no scheduler. Public names are imported on first use,
because pytest imports this package in every run of every project in the environment.
"""

import gc
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kube_apiserver.config import ApiServerConfig, Endpoint
    from kube_apiserver.controllers.snapshot import Snapshot
    from kube_apiserver.seeds.manifests import ManifestError, ManifestRejected
    from kube_apiserver.server import ApiServer
    from kube_apiserver.storage import DataBroken, FolderInUse, JournalFailed
    from kube_apiserver.threaded import ThreadedApiServer

__all__ = [
    "ApiServer",
    "ApiServerConfig",
    "DataBroken",
    "Endpoint",
    "FolderInUse",
    "JournalFailed",
    "ManifestError",
    "ManifestRejected",
    "Snapshot",
    "ThreadedApiServer",
]

_HOMES = {
    "ApiServer": "kube_apiserver.server",
    "ApiServerConfig": "kube_apiserver.config",
    "DataBroken": "kube_apiserver.storage",
    "Endpoint": "kube_apiserver.config",
    "FolderInUse": "kube_apiserver.storage",
    "JournalFailed": "kube_apiserver.storage",
    "ManifestError": "kube_apiserver.seeds.manifests",
    "ManifestRejected": "kube_apiserver.seeds.manifests",
    "Snapshot": "kube_apiserver.controllers.snapshot",
    "ThreadedApiServer": "kube_apiserver.threaded",
}

if not TYPE_CHECKING:  # or a type checker takes every misspelled name for Any

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        # Modules make many objects and no garbage: looking for it would take a tenth of the time.
        is_collecting = gc.isenabled()
        gc.disable()
        try:
            value = globals()[name] = getattr(import_module(_HOMES[name]), name)
        finally:
            if is_collecting:
                gc.enable()
        return value
