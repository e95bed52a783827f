"""The reference page: as the docstrings say, complete, and with public names only."""

import importlib
import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import griffe
import pytest

import kube_apiserver
import kube_apiserver.faults
import plugin_operator
import plugin_operator.testing
from plugin_operator import errors
from tests.pages import ROOT, blocks_in


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_reference", ROOT / "docs" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


reference = generator()


@pytest.fixture(scope="module", params=[reference.AUTHORS, reference.SERVER], ids=["authors", "server"])
def page(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(scope="module")
def api(page: Any) -> Any:
    return reference.load(page)


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


def test_the_page_is_as_the_docstrings_say(page: Any, api: Any) -> None:
    assert page.path.read_text("utf-8") == reference.render(api, page), "a page is stale: run make reference"
    pages = {each.path.relative_to(ROOT).as_posix() for each in (reference.AUTHORS, reference.SERVER)}
    assert {block.page for block in blocks_in("py")} == pages, "signatures belong to these pages"


PUBLIC: dict[str, list[str]] = {
    "plugin_operator": [*plugin_operator.__all__, *(f"testing.{name}" for name in plugin_operator.testing.__all__)],
    "kube_apiserver": [*kube_apiserver.__all__, *(f"faults.{name}" for name in kube_apiserver.faults.__all__)],
}


def test_every_public_name_is_on_its_page_once(page: Any) -> None:
    shown = [path for path in page.entries() if path != reference.METHODS and ".pytest_plugin." not in f".{path}"]

    assert sorted(shown) == sorted(set(PUBLIC[page.package]) - reference.FOREIGN)
    package = importlib.import_module(page.package)
    assert [name for name in package.__all__ if not hasattr(package, name)] == []
    headings = re.findall(r"^### `(\w+)`$", page.path.read_text("utf-8"), re.MULTILINE)
    assert headings == [path.rpartition(".")[2] for path in page.entries()]


def test_every_exception_of_a_call_of_the_client_can_be_imported_by_authors() -> None:
    raised = [name for name, value in vars(errors).items()
              if isinstance(value, type) and issubclass(value, errors.ApiError | errors.ExternalError)]  # fmt: skip

    assert set(raised) <= set(plugin_operator.__all__)


def test_every_docstring_on_the_page_names_parameters_and_errors(page: Any, api: Any) -> None:
    faults = []
    for path in page.entries():
        found = api.find(path)
        faults += [f"{found.path} {fault}" for fault in faults_of(found, is_given=path in reference.GIVEN)]
        for member in reference.members(path, found) if found.is_class else ():
            faults += [f"{member.path} {fault}" for fault in faults_of(member)]

    assert faults == []


def test_every_attribute_that_is_chosen_for_the_page_is_on_it() -> None:
    api = reference.load()
    for path, names in reference.SHOWN.items():
        (attributes,) = (each for each in api.find(path).docstring.parsed if each.kind.value == "attributes")
        assert names <= {each.name for each in attributes.value}, path


def test_every_link_inside_the_page_leads_to_a_heading(page: Any) -> None:
    text = page.path.read_text("utf-8")
    anchors = {heading.replace("`", "").replace(".", "").replace(" ", "-").lower()
               for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}  # fmt: skip

    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= anchors


def test_no_signature_says_any_in_place_of_a_type() -> None:
    text = reference.AUTHORS.path.read_text("utf-8") + reference.SERVER.path.read_text("utf-8")
    code = "\n".join(re.findall(r"^```py\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    found = re.findall(r"^.*(?:: |-> |\| |type\[)Any(?:[,)= |]|\]$|$).*$", code, re.MULTILINE)

    assert found == ["import_state(state: Any) -> None"]  # the author's own type, decoded from JSON


def test_the_page_names_no_module_that_may_move(page: Any) -> None:
    named = set(re.findall(r"\b(?:plugin_operator|kube_apiserver)(?:\.\w+)+", page.path.read_text("utf-8")))

    assert named <= {"plugin_operator.testing", "kube_apiserver.faults"}


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
