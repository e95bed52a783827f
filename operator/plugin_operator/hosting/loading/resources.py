"""Package files of a revision for ``importlib.resources``, independent of the files on disk."""

import io
from collections.abc import Iterator, Mapping
from importlib.resources.abc import Traversable, TraversableResources
from typing import Any


class RevisionResources(TraversableResources):
    """Resource reader for one folder of a revision.

    Args:
        files: the bytes of every file of the revision, by POSIX path.
        folder: path of the folder; empty for the plugins directory itself.
    """

    def __init__(self, files: Mapping[str, bytes], folder: str) -> None:
        self._root = _Entry(files, folder)

    def files(self) -> Traversable:
        """Return the folder."""
        return self._root


class _Entry(Traversable):
    """A file, a folder, or a missing entry."""

    def __init__(self, files: Mapping[str, bytes], path: str) -> None:
        self._files = files
        self._path = path

    @property
    def name(self) -> str:
        return self._path.rpartition("/")[2]

    def iterdir(self) -> Iterator["_Entry"]:
        inside = [path.removeprefix(self._inside) for path in self._files if path.startswith(self._inside)]
        for name in sorted({path.partition("/")[0] for path in inside}):
            yield _Entry(self._files, self._inside + name)

    def is_dir(self) -> bool:
        return any(path.startswith(self._inside) for path in self._files)

    def is_file(self) -> bool:
        return self._path in self._files

    def joinpath(self, *descendants: str) -> "_Entry":  # type: ignore[override]  # typeshed: one, or PathLike
        parts = [part for each in descendants for part in str(each).split("/") if part not in {"", "."}]
        return _Entry(self._files, "/".join([*filter(None, [self._path]), *parts]))

    def __truediv__(self, child: str) -> "_Entry":  # type: ignore[override]  # as joinpath
        return self.joinpath(child)

    def open(self, mode: str = "r", *args: Any, **options: Any) -> Any:
        raw = io.BytesIO(self.read_bytes())
        return raw if "b" in mode else io.TextIOWrapper(raw, *args, **options)

    def read_bytes(self) -> bytes:
        """Return the content of the file.

        Raises:
            FileNotFoundError: the plugin has no such file.
        """
        try:
            return self._files[self._path]
        except KeyError:
            raise FileNotFoundError(f"{self._path} is not part of this plugin") from None

    def read_text(self, encoding: str | None = None) -> str:
        return self.read_bytes().decode(encoding or "utf-8")

    @property
    def _inside(self) -> str:
        return f"{self._path}/" if self._path else ""
