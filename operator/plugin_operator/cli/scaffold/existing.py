"""A kind that the project of a new plugin defines already: in a class of a plugin, or in the folder ``crds``."""

import re
import shlex
from pathlib import Path

from plugin_operator.cli.crd_files import FOLDER, crd_of
from plugin_operator.cli.manifest_files import SUFFIXES, read_manifests
from plugin_operator.errors import UsageError
from plugin_operator.kube import GroupVersionKind

#: Group and kind of a class.
_DECLARATION = re.compile(r"""@resource\(\s*["']([a-z0-9.-]+)/v[a-z0-9]+/([A-Za-z0-9]+)["']""")


def refuse_second_definition(folder: Path, gvk: GroupVersionKind) -> None:
    """Refuse a kind that the project defines: two definitions of one kind drift apart.

    Args:
        folder: folder of the project.
        gvk: the kind of the new plugin.

    Raises:
        UsageError: the kind is defined, in any version; the message names the file and the way out.
    """
    if (path := _file_of(folder / FOLDER, gvk)) is not None:
        way_out = f"use it with --crd {shlex.quote(str(path))}, or overwrite the new plugin's files with --force"
        raise UsageError(f"--for: {path} defines {gvk.kind} of {gvk.group} already: {way_out}")
    if (path := _class_of(folder / "plugins", gvk)) is not None:
        file = f"{gvk.kind.lower()}.yaml"
        get = f"plugin-operator crd {shlex.quote(str(path))} > {file}"
        way_out = f"write its definition to a file with {get!r}, and pass --crd {file}"
        raise UsageError(f"--for: {path} defines {gvk.kind} of {gvk.group} already: {way_out}")


def _file_of(folder: Path, gvk: GroupVersionKind) -> Path | None:
    for path in _files(folder, *SUFFIXES):
        try:
            found = [crd_of(each.obj) for each in read_manifests([path], "--crd")]
        except (UsageError, ValueError):
            continue  # not a definition that anything could use
        if any(each is not None and (each.group, each.kind) == (gvk.group, gvk.kind) for each in found):
            return path
    return None


def _class_of(folder: Path, gvk: GroupVersionKind) -> Path | None:
    """Return the plugin with such a class by its text: running plugins for this would be too much."""
    for path in _files(folder, ".py"):
        try:
            if (gvk.group, gvk.kind) in _DECLARATION.findall(path.read_text(encoding="utf-8")):
                return path
        except (OSError, UnicodeDecodeError):
            continue
    return None


def _files(folder: Path, *suffixes: str) -> list[Path]:
    return sorted(each for each in folder.rglob("*") if each.suffix in suffixes and each.is_file())
