"""A release is refused for what would make it a bad one; the builds themselves are ``make release DRY_RUN=1``."""

import io
import shutil
import tomllib
import zipfile
from pathlib import Path

import pytest

from release import versions
from release.__main__ import NotReleased, refuse_changelog
from release.builds import faults_of_wheel, refuse_differences
from tests.pages import ROOT

INFO = "plugin_operator-1.2.3.dist-info"
WHEEL = [
    *(
        f"{package}/{name}"
        for package in ("plugin_operator", "kube_apiserver", "go_cel", "go_regexp", "http1")
        for name in ("__init__.py", "py.typed")
    ),
    "kube_apiserver/bootstrap/objects.tsv",
    "kube_apiserver/schema/facts.bin",
    *(
        f"{INFO}/{name}"
        for name in ("METADATA", "RECORD", "entry_points.txt", "licenses/LICENSE", "sboms/sbom.cdx.json")
    ),
]


def test_every_place_names_the_version_of_the_package() -> None:
    assert versions.disagreements(ROOT) == [], "run make set-version VERSION=X.Y.Z"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in dict.fromkeys(name for name, _ in versions.places(ROOT)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_one_command_changes_every_place(checkout: Path) -> None:
    changed = versions.set_version(checkout, "7.8.9rc1")

    assert sorted(changed) == sorted(dict.fromkeys(name for name, _ in versions.places(ROOT)))
    assert versions.disagreements(checkout) == []
    assert tomllib.loads((checkout / "pyproject.toml").read_text())["project"]["version"] == "7.8.9rc1"
    assert versions.set_version(checkout, "7.8.9rc1") == []


@pytest.mark.parametrize("text", ["", "1", "1.2", "v1.2.3", "1.2.3.dev1", "1.2.3\n", "latest"])
def test_what_is_no_version_changes_nothing(checkout: Path, text: str) -> None:
    before = (checkout / "pyproject.toml").read_text()

    with pytest.raises(ValueError, match="is no version: write"):
        versions.set_version(checkout, text)
    assert (checkout / "pyproject.toml").read_text() == before


def test_a_place_that_is_gone_is_named_and_nothing_is_changed(checkout: Path) -> None:
    last = versions.places(ROOT)[-1][0]
    (checkout / last).write_text("nothing here")
    before = (checkout / "pyproject.toml").read_text()

    with pytest.raises(ValueError, match=last):
        versions.set_version(checkout, "7.8.9")
    assert (checkout / "pyproject.toml").read_text() == before


def test_both_versions_of_the_chart_are_changed(checkout: Path) -> None:
    chart = checkout / "manifests" / "chart" / "Chart.yaml"
    chart.parent.mkdir(exist_ok=True)
    chart.write_text("name: a\nversion: 0.0.1\nappVersion: 0.0.1\n")
    versions.set_version(checkout, "7.8.9")

    assert chart.read_text() == "name: a\nversion: 7.8.9\nappVersion: 7.8.9\n"
    assert versions.disagreements(checkout) == []


def test_places_that_differ_or_are_unknown_are_named(checkout: Path) -> None:
    versions.set_version(checkout, "7.8.9")
    labels = checkout / "manifests" / "components" / "labels" / "kustomization.yaml"
    labels.write_text(labels.read_text().replace("7.8.9", "7.8.8"))
    (checkout / "chart").mkdir()
    (checkout / "chart" / "Chart.yaml").write_text("version: 7.8.9\n")

    found = versions.disagreements(checkout)

    assert len(found) == 2
    assert "labels/kustomization.yaml has version 7.8.8" in found[0]
    assert "chart/Chart.yaml names version 7.8.9: add it to PLACES" in found[1]


@pytest.mark.parametrize(
    ("section", "fault"),
    [
        ("1.2.2 - 2026-01-02\n\n- a", "must be of 1.2.3"),
        ("1.2.3 - 2026-01-02\n\n### Added\n", "is empty"),
        ("1.2.3 - unreleased\n\n- a", "needs a date"),
        ("1.2.3 - 2026-13-02\n\n- a", "needs a date"),
        ("1.2.3\n\n- a", "needs a date"),
    ],
)
def test_a_changelog_that_is_not_of_the_release_is_refused(section: str, fault: str) -> None:
    with pytest.raises(NotReleased, match=fault):
        refuse_changelog(f"# Changelog\n\n## {section}\n", "1.2.3", is_dry=False)


def test_a_changelog_with_a_dated_section_is_taken_and_a_dry_run_needs_no_date() -> None:
    refuse_changelog("# Changelog\n\n## 1.2.3 - 2026-01-02\n\n- a\n", "1.2.3", is_dry=False)
    refuse_changelog("# Changelog\n\n## 1.2.3 - unreleased\n\n- a\n", "1.2.3", is_dry=True)


def test_a_wheel_with_what_belongs_there_is_taken() -> None:
    assert faults_of_wheel(WHEEL, "1.2.3") == []


@pytest.mark.parametrize(
    "name", ["tests/conftest.py", "release/sbom.py", "kube_apiserver/__pycache__/a.pyc", "operator/x.py"]
)
def test_what_does_not_belong_into_a_wheel_is_named(name: str) -> None:
    assert faults_of_wheel([*WHEEL, name], "1.2.3") == [f"the wheel has {name}, which does not belong there"]


@pytest.mark.parametrize("name", WHEEL)
def test_what_a_wheel_lacks_is_named(name: str) -> None:
    assert faults_of_wheel([each for each in WHEEL if each != name], "1.2.3") == [f"the wheel lacks {name}"]


def wheel(text: str = "a", year: int = 2026, mode: int = 0o644) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        info = zipfile.ZipInfo("package/one.py", (year, 1, 1, 0, 0, 0))
        info.external_attr = mode << 16
        archive.writestr(info, text)
    return data.getvalue()


@pytest.mark.parametrize("other", [wheel("b"), wheel(year=2027), wheel(mode=0o600)], ids=["text", "time", "mode"])
def test_two_builds_that_differ_are_refused_with_the_member(other: bytes) -> None:
    refuse_differences({"a.whl": wheel()}, {"a.whl": wheel()})
    with pytest.raises(ValueError, match=r"a\.whl differ in \['package/one\.py'\]"):
        refuse_differences({"a.whl": wheel()}, {"a.whl": other})
    with pytest.raises(ValueError, match="different files"):
        refuse_differences({"a.whl": wheel()}, {})
