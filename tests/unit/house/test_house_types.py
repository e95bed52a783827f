"""Tests, measurements and plugins are typed like the rest: mypy reads all of them, and strictly."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]

#: Settings of an override that say something about other people's packages and nothing about ours.
ABOUT_IMPORTS = {"module", "ignore_missing_imports", "follow_untyped_imports"}
UNCHECKED = re.compile(r"# *mypy:|# *type: *ignore(?!\[[a-z]+)|\bno_type_check\b")


def settings() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]
    return found


def unchecked_lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if UNCHECKED.search(line)]


def test_mypy_reads_every_python_file_of_the_repository() -> None:
    covered = settings()["files"]
    assert "exclude" not in settings()
    folders = {
        path.relative_to(ROOT).parts[0] for path in ROOT.glob("*/**/*.py") if path.parts[len(ROOT.parts)][0] != "."
    }
    assert folders - {"build", "dist"} <= set(covered)


def test_mypy_is_strict_everywhere() -> None:
    assert settings()["strict"] is True
    relaxed = [key for override in settings()["overrides"] for key in override if key not in ABOUT_IMPORTS]
    assert relaxed == [], "a test that is hard to type says why in place: # type: ignore[arg-type]"


def test_no_file_is_taken_out_of_the_checks() -> None:
    found = {
        str(path.relative_to(ROOT)): lines
        for folder in ("operator", "bench", "plugins", "tests")
        for path in (ROOT / folder).rglob("*.py")
        if path != Path(__file__) and (lines := unchecked_lines(path.read_text()))
    }
    assert found == {}, "name the one error: # type: ignore[arg-type]"


@pytest.mark.parametrize(
    "line",
    ["# mypy: ignore-errors", "x = y()  # type: ignore", "@typing.no_type_check", "#mypy:allow-untyped-defs"],
)
def test_what_takes_code_out_of_the_checks_is_found(line: str) -> None:
    assert unchecked_lines(f"x = 1\n{line}\n") == [line]


def test_one_named_error_may_be_ignored() -> None:
    assert unchecked_lines("x = y(5)  # type: ignore[arg-type]\n") == []
