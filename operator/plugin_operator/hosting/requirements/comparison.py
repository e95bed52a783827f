"""Comparing declared requirements with the installed packages, by pip's rules.

Owns version specifiers, environment markers and extras.
"""

import platform
from collections.abc import Iterable, Iterator
from importlib import metadata

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from plugin_operator.hosting.requirements.inline_metadata import ScriptBlock
from plugin_operator.hosting.requirements.needs import Need, Needs, read_needs


def problems_of(blocks: Iterable[ScriptBlock]) -> list[tuple[str, str, int]]:
    """Return why the requirements of metadata blocks are not met, each with path and line.

    Raises:
        PluginRejected: a block is malformed.
    """
    return [problem for block in blocks for problem in _problems(read_needs(block))]


def url_problem(requirement: Requirement) -> str:
    """Return why a requirement with a URL is rejected; empty if it has none."""
    if requirement.url is None:
        return ""
    return (
        f"needs {str(requirement)!r}, whose URL says nothing about what is installed: "
        f"name a version instead, and give the URL to pip"
    )


def _problems(needs: Needs) -> Iterator[tuple[str, str, int]]:
    python = needs.python
    if python is not None and not python.specifier.contains(platform.python_version(), prereleases=True):
        here = platform.python_version()
        yield f"needs Python {python.specifier}, but the operator runs on {here}", python.path, python.line
    for need in needs.distributions:
        problem = _problem(need)
        if problem:
            yield problem, need.path, need.line


def _problem(need: Need) -> str:
    requirement = need.requirement
    if requirement.marker is not None and not requirement.marker.evaluate():
        return ""
    return url_problem(requirement) or _unmet(requirement, str(requirement), set())


def _unmet(requirement: Requirement, wanted: str, seen: set[tuple[str, str]]) -> str:
    """Return the unmet requirements; ``wanted`` is the declared requirement, ``seen`` the extras already checked."""
    indirect = f", which {wanted!r} includes" if str(requirement) != wanted else ""
    what = f"needs {str(requirement)!r}{indirect}"
    try:
        found = metadata.distribution(requirement.name)
        version = Version(found.version)
    except metadata.PackageNotFoundError:
        return f"{what}, which is not installed" if not indirect else f"{what} and is not installed"
    except (InvalidVersion, TypeError, KeyError):
        return f"{what}, but the installed version is unknown"
    if not requirement.specifier.contains(version, prereleases=True):
        return f"{what}, but {version} is installed"
    for extra in sorted(requirement.extras):
        key = (canonicalize_name(requirement.name), canonicalize_name(extra))
        if key not in seen:
            seen.add(key)
            problem = _extra_problem(found, extra, what, wanted, seen)
            if problem:
                return problem
    return ""


def _extra_problem(found: metadata.Distribution, extra: str, what: str, wanted: str, seen: set[tuple[str, str]]) -> str:
    known = {canonicalize_name(each) for each in found.metadata.get_all("Provides-Extra") or ()}
    if canonicalize_name(extra) not in known:
        return f"{what}, but {found.version}, which is installed, has no extra {extra!r}"
    for text in found.requires or ():
        try:
            inner = Requirement(text)
        except InvalidRequirement:
            continue  # metadata older than the standard for requirements
        # Only the requirements of the extra: the others were installed with the distribution.
        if inner.marker is None or inner.marker.evaluate({"extra": ""}) or not inner.marker.evaluate({"extra": extra}):
            continue
        problem = _unmet(_unmarked(inner), wanted, seen)
        if problem:
            return problem
    return ""


def _unmarked(requirement: Requirement) -> Requirement:
    bare = Requirement(str(requirement))
    bare.marker = None
    bare.url = None
    return bare
