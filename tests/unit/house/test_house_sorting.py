"""Keys are sorted by Python, which gives way to other threads and takes no quadratic time.

msgspec's own sort of 100,000 keys may take 20 seconds, in which the interpreter lock is held and no loop turns.
"""

import ast
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from kube_apiserver import codec
from plugin_operator.kube.objects.ordered_json import ordered_json

OPERATOR = Path(__file__).parents[3] / "operator"
#: Where msgspec sorts: short texts, and scalars and sets, whose sort is Python's.
SORTING = {
    "kube_apiserver/codec.py",
    "plugin_operator/kube/objects/ordered_json.py",
    "plugin_operator/kube/objects/wire.py",
}


def sorts(source: str) -> bool:
    """Report whether a call of msgspec has ``order=``."""
    return any(
        isinstance(node, ast.Call)
        and ast.unparse(node.func).startswith("msgspec.")
        and any(keyword.arg == "order" for keyword in node.keywords)
        for node in ast.walk(ast.parse(source))
    )


def test_msgspec_sorts_only_what_is_short() -> None:
    files = OPERATOR.rglob("*.py")
    assert {str(path.relative_to(OPERATOR)) for path in files if sorts(path.read_text())} == SORTING


def test_a_planted_sort_is_found() -> None:
    assert sorts("import msgspec\nmsgspec.json.encode({}, order='sorted')")


@pytest.mark.parametrize("encode", [codec.token, ordered_json])
@pytest.mark.parametrize("count", [3, 30_000])
def test_a_lesser_key_behind_many_in_order_is_sorted_at_once(encode: Callable[[object], bytes], count: int) -> None:
    """With 100,000 keys it took 20 seconds."""
    members = {f"k{number:06}": [{"z": number, "a": None}] for number in range(count)}
    value = {**members, "b": 1.0}
    wanted = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    assert encode(value) == wanted
    assert encode(dict(reversed(value.items()))) == wanted
