"""The changelog stays readable: sections are short, and the first release has nothing to have fixed.

A section grows by a line until it is full; then facts merge into one line of their area. After a release,
``## X.Y.Z - DATE`` stays as it is, and a new section above it may have Changed and Fixed as well.
"""

import re
import tomllib

import pytest

from tests.pages import ROOT

TITLE = re.compile(r"(\d+\.\d+\.\d+) - (unreleased|\d{4}-\d\d-\d\d)")
GROUPS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
MOST_LINES = 29

Sections = list[tuple[str, list[str]]]


def sections_of(text: str) -> Sections:
    """Return title and lines of each section, the newest first."""
    _, *parts = re.split(r"^## ", text, flags=re.MULTILINE)
    return [(part.splitlines()[0], part.rstrip().splitlines()) for part in parts]


def faults_of(sections: Sections) -> list[str]:
    """Say what is wrong with the sections, and the way out."""
    faults = []
    for title, lines in sections:
        if not TITLE.fullmatch(title):
            faults.append(f"{title}: name the section 'X.Y.Z - unreleased' or 'X.Y.Z - YYYY-MM-DD'")
        if len(lines) > MOST_LINES:
            faults.append(f"{title}: {len(lines)} lines, at most {MOST_LINES}: merge facts into the line of their area")
        groups = [line.removeprefix("### ") for line in lines if line.startswith("### ")]
        if groups != [group for group in GROUPS if group in groups]:
            faults.append(f"{title}: {groups} are not groups of Keep a Changelog, once each and in order")
        if title == sections[-1][0] and groups != ["Added"]:
            faults.append(f"{title}: the first release has only 'Added', not {groups}: no release had the fault")
        if "unreleased" in title and title != sections[0][0]:
            faults.append(f"{title}: only the newest section is unreleased")
    return faults


def test_every_section_is_short_and_in_groups() -> None:
    assert faults_of(sections_of((ROOT / "docs" / "changelog.md").read_text())) == []


def test_the_newest_section_is_of_the_package_s_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert sections_of((ROOT / "docs" / "changelog.md").read_text())[0][0].partition(" - ")[0] == version


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("## 0.1.0 - unreleased\n### Added\n- a\n### Fixed\n- b\n", "only 'Added'"),
        ("## 0.1.0 - unreleased\n### Added\n" + "- a\n" * 30, "at most 29"),
        ("## Unreleased\n### Added\n- a\n", "name the section"),
        ("## 0.2.0 - unreleased\n### Added\n## 0.1.0 - unreleased\n### Added\n", "only the newest"),
        ("## 0.2.0 - unreleased\n### Fixed\n### Added\n## 0.1.0 - 2026-12-01\n### Added\n", "in order"),
    ],
)
def test_a_long_or_wrong_section_is_a_fault(text: str, fault: str) -> None:
    assert any(fault in each for each in faults_of(sections_of(text)))


def test_a_later_section_may_have_fixed() -> None:
    text = "## 0.2.0 - unreleased\n### Added\n- a\n### Fixed\n- b\n## 0.1.0 - 2026-12-01\n### Added\n- c\n"

    assert faults_of(sections_of(text)) == []
