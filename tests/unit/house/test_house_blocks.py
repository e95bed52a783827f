"""Every code block of the docs names a language whose blocks are executed, or compared with what they describe."""

import ast
import inspect
import re
import tomllib

import pytest

import plugin_operator
from plugin_operator.hosting import PluginState
from tests.pages import BLOCKS, HELD_BY, ROOT, block_with, blocks_in

LAYERS = block_with("docs/architecture.md", "clock | errors")
WAY_OF_AN_EVENT = block_with("docs/architecture.md", "API server ──watch──▶")
STATES = block_with("docs/reloading.md", "Discovered ─▶")

#: Blocks of text that nothing compares with the code, by page, and why. A page that is generated from the code whole
#: has a test of its own that it is current.
NOT_COMPARED: dict[str, str] = {}


def test_every_block_names_a_language_that_a_test_executes_or_compares() -> None:
    unknown = {str(block): block.language for block in BLOCKS if block.language not in HELD_BY}

    assert unknown == {}, "name a language of tests/pages.py HELD_BY, or add one with the test that executes its blocks"


def test_the_test_of_a_language_asks_for_its_blocks() -> None:
    for language, module in HELD_BY.items():
        assert f'blocks_in("{language}")' in (ROOT / module).read_text(), module


def test_every_text_is_compared_or_listed() -> None:
    others = [block for block in blocks_in("text") if block not in {LAYERS, WAY_OF_AN_EVENT, STATES}]

    assert [str(block) for block in others if block.page not in NOT_COMPARED] == []
    assert {block.page for block in others} == NOT_COMPARED.keys()


def test_the_layers_in_the_docs_are_those_that_the_checks_hold() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]
    drawn = [re.split(r"\s{2,}", line)[0] for line in LAYERS.code.splitlines()]

    assert drawn == [layer for layer in contract["layers"] if layer != "__main__"]


def test_the_states_in_the_docs_are_those_of_a_plugin() -> None:
    assert set(re.findall(r"\b[A-Z]\w+", STATES.code)) == {state.value for state in PluginState}


def test_the_names_on_the_way_of_an_event_are_those_of_the_code() -> None:
    source = "".join(path.read_text() for path in (ROOT / "operator").rglob("*.py"))
    classes = set(re.findall(r"^class (\w+)", source, re.MULTILINE))
    assert set(re.findall(r"\b[A-Z][a-z]+(?:[A-Z][a-z]+)?\b", WAY_OF_AN_EVENT.code)) <= classes
    outcomes = re.findall(r"[a-z_]+", WAY_OF_AN_EVENT.code.partition("◀──")[2].partition("\n")[0])
    assert outcomes == ["forget", "backoff", "requeue_after"]
    assert outcomes[2] in inspect.signature(plugin_operator.Result).parameters


def is_signature(code: str) -> bool:
    """Whether it declares one class, function or attribute and has no body."""
    text = re.sub(r"^(@.*\n)*", "", code.strip())
    function = re.match(r"(async )?(?:\w+\.)?(\w+\(.*)", text, re.DOTALL)
    if text.startswith("class "):
        text = f"{text}: ..."
    elif function:
        text = f"{function[1] or ''}def {function[2]}: ..."
    try:
        (declared,) = ast.parse(text).body
    except (SyntaxError, ValueError):
        return False
    if isinstance(declared, ast.AnnAssign):
        return declared.value is None
    return text.endswith(": ...") and isinstance(declared, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)


def test_what_is_called_py_is_a_signature() -> None:
    assert [str(block) for block in blocks_in("py") if not is_signature(block.code)] == [], "an example is python"


@pytest.mark.parametrize(
    "code", ["a(\n    b: int,\n) -> c", "async A.b() -> c", "class A(B)", "a: b", "@c\na()", "A(*b: c)"]
)
def test_a_signature_is_recognised(code: str) -> None:
    assert is_signature(code)


@pytest.mark.parametrize(
    "code", ["async def a():\n    b()", "async with a: ...", "a: b = 1", "import a", "a(", "a()\nb()"]
)
def test_an_example_is_no_signature(code: str) -> None:
    assert not is_signature(code)
