"""Import the ``config`` modules of kubernetes-asyncio without its thousand model modules.

kubernetes-asyncio merges kubeconfigs and asks identity providers. Its package root imports every typed model, which
takes over a second and 70 MB. The ``config`` modules need only two names of it, to fill a ``Configuration``. So this
module imports them under an empty parent package, and removes that from ``sys.modules``. A plugin that imports
kubernetes-asyncio gets the complete, unchanged package.
"""

import importlib
import importlib.util
import sys
import threading
from types import ModuleType
from typing import Any, Final

from plugin_operator.errors import ConfigError

_ROOT: Final = "kubernetes_asyncio"
_lock = threading.Lock()
_loaded: list[tuple[ModuleType, type[Exception]]] = []


class LoadedConfiguration:
    """Stands in for the library's ``Configuration``: the attributes that its loaders set."""

    def __init__(self) -> None:
        self.host = ""
        self.api_key: dict[str, str] = {}
        self.ssl_ca_cert: str | None = None
        self.cert_file: str | None = None
        self.key_file: str | None = None
        self.verify_ssl = True
        self.tls_server_name: str | None = None
        self.proxy: str | None = None
        self.refresh_api_key_hook: Any = None


def kube_config() -> Any:
    """Return the library's module ``config.kube_config``; the first call takes about 50 ms."""
    return _modules()[0]


def config_exception() -> type[Exception]:
    """Return the exception class of these modules."""
    return _modules()[1]


def _modules() -> tuple[ModuleType, type[Exception]]:
    with _lock:
        if not _loaded:
            _loaded.append(_import_whole() if _ROOT in sys.modules else _import_alone())
        return _loaded[0]


def _import_whole() -> tuple[ModuleType, type[Exception]]:
    kube = importlib.import_module(f"{_ROOT}.config.kube_config")
    exception = importlib.import_module(f"{_ROOT}.config.config_exception").ConfigException
    return kube, exception


def _import_alone() -> tuple[ModuleType, type[Exception]]:
    spec = importlib.util.find_spec(_ROOT)
    if spec is None or spec.submodule_search_locations is None:
        raise ConfigError("the package kubernetes-asyncio is not installed")
    root = ModuleType(_ROOT)
    root.__path__ = list(spec.submodule_search_locations)
    client = ModuleType(f"{_ROOT}.client")
    vars(client).update(Configuration=LoadedConfiguration, ApiClient=object)
    try:
        sys.modules.update({root.__name__: root, client.__name__: client})
        return _import_whole()
    except ImportError:
        _forget()  # a later version that needs more of the package: import all of it
        return _import_whole()
    finally:
        if sys.modules.get(_ROOT) is root:
            _forget()


def _forget() -> None:
    for name in [name for name in list(sys.modules) if name == _ROOT or name.startswith(f"{_ROOT}.")]:
        del sys.modules[name]
