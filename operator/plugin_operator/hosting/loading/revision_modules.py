"""Private modules of one revision of a plugin.

Every revision is a package in ``sys.modules`` with a private name. ``import helper`` or ``from . import helper`` in a
plugin searches the files of its revision, also at run time. ``sys.path`` is not changed, and no bytecode files are read
or written.
"""

import builtins
import importlib.machinery
import sys
import threading
import typing
from collections.abc import Mapping, Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType
from typing import Any

from plugin_operator import logs
from plugin_operator.hosting.loading import plugin_metrics, process_calls, registrations
from plugin_operator.hosting.loading.import_functions import views
from plugin_operator.hosting.loading.logging_state import forget_loggers
from plugin_operator.hosting.loading.module_loaders import FolderLoader, RevisionCode, SourceLoader
from plugin_operator.hosting.loading.plugin_metrics import RevisionMetrics
from plugin_operator.hosting.loading.process_calls import Caller
from plugin_operator.hosting.loading.process_state import ImportGuard
from plugin_operator.hosting.loading.registrations import Registrations, calling


class RevisionModules:
    """The modules of one revision.

    Args:
        package: private name of the revision's package, an identifier.
        label: displayed revision; part of the file names in tracebacks.
        root: path of the plugins directory as shown to users.
        files: the bytes of every file, by POSIX path below ``root``.
        compiled: compiled Python files, for ``imports.code_of``.
        plugin: name of the plugin.
    """

    def __init__(
        self,
        package: str,
        label: str,
        root: str,
        files: Mapping[str, bytes],
        compiled: Mapping[str, bytes],
        plugin: str = "",
    ) -> None:
        self.package = package
        self.plugin = plugin
        self.label = label
        self.root = root
        self.files = files
        self._code = RevisionCode(label, root, files, compiled)
        self._tops = frozenset(path.partition("/")[0].removesuffix(".py") for path in files)
        self._builtins = vars(builtins) | {"__import__": self._import}
        self._views = views(package, self._tops, self._import, self._builtins)
        self.registrations = Registrations()
        self.metrics = RevisionMetrics(plugin, label)

    def register(self) -> None:
        """Make the modules importable under their private names."""
        root = ModuleType(self.package, "One revision of one plugin.")
        root.__path__ = []
        root.__spec__ = importlib.machinery.ModuleSpec(self.package, None, is_package=True)
        sys.modules[self.package] = root
        _FINDER.add(self)

    def purge(self) -> None:
        """Remove the modules from the interpreter; code that still runs keeps running."""
        _FINDER.remove(self)
        self.registrations.release()
        PLUGIN_METRICS.release(self.metrics)
        forget_loggers(self.package)
        prefix = self.package + "."
        for name in [name for name in list(sys.modules) if name == self.package or name.startswith(prefix)]:
            del sys.modules[name]
        self._code.forget()
        _forget_types()

    def take_over(self, before: "RevisionModules | None") -> None:
        """Activate the registrations of this revision in place of those of the previous one."""
        if before is not None:
            before.registrations.detach()
        self.registrations.attach()
        PLUGIN_METRICS.show(self.metrics)

    def find(self, fullname: str) -> importlib.machinery.ModuleSpec | None:
        """Return the spec of one of the modules, or None if the revision has no such file."""
        path = fullname.removeprefix(self.package + ".").replace(".", "/")
        for candidate, is_package in ((f"{path}/__init__.py", True), (f"{path}.py", False)):
            if candidate in self.files:
                loader = SourceLoader(self._code, self.adopt, candidate, is_package=is_package)
                spec = importlib.machinery.ModuleSpec(
                    fullname, loader, origin=f"{self.root}/{candidate}", is_package=is_package
                )
                spec.has_location = True
                return self._located(spec, path)
        if any(name.startswith(path + "/") for name in self.files):
            spec = importlib.machinery.ModuleSpec(fullname, FolderLoader(self.files, path), is_package=True)
            return self._located(spec, path)
        return None

    def _located(self, spec: importlib.machinery.ModuleSpec, path: str) -> importlib.machinery.ModuleSpec:
        """Return the spec of a package with its location in ``__path__``, which imports do not use."""
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations[:] = [f"{self.root}/{path}"]
        return spec

    def adopt(self, module: ModuleType) -> None:
        """Make the import statements of ``module`` search this revision first."""
        module.__dict__["__builtins__"] = self._builtins

    def user_path(self, filename: str) -> str | None:
        """Return the path shown to users for the file name of a code object; None if it is not of this revision."""
        return self._code.user_path(filename)

    def plain(self, text: str) -> str:
        """Return ``text`` with private module names replaced by those that the author wrote."""
        return text.replace(self.package + ".", "").replace(self.package, self.root).replace(f"@{self.label}", "")

    def _import(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,  # noqa: A002 - the names of builtins.__import__
        locals: Mapping[str, object] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        top = name.partition(".")[0]
        if level != 0 or top not in self._tops:
            found = builtins.__import__(name, globals, locals, fromlist or (), level)
            return self._views.get(found.__name__, found)
        found = builtins.__import__(f"{self.package}.{name}", globals, locals, fromlist or (), 0)
        return found if fromlist else sys.modules[f"{self.package}.{top}"]


class _Finder(MetaPathFinder):
    """Meta path finder for the modules of all revisions."""

    def __init__(self) -> None:
        self._revisions: dict[str, RevisionModules] = {}
        self._lock = threading.Lock()

    def add(self, modules: RevisionModules) -> None:
        with self._lock:
            self._revisions[modules.package] = modules
            if self not in sys.meta_path:
                sys.meta_path.insert(0, self)

    def remove(self, modules: RevisionModules) -> None:
        with self._lock:
            self._revisions.pop(modules.package, None)

    def find_spec(
        self,
        fullname: str,
        path: Any = None,  # noqa: ARG002 - the names alone decide
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> importlib.machinery.ModuleSpec | None:
        revision = self._revisions.get(fullname.partition(".")[0])
        if revision is None:
            return None
        if (found := revision.find(fullname)) is None:
            # Raise, because the next finder would search the package's __path__ on disk.
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return found

    def owner_of(self, module_name: str, filename: str) -> RevisionModules | None:
        """Return the revision of a private module name, else that of a code file name."""
        found = self._revisions.get(module_name.partition(".")[0])
        if found is not None or "@" not in filename:
            return found
        return next((each for each in list(self._revisions.values()) if each.user_path(filename) is not None), None)


_FINDER = _Finder()


def logger_of(name: str, filename: str) -> tuple[str, str, str] | None:
    """Return plugin, revision and display name of a logger.

    Args:
        name: name of the logger, possibly that of a private module.
        filename: file name of the logging code, as in its code object.
    """
    owner = owner_of(name, filename)
    return (owner.plugin, owner.label, owner.plain(name)) if owner is not None else None


def _registrations_of(module_name: str, filename: str) -> Registrations | None:
    owner = owner_of(module_name, filename)
    return owner.registrations if owner is not None else None


def _metrics_of_caller() -> RevisionMetrics | None:
    owner = calling(owner_of)
    return owner.metrics if owner is not None else None


def owner_of(module_name: str, filename: str = "") -> RevisionModules | None:
    """Return the loaded revision to which code belongs; None if it is not a plugin's.

    It searches the registry of loaded revisions, because a private module name does not determine the plugin's name.

    Args:
        module_name: ``__name__`` in the globals of the code.
        filename: file name of its code object; a plugin may run code with other globals, or rename its module.
    """
    return _FINDER.owner_of(module_name, filename)


PLUGIN_METRICS = plugin_metrics.install(_metrics_of_caller)
"""The metrics of all plugins in this process."""

registrations.install(_registrations_of)

logs.name_plugins(logger_of)

#: Restores process-wide state that plugins change.
IMPORT_GUARD = ImportGuard(lambda name: owner_of(name) is not None)


def _caller(module_name: str, filename: str, line: int) -> Caller | None:
    owner = owner_of(module_name, filename)
    if owner is None:
        return None
    return Caller(owner.plugin, owner.label, f"{owner.user_path(filename) or filename}:{line}", owner.registrations)


process_calls.install(_caller, IMPORT_GUARD.suspect)


def _forget_types() -> None:
    """Clear the caches of ``typing``, which keep classes and their modules alive."""
    for clear in getattr(typing, "_cleanups", ()):
        clear()
