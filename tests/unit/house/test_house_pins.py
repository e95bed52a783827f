"""What gets installed is pinned, hashed, and says nothing about where it came from."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[3]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


def blocks(lock: Path) -> dict[str, list[str]]:
    """Return each pinned requirement of a lock file with its hashes."""
    found: dict[str, list[str]] = {}
    for line in lock.read_text().splitlines():
        text = line.strip().removesuffix("\\").strip()
        if text.startswith("--hash="):
            found[next(reversed(found))].append(text.removeprefix("--hash="))
        elif text:
            found[text] = []
    return found


def pins(lock: Path) -> dict[str, Requirement]:
    return {canonicalize_name(requirement.name): requirement for requirement in map(Requirement, blocks(lock))}


def declared(*extras: str) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    texts = [*project["dependencies"], *(text for extra in extras for text in project["optional-dependencies"][extra])]
    return [Requirement(text) for text in texts]


def version_of(pin: Requirement) -> Version:
    (specifier,) = pin.specifier
    return Version(specifier.version)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_pin_is_exact_and_hashed(lock: Path) -> None:
    for requirement, hashes in blocks(lock).items():
        assert re.match(r"[A-Za-z0-9._-]+==[^ ]+", requirement), requirement
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in hashes), requirement


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_names_no_registry_and_no_path(lock: Path) -> None:
    text = lock.read_text()

    assert "://" not in text
    assert not re.search(r"--(extra-)?index-url|--find-links|(^|\s)/[a-z]", text)


@pytest.mark.parametrize(("lock", "extras"), [("runtime.txt", ()), ("dev.txt", ("test", "check", "tracing"))])
def test_a_lock_satisfies_what_the_package_declares(lock: str, extras: tuple[str, ...]) -> None:
    locked = pins(ROOT / "requirements" / lock)

    for requirement in declared(*extras):
        pin = locked[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version_of(pin), prereleases=True), f"{requirement} is locked as {pin}"


def test_the_locks_agree_with_each_other() -> None:
    runtime, build, dev = (pins(ROOT / "requirements" / name) for name in ("runtime.txt", "build.txt", "dev.txt"))

    assert runtime.keys() <= dev.keys()
    for name, pin in [*runtime.items(), *build.items()]:
        assert version_of(dev.get(name, pin)) == version_of(pin), name


def test_the_build_backend_is_pinned_too() -> None:
    (backend,) = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    locked = pins(ROOT / "requirements" / "build.txt")

    assert Requirement(backend).specifier.contains(version_of(locked["hatchling"]))
