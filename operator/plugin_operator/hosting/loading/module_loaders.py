"""The code of one revision's files, and the module loaders that run it.

Owns the file names of code objects, and the source lines in tracebacks. Leaves the lookup of module names to
``revision_modules``.
"""

import linecache
from collections.abc import Callable, Mapping
from importlib.abc import InspectLoader
from types import CodeType, ModuleType

from plugin_operator.hosting.inspection.imports import code_of
from plugin_operator.hosting.inspection.parser import source_text
from plugin_operator.hosting.loading.resources import RevisionResources


class RevisionCode:
    """The files of one revision as code objects.

    Args:
        label: displayed revision; part of the file names in tracebacks.
        root: path of the plugins directory as shown to users.
        files: the bytes of every file, by POSIX path below ``root``.
        compiled: compiled Python files, for ``imports.code_of``.
    """

    def __init__(self, label: str, root: str, files: Mapping[str, bytes], compiled: Mapping[str, bytes]) -> None:
        self._label = label
        self._compiled = compiled
        self._traced: set[str] = set()
        self.root = root
        self.files = files

    def load(self, path: str) -> CodeType:
        """Return the code of one file; its tracebacks show the loaded source, even if the file on disk has changed.

        Raises:
            SyntaxError: the file is not valid Python.
        """
        filename = f"{self.root}/{path}@{self._label}"
        content = self.files[path]
        code = code_of(self._compiled[path], filename)
        lines = source_text(content).splitlines(keepends=True)
        linecache.cache[filename] = (len(content), None, lines, filename)
        self._traced.add(filename)
        return code

    def forget(self) -> None:
        """Remove the source lines for tracebacks from ``linecache``."""
        for filename in self._traced:
            linecache.cache.pop(filename, None)
        self._traced.clear()

    def user_path(self, filename: str) -> str | None:
        """Return the path shown to users for the file name of a code object; None if it is not of this revision."""
        path, mark, label = filename.rpartition("@")
        return path if mark and label == self._label and path.startswith(self.root) else None


class SourceLoader(InspectLoader):
    """Module loader for one file of a revision.

    Args:
        code: code of the revision.
        adopt: makes the import statements of a module search the revision first.
        path: path of the file.
        is_package: whether the file is an ``__init__.py``.
    """

    def __init__(self, code: RevisionCode, adopt: Callable[[ModuleType], None], path: str, *, is_package: bool) -> None:
        self._code = code
        self._adopt = adopt
        self._path = path
        self._is_package = is_package

    def is_package(self, fullname: str) -> bool:  # noqa: ARG002 - each module has its own loader
        """Return whether the file is an ``__init__.py``."""
        return self._is_package

    def get_source(self, fullname: str) -> str:  # noqa: ARG002
        """Return the text of the file."""
        return source_text(self._code.files[self._path])

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002
        """Return the code of the file."""
        return self._code.load(self._path)

    def get_data(self, path: str) -> bytes:
        """Return a data file of a package, for ``pkgutil.get_data``."""
        try:
            return self._code.files[path.removeprefix(self._code.root + "/")]
        except KeyError:
            raise FileNotFoundError(f"{path} is not part of this plugin") from None

    def get_resource_reader(self, fullname: str) -> RevisionResources:  # noqa: ARG002
        """Return the files beside the module, for ``importlib.resources``."""
        return RevisionResources(self._code.files, self._path.rpartition("/")[0])

    def exec_module(self, module: ModuleType) -> None:
        """Run the file in ``module``."""
        self._adopt(module)
        exec(self.get_code(module.__name__), vars(module))  # noqa: S102 - running plugins is the purpose


class FolderLoader(InspectLoader):
    """Module loader for a folder without ``__init__.py``, which has no code."""

    def __init__(self, files: Mapping[str, bytes], folder: str) -> None:
        self._files = files
        self._folder = folder

    def get_resource_reader(self, fullname: str) -> RevisionResources:  # noqa: ARG002
        """Return the files in it, for ``importlib.resources``."""
        return RevisionResources(self._files, self._folder)

    def is_package(self, fullname: str) -> bool:  # noqa: ARG002
        """Return True: a folder has submodules."""
        return True

    def get_source(self, fullname: str) -> str:  # noqa: ARG002
        """Return an empty text."""
        return ""

    def exec_module(self, module: ModuleType) -> None:
        """Leave the module empty."""
