"""What plugins say they need: a Python version and installed distributions.

Owns reading ``requires-python`` and ``dependencies`` from the metadata blocks of a plugin's files, each with its line.
Whether that is there is left to ``installed``, putting many plugins' needs together to ``union``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from plugin_operator.hosting.requirements.inline_metadata import ScriptBlock, find_block

_PYTHON = "requires-python"
_DEPENDENCIES = "dependencies"


@dataclass(frozen=True, slots=True)
class Need:
    """One entry of ``dependencies``, where it is written."""

    requirement: Requirement
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class PythonNeed:
    """``requires-python``, where it is written."""

    specifier: SpecifierSet
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Needs:
    """What one file needs; ``python`` is None if any will do."""

    python: PythonNeed | None
    distributions: tuple[Need, ...]


def needs_of(files: Mapping[str, bytes], root: str) -> list[Needs]:
    """Return the needs of a plugin and of each helper it imports, in order of their names.

    Args:
        files: contents by POSIX path below the plugins directory. A block counts in a file that lies directly there and
            in a folder's ``__init__.py``.
        root: the plugins directory, as the user knows it.

    Raises:
        PluginRejected: a block is malformed; with file, line and what is wrong.
    """
    blocks = (find_block(files[path], f"{root}/{path}") for path in sorted(files) if _is_main(path))
    return [_read(block) for block in blocks if block is not None]


def _is_main(path: str) -> bool:
    _, slash, rest = path.partition("/")
    return rest == "__init__.py" if slash else path.endswith(".py")


def _read(block: ScriptBlock) -> Needs:
    table = block.parse()
    return Needs(_python(block, table.get(_PYTHON)), tuple(_distributions(block, table.get(_DEPENDENCIES, []))))


def _python(block: ScriptBlock, value: Any) -> PythonNeed | None:
    if value is None:
        return None
    line = block.line_of(_PYTHON)
    if not isinstance(value, str):
        raise block.refusal(f'has a {_PYTHON} that is no text: write for example {_PYTHON} = ">=3.11"', line)
    try:
        return PythonNeed(SpecifierSet(value), block.path, line)
    except InvalidSpecifier:
        raise block.refusal(f'has {_PYTHON} = "{value}": write for example ">=3.11"', line) from None


def _distributions(block: ScriptBlock, value: Any) -> Iterator[Need]:
    if not isinstance(value, list):
        line = block.line_of(_DEPENDENCIES)
        raise block.refusal(f'has {_DEPENDENCIES} that are no list: write for example ["boto3>=1.30"]', line)
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
            raise block.refusal(f"has {each!r} in {_DEPENDENCIES}, which is no requirement: {reason}", line) from None
        yield Need(requirement, block.path, line)
