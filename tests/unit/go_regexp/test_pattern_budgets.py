"""Patterns have a budget: none takes long to compile or to match, and none writes to standard error."""

import contextlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from go_regexp import PatternError, compile_pattern

OPERATOR = Path(__file__).parents[3] / "operator"


def test_a_pattern_that_backtracks_for_ever_in_python_is_linear() -> None:
    assert not compile_pattern("^(a+)+$").matches("a" * 100_000 + "b")


def test_an_error_is_a_value_error_with_the_text_of_go() -> None:
    with pytest.raises(ValueError, match=r"^error parsing regexp: missing closing \): `\(a`$"):
        compile_pattern("(a")


def test_an_error_is_not_written_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(PatternError):
        compile_pattern("(unwritten")

    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("pattern", [r"\pL{253}", r"^[\p{L}\p{N}]{1,64}$", "(?:abcdefghij){1000}", "[^x]{1000}"])
def test_a_large_repetition_that_go_takes_is_taken(pattern: str) -> None:
    compile_pattern(pattern)


@pytest.mark.parametrize("pattern", ["a" * 32_769, "(?:" + "ab" * 5000 + "){1000}"], ids=["text", "program"])
def test_a_pattern_over_the_budget_is_refused_as_too_large(pattern: str) -> None:
    with pytest.raises(PatternError, match="expression too large"):
        compile_pattern(pattern)


@pytest.mark.parametrize("unit", ["[:", "\\Q", "(?<", "[", "(", "\\p{", "a{1,", "(?P<n>", "[a-", "[[:alpha:]"])
def test_a_pattern_of_many_beginnings_is_judged_in_linear_time(unit: str) -> None:
    """A scan that began anew at each of them would take minutes."""
    with contextlib.suppress(PatternError):
        compile_pattern(unit * (32_000 // len(unit)) + "(")


def test_lone_surrogates_are_judged_as_the_replacement_character() -> None:
    assert compile_pattern("^\ufffd$").matches("\ud800")
    assert compile_pattern("^\udfff$").matches("\ud800")


def test_a_compiled_pattern_is_kept() -> None:
    assert compile_pattern("^kept$") is compile_pattern("^kept$")


def test_threads_may_share_a_pattern() -> None:
    pattern = compile_pattern("^(a|b)*c$")
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(pattern.matches, ["ab" * 1000 + "c", "ab" * 1000] * 50)) == [True, False] * 50


def test_the_engine_is_imported_with_the_first_pattern() -> None:
    program = (
        "import sys, go_regexp; before = 're2' in sys.modules; go_regexp.compile_pattern('a')\n"
        "print(before, 're2' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", program], cwd=OPERATOR, capture_output=True, text=True, check=True)

    assert found.stdout.split() == ["False", "True"]
