"""The reference page: as the docstrings say, complete, and with public names only."""

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import griffe
import pytest

import plugin_operator
import plugin_operator.testing
from plugin_operator import errors
from tests.pages import ROOT, blocks_in

PAGE = ROOT / "docs" / "reference.md"


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_reference", ROOT / "docs" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


reference = generator()


@pytest.fixture(scope="module")
def api() -> Any:
    return reference.load()


def faults_of(found: Any, *, is_given: bool = False) -> Iterator[str]:
    """Yield what the docstring of a function, class or value leaves out."""
    if found.docstring is None:
        yield "has no docstring"
        return
    sections = {section.kind.value: section.value for section in found.docstring.parsed}
    documented = {each.name for kind in ("parameters", "attributes") for each in sections.get(kind, ())}
    expected = [] if found.is_attribute or is_given else [word.lstrip("*") for word in reference.parameters_of(found)]
    yield from (f"does not document {name}" for name in expected if name not in documented)
    if found.is_function:
        yield from (f"documents {name}, which it does not take" for name in documented - set(expected))
        if "raises" not in sections and not re.search(r"\braises?\b", found.docstring.value, re.IGNORECASE):
            yield "does not say what it raises, nor that it raises nothing"


def test_the_page_is_as_the_docstrings_say(api: Any) -> None:
    assert PAGE.read_text("utf-8") == reference.render(api), "docs/reference.md is stale: run make reference"
    assert {block.page for block in blocks_in("py")} == {"docs/reference.md"}, "signatures belong to this page"


def test_every_public_name_is_on_the_page_once() -> None:
    public = [*plugin_operator.__all__, *(f"testing.{name}" for name in plugin_operator.testing.__all__)]
    shown = [path for path in reference.entries() if path not in {reference.METHODS, reference.FIXTURE}]

    assert sorted(shown) == sorted(set(public) - reference.FOREIGN)
    assert [name for name in plugin_operator.__all__ if not hasattr(plugin_operator, name)] == []
    headings = re.findall(r"^### `(\w+)`$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert headings == [path.rpartition(".")[2] for path in reference.entries()]


def test_every_exception_of_a_call_of_the_client_can_be_imported_by_authors() -> None:
    raised = [name for name, value in vars(errors).items()
              if isinstance(value, type) and issubclass(value, errors.ApiError | errors.ExternalError)]  # fmt: skip

    assert set(raised) <= set(plugin_operator.__all__)


def test_every_docstring_on_the_page_names_parameters_and_errors(api: Any) -> None:
    faults = []
    for path in reference.entries():
        found = api.find(path)
        faults += [f"{found.path} {fault}" for fault in faults_of(found, is_given=path in reference.GIVEN)]
        for member in reference.members(path, found) if found.is_class else ():
            faults += [f"{member.path} {fault}" for fault in faults_of(member)]

    assert faults == []


def test_every_attribute_that_is_chosen_for_the_page_is_on_it(api: Any) -> None:
    for path, names in reference.SHOWN.items():
        (attributes,) = (each for each in api.find(path).docstring.parsed if each.kind.value == "attributes")
        assert names <= {each.name for each in attributes.value}, path


def test_every_link_inside_the_page_leads_to_a_heading() -> None:
    text = PAGE.read_text("utf-8")
    anchors = {heading.replace("`", "").replace(".", "").replace(" ", "-").lower()
               for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}  # fmt: skip

    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= anchors


def test_no_signature_says_any_in_place_of_a_type() -> None:
    code = "\n".join(re.findall(r"^```py\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL))
    found = re.findall(r"^.*(?:: |-> |\| |type\[)Any(?:[,)= |]|\]$|$).*$", code, re.MULTILINE)

    assert found == ["import_state(state: Any) -> None"]  # the author's own type, decoded from JSON


def test_the_page_names_no_module_that_may_move() -> None:
    named = set(re.findall(r"\bplugin_operator(?:\.\w+)+", PAGE.read_text("utf-8")))

    assert named <= {"plugin_operator.testing"}


def test_a_signature_with_a_type_that_authors_cannot_import_is_refused() -> None:
    modules = griffe.ModulesCollection()
    code = "class Inner: ...\ndef outer() -> list[Inner]: ..."
    modules["m"] = module = griffe.visit("m", Path("m.py"), code, modules_collection=modules)
    module["testing"] = griffe.visit("testing", Path("testing.py"), "", parent=module)

    with pytest.raises(LookupError, match=r"m\.Inner .* no public name"):
        reference.Api(module).type(module["outer"].returns)


@pytest.mark.parametrize(
    ("docstring", "faults"),
    [
        (None, ["has no docstring"]),
        ("Do it. Raises nothing.", ["does not document one", "does not document two"]),
        ("Do it. Raises nothing.\n\nArgs:\n    one: a.\n    two: b.", []),
        (
            "Do it.\n\nArgs:\n    one: a.\n    two: b.\n    three: c.",
            ["documents three, which it does not take", "does not say what it raises, nor that it raises nothing"],
        ),
        ("Do it.\n\nArgs:\n    one: a.\n    two: b.\n\nRaises:\n    ValueError: odd.", []),
    ],
)
def test_what_a_docstring_leaves_out_is_found(docstring: str | None, faults: list[str]) -> None:
    module = griffe.visit("m", Path("m.py"), "def f(one: int, *two: int) -> None: ...", docstring_parser="google")
    function = module["f"]
    function.docstring = None if docstring is None else griffe.Docstring(docstring, parent=function, parser="google")

    assert list(faults_of(function)) == faults
