"""Checking the requirements of a plugin against the installed packages.

Owns the comparison by pip's rules (version specifiers, environment markers, extras). It installs nothing: packages
belong into the image, because an operator that downloads code would run unreviewed code.
"""

import platform
from collections.abc import Iterator, Mapping
from importlib import metadata

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.requirements.needs import Need, Needs, needs_of

_WAY_OUT = '; install it where the operator runs ("plugin-operator requirements" prints what an image needs)'


class RequirementsUnmet(PluginRejected):
    """A requirement of the plugin is not installed; the plugin loads once it is, without a change of the file."""


def check_installed(files: Mapping[str, bytes], root: str) -> None:
    """Check the requirements of a plugin and its helpers, before an import. Blocks: reads directories.

    Raises:
        RequirementsUnmet: a requirement is missing or does not match; names each, and the line of the first.
        PluginRejected: a metadata block is malformed.
    """
    problems = [problem for needs in needs_of(files, root) for problem in _problems(needs)]
    if problems:
        reason = "; ".join(dict.fromkeys(reason for reason, _, _ in problems))
        _, path, line = problems[0]
        raise RequirementsUnmet(reason + _WAY_OUT, path=path, line=line)


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
