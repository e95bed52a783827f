"""The requirements of many plugins as one list for pip.

Owns merging, and finding contradictions. Leaves it to pip whether a version exists.
"""

from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import NamedTuple

import msgspec
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from plugin_operator.hosting.requirements.comparison import url_problem
from plugin_operator.hosting.requirements.needs import Need, Needs, PythonNeed


class NeedsUnion(msgspec.Struct, frozen=True):
    """The merged requirements of plugins.

    Attributes:
        lines: lines of a requirements file, sorted; each name and marker once.
        problems: conflicting or invalid requirements, with file and line.
    """

    lines: tuple[str, ...]
    problems: tuple[str, ...]


class Conflict(NamedTuple):
    """Requirements that contradict each other, at the place of the last of them."""

    path: str
    line: int
    text: str


def union_of(needs: Iterable[Needs]) -> NeedsUnion:
    """Return the union. Its lines include contradictions, so that pip rejects them too."""
    known = list(dict.fromkeys(needs))
    pythons = [each.python for each in known if each.python is not None]
    wanted = [need for each in known for need in each.distributions]
    problems = [f"{need.path}:{need.line}: {problem}" for need in wanted if (problem := url_problem(need.requirement))]
    groups = _groups(wanted)
    lines = [_line(name, marker, group) for (name, marker), group in sorted(groups.items())]
    conflicts = [each.text for each in (*_python_conflict(pythons), *_conflicts(groups))]
    return NeedsUnion((*_python_line(pythons), *lines), (*problems, *conflicts))


def conflicts_of(needs: Iterable[Needs]) -> list[Conflict]:
    """Return the requirements that contradict each other, each contradiction once."""
    known = list(dict.fromkeys(needs))
    pythons = [each.python for each in known if each.python is not None]
    return [*_python_conflict(pythons), *_conflicts(_groups(need for each in known for need in each.distributions))]


def _groups(needs: Iterable[Need]) -> dict[tuple[str, str], list[Need]]:
    """Return the requirements without a URL by name and marker."""
    groups: dict[tuple[str, str], list[Need]] = {}
    for need in needs:
        if need.requirement.url is None:
            marker = str(need.requirement.marker or "")
            groups.setdefault((canonicalize_name(need.requirement.name), marker), []).append(need)
    return groups


def _line(name: str, marker: str, group: Sequence[Need]) -> str:
    extras = sorted({canonicalize_name(extra) for need in group for extra in need.requirement.extras})
    text = name + (f"[{','.join(extras)}]" if extras else "") + str(_all_of(group))
    via = ", ".join(sorted({_shown(need.path) for need in group}))
    return f"{text}{f' ; {marker}' if marker else ''}  # via {via}"


def _shown(path: str) -> str:
    name = PurePath(path)
    return f"{name.parent.name}/{name.name}" if name.name == "__init__.py" else name.name


def _all_of(group: Iterable[Need]) -> SpecifierSet:
    return SpecifierSet(",".join(str(need.requirement.specifier) for need in group if need.requirement.specifier))


def _conflicts(groups: dict[tuple[str, str], list[Need]]) -> list[Conflict]:
    """Return the conflicts under one marker, and between markers that all apply on this machine."""
    problems = [_conflict(group) for group in groups.values()]
    for name in sorted({name for name, _ in groups}):
        here = [need for (other, _), group in groups.items() if other == name for need in group if _holds(need)]
        problems.append(_conflict(here))
    return list(dict.fromkeys(problem for problem in problems if problem is not None))


def _holds(need: Need) -> bool:
    marker = need.requirement.marker
    return marker is None or marker.evaluate()


def _conflict(group: Sequence[Need]) -> Conflict | None:
    if not _all_of(group).is_unsatisfiable():
        return None
    said = ", ".join(f"{need.path}:{need.line} wants {str(need.requirement)!r}" for need in group)
    text = f"no version of {canonicalize_name(group[0].requirement.name)} matches all: {said}"
    return Conflict(group[-1].path, group[-1].line, text)


def _python_line(pythons: Sequence[PythonNeed]) -> list[str]:
    merged = _python(pythons)
    return [f"# Python {merged}"] if merged else []


def _python_conflict(pythons: Sequence[PythonNeed]) -> list[Conflict]:
    if not _python(pythons).is_unsatisfiable():
        return []
    said = ", ".join(f"{each.path}:{each.line} wants {str(each.specifier)!r}" for each in pythons)
    return [Conflict(pythons[-1].path, pythons[-1].line, f"no version of Python matches all: {said}")]


def _python(pythons: Iterable[PythonNeed]) -> SpecifierSet:
    return SpecifierSet(",".join(str(each.specifier) for each in pythons if each.specifier))
