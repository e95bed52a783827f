"""A lint: no test judges by the time of a processor, which differs between machines. Count calls: ``loop_turns``."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
CLOCKS = {"process_time", "process_time_ns", "thread_time", "thread_time_ns"}


def clocks_in(source: str) -> list[str]:
    """Return the places where a clock of the processor is read."""
    return [
        f"{node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and (node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)) in CLOCKS
    ]


@pytest.mark.parametrize("source", ["began = time.process_time()", "assert thread_time() < 1"])
def test_reading_a_clock_of_the_processor_is_found(source: str) -> None:
    assert len(clocks_in(source)) == 1


def test_no_test_reads_a_clock_of_the_processor() -> None:
    found = [f"{path.relative_to(TESTS)}:{at}" for path in TESTS.rglob("*.py") for at in clocks_in(path.read_text())]
    assert found == []
