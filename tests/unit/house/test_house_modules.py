"""Nothing walks through ``sys.modules`` itself: an import in another thread changes it, and breaks the walk off."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[3] / "operator"
_ITSELF = re.compile(r"sys\.modules(\.(items|keys|values)\(\))?")
_WALKING = {"sorted", "max", "min", "next", "set", "any", "all", "sum"}


def walks_of_modules(source: str) -> list[str]:
    """Return the expressions that walk through ``sys.modules`` and not through a copy."""
    found = []
    for node in ast.walk(ast.parse(source)):
        iterated: list[ast.expr] = []
        if isinstance(node, ast.For | ast.comprehension):
            iterated = [node.iter]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in _WALKING:
            iterated = node.args
        found += [text for each in iterated if _ITSELF.fullmatch(text := ast.unparse(each))]
    return found


def test_no_module_walks_through_the_modules_of_the_process() -> None:
    found = {str(path.relative_to(ROOT)): walks_of_modules(path.read_text()) for path in ROOT.rglob("*.py")}
    assert len(found) > 100
    assert {path: walks for path, walks in found.items() if walks} == {}, "use list(sys.modules) or a copy"


def test_the_check_finds_each_form_and_accepts_copies() -> None:
    forms = ["for n in sys.modules: pass", "[n for n in sys.modules.items()]", "sorted(sys.modules.values())"]
    assert [len(walks_of_modules(form)) for form in forms] == [1, 1, 1]
    copies = ["for n in list(sys.modules): pass", "sorted(sys.modules.copy().items())", "sys.modules.get(n)"]
    assert [walks_of_modules(form) for form in copies] == [[], [], []]
