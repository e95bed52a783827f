"""A plugin of pytest with the modules that the wheel of the official client lacks and its tests import.

They return a configuration for the cluster of ``KUBECONFIG``.
"""

import asyncio
import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any


def _configuration() -> Any:
    found = import_module("kubernetes.client").Configuration()
    import_module("kubernetes.config").load_kube_config(client_configuration=found)
    return found


def _configuration_of_aio() -> Any:
    found = import_module("kubernetes.aio.client").Configuration()
    asyncio.run(import_module("kubernetes.aio.config").load_kube_config(client_configuration=found))
    return found


def _add(package: str, configuration: Callable[[], Any]) -> None:
    sys.modules[package] = parent = ModuleType(package)
    sys.modules[f"{package}.base"] = base = ModuleType(f"{package}.base")
    vars(parent)["base"] = base
    vars(base)["get_e2e_configuration"] = configuration


_add("kubernetes.e2e_test", _configuration)
_add("kubernetes.aio.e2e_test", _configuration_of_aio)
