"""Declared requirements of plugins: a Python version and distributions.

Owns reading ``requires-python`` and ``dependencies`` with their lines from the metadata blocks of a plugin's files.
Leaves the check to ``comparison``, and merging to ``union``.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from plugin_operator.hosting.requirements.inline_metadata import ScriptBlock, blocks_of

_PYTHON = "requires-python"
_DEPENDENCIES = "dependencies"


class Need(msgspec.Struct, frozen=True):
    """One entry of ``dependencies`` with file and line."""

    requirement: Requirement
    path: str
    line: int


class PythonNeed(msgspec.Struct, frozen=True):
    """``requires-python`` with file and line."""

    specifier: SpecifierSet
    path: str
    line: int


class Needs(msgspec.Struct, frozen=True):
    """The requirements of one file; ``python`` is None if it declares no version."""

    python: PythonNeed | None
    distributions: tuple[Need, ...]


def needs_of(files: Mapping[str, bytes], root: str) -> list[Needs]:
    """Return the requirements of a plugin and of each helper it imports, sorted by name.

    Args:
        files: contents by POSIX path below the plugins directory. Blocks count in top-level files and in the
            ``__init__.py`` of a folder.
        root: path of the plugins directory as shown to users.

    Raises:
        PluginRejected: a block is malformed; the error has file, line and reason.
    """
    return [read_needs(block) for block in blocks_of(files, root)]


def read_needs(block: ScriptBlock) -> Needs:
    """Return the requirements in one block.

    Raises:
        PluginRejected: they are malformed.
    """
    table = block.parse()
    return Needs(_python(block, table.get(_PYTHON)), tuple(_distributions(block, table.get(_DEPENDENCIES, []))))


def _python(block: ScriptBlock, value: Any) -> PythonNeed | None:
    if value is None:
        return None
    line = block.line_of(_PYTHON)
    if not isinstance(value, str):
        raise block.refusal(f'has a {_PYTHON} that is not a text: write for example {_PYTHON} = ">=3.11"', line)
    try:
        return PythonNeed(SpecifierSet(value), block.path, line)
    except InvalidSpecifier:
        raise block.refusal(f'has {_PYTHON} = "{value}": write for example ">=3.11"', line) from None


def _distributions(block: ScriptBlock, value: Any) -> Iterator[Need]:
    if not isinstance(value, list):
        line = block.line_of(_DEPENDENCIES)
        raise block.refusal(f'has {_DEPENDENCIES} that are not a list: write for example ["boto3>=1.30"]', line)
    for each in value:
        if not isinstance(each, str):
            line = block.line_of(_DEPENDENCIES)
            raise block.refusal(f"has something other than text in {_DEPENDENCIES}: {each!r}", line)
        line = block.line_of(each)
        try:
            requirement = Requirement(each)
            if requirement.marker is not None:
                requirement.marker.evaluate()
        except (InvalidRequirement, UndefinedComparison, UndefinedEnvironmentName, RecursionError) as error:
            reason = str(error).partition("\n")[0]
            raise block.refusal(f"has {each!r} in {_DEPENDENCIES}, not a requirement: {reason}", line) from None
        yield Need(requirement, block.path, line)
