"""Modules that exist only inside one revision of one plugin.

Every revision is a package of its own in ``sys.modules``, under a name no import statement can hit by chance. What an
author writes as ``import helper`` or ``from . import helper`` is looked up in the revision's own files, whenever it
runs; ``sys.path`` is never touched, and no bytecode is read or written.
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
        label: revision as shown to people; part of the file names in tracebacks.
        root: the plugins directory, as the user knows it.
        files: the bytes of every file, by POSIX path below ``root``.
        compiled: what the Python files among them were compiled to, for ``imports.code_of``.
        plugin: its name.
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
        """Take every trace of the modules out of the interpreter; code that still runs goes on running."""
        _FINDER.remove(self)
        self.registrations.release()
        PLUGIN_METRICS.release(self.metrics)
        forget_loggers(self.package)
        prefix = self.package + "."
        for name in [name for name in sys.modules if name == self.package or name.startswith(prefix)]:
            del sys.modules[name]
        self._code.forget()
        _forget_types()

    def take_over(self, before: "RevisionModules | None") -> None:
        """Show what this revision has registered in the process, in place of what the one before it has."""
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
        """Tell where a package lies, for what looks into its ``__path__``; imports never look there."""
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations[:] = [f"{self.root}/{path}"]
        return spec

    def adopt(self, module: ModuleType) -> None:
        """Make the import statements of ``module`` look into this revision first."""
        module.__dict__["__builtins__"] = self._builtins

    def user_path(self, filename: str) -> str | None:
        """Return the path a person knows for the file name in a code object; None if it is not of this revision."""
        return self._code.user_path(filename)

    def plain(self, text: str) -> str:
        """Return ``text`` with module names as the author wrote them."""
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
    """Finds the modules of all revisions; one of them stands in ``sys.meta_path``."""

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
            # Nobody else is asked: the next finder would look on disk, in the __path__ of the package.
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return found

    def owner_of(self, module_name: str, filename: str) -> RevisionModules | None:
        """Return the revision of the module with this private name, else of the code with this file name."""
        found = self._revisions.get(module_name.partition(".")[0])
        if found is not None or "@" not in filename:
            return found
        return next((each for each in list(self._revisions.values()) if each.user_path(filename) is not None), None)


_FINDER = _Finder()


def logger_of(name: str, filename: str) -> tuple[str, str, str] | None:
    """Return plugin, revision and readable name of a logger.

    Args:
        name: of the logger, perhaps that of a private module.
        filename: of the code that logs, as in its code object.
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
    """Return the loaded revision that code belongs to; None if it is no plugin's.

    The registry of loaded revisions answers: a private module name cannot be turned back into a plugin's name.

    Args:
        module_name: ``__name__`` in the globals of the code.
        filename: of its code object. A plugin may run its code with other globals, or rename its module.
    """
    return _FINDER.owner_of(module_name, filename)


PLUGIN_METRICS = plugin_metrics.install(_metrics_of_caller)
"""The metrics of all plugins in this process."""

registrations.install(_registrations_of)

logs.name_plugins(logger_of)

#: Puts back what plugins change for everybody.
IMPORT_GUARD = ImportGuard(lambda name: owner_of(name) is not None)


def _caller(module_name: str, filename: str, line: int) -> Caller | None:
    owner = owner_of(module_name, filename)
    if owner is None:
        return None
    return Caller(owner.plugin, owner.label, f"{owner.user_path(filename) or filename}:{line}", owner.registrations)


process_calls.install(_caller, IMPORT_GUARD.suspect)


def _forget_types() -> None:
    """Empty the caches in which ``typing`` keeps classes alive, and through them the modules they came from."""
    for clear in getattr(typing, "_cleanups", ()):
        clear()
